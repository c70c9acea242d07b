-- Posts, their timestamps and the author's cached number of posts.
-- fillfactor 80: scores are written back daily; room on the page keeps the new row version near.
-- Locks: none that anyone waits for; the table is new.

CREATE TABLE posts (
    id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
    user_id UUID NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    content TEXT NOT NULL,
    media_url VARCHAR(500),
    media_type MEDIA_TYPE_ENUM,
    visibility VISIBILITY_ENUM DEFAULT 'PUBLIC',
    likes_count INTEGER DEFAULT 0,
    comments_count INTEGER DEFAULT 0,
    shares_count INTEGER DEFAULT 0,
    engagement_score DECIMAL(10, 2) DEFAULT 0,
    is_featured BOOLEAN DEFAULT FALSE,
    tags TEXT[],
    location VARCHAR(100),
    created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
    updated_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
    deleted_at TIMESTAMP
) WITH (fillfactor = 80);

CREATE INDEX idx_posts_user_id ON posts (user_id);
CREATE INDEX idx_posts_created_at ON posts (created_at DESC);
CREATE INDEX idx_posts_engagement ON posts (engagement_score DESC);
CREATE INDEX idx_posts_visibility ON posts (visibility);
CREATE INDEX idx_posts_featured ON posts (is_featured) WHERE is_featured = TRUE;
CREATE INDEX idx_posts_tags ON posts USING gin (tags);
-- Not in the specification: the pipeline asks which posts were soft-deleted on a day.
CREATE INDEX idx_posts_deleted_at ON posts (deleted_at) WHERE deleted_at IS NOT NULL;

-- Every column but engagement_score: a score written back by the pipeline is no change that the
-- author made, and would otherwise bump updated_at of every scored post every day.
CREATE TRIGGER update_posts_updated_at BEFORE UPDATE OF
id, user_id, content, media_url, media_type, visibility, likes_count, comments_count, shares_count,
is_featured, tags, location, created_at, updated_at, deleted_at ON posts
FOR EACH ROW EXECUTE FUNCTION update_updated_at_column();

CREATE FUNCTION update_user_posts_count() RETURNS TRIGGER
LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        UPDATE users SET posts_count = posts_count + 1 WHERE id = NEW.user_id;
        RETURN NEW;
    ELSIF TG_OP = 'DELETE' THEN
        UPDATE users SET posts_count = posts_count - 1 WHERE id = OLD.user_id;
        RETURN OLD;
    END IF;
    RETURN NULL;
END;
$$;

CREATE TRIGGER posts_count_trigger
AFTER INSERT OR DELETE ON posts
FOR EACH ROW EXECUTE FUNCTION update_user_posts_count();
