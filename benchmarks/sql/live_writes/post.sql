\set account random(0, :accounts - 1)
INSERT INTO posts (user_id, content) VALUES (uuid_of('user', :account), 'text');
