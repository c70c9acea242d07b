-- The closed sets of values. Labels stand in the specification's order, which is their sort order.
-- Locks: none; the types are new.

CREATE TYPE user_role AS ENUM ('USER', 'CREATOR', 'MODERATOR', 'ADMIN');

CREATE TYPE media_type_enum AS ENUM ('IMAGE', 'VIDEO', 'AUDIO', 'DOCUMENT');

CREATE TYPE visibility_enum AS ENUM ('PUBLIC', 'PRIVATE', 'FOLLOWERS_ONLY', 'UNLISTED');

CREATE TYPE engagement_type_enum AS ENUM ('LIKE', 'SHARE', 'COMMENT', 'VIEW', 'CLICK', 'SAVE');

CREATE TYPE processing_status_enum AS ENUM ('PENDING', 'PROCESSING', 'COMPLETED', 'FAILED');

CREATE TYPE moderation_status_enum AS ENUM ('PENDING', 'APPROVED', 'REJECTED', 'FLAGGED');

CREATE TYPE content_type_enum AS ENUM ('POST', 'COMMENT', 'USER_PROFILE', 'MEDIA');
