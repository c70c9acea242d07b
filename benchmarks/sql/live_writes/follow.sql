\set account random(0, :accounts - 1)
\set further random(1, :accounts - 1)
INSERT INTO user_followers (follower_id, following_id)
VALUES (uuid_of('user', :account), uuid_of('user', (:account + :further) % :accounts))
ON CONFLICT DO NOTHING;
