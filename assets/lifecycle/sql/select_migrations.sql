-- Migrations that the database has, oldest first.
-- Locks: none beyond reading.
SELECT migrations.name
FROM pipeline.schema_migrations AS migrations
ORDER BY migrations.name;
