\set account random(0, :accounts - 1)
\set post random(0, :posts - 1)
SELECT record_engagement(uuid_of('user', :account), uuid_of(:kind, :post), 'LIKE');
