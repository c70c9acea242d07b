\set account random(0, :accounts - 1)
\set post random(0, :posts - 1)
INSERT INTO comments (post_id, user_id, content)
VALUES (uuid_of(:kind, :post), uuid_of('user', :account), 'text');
