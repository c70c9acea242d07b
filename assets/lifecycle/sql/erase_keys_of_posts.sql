-- Deletes the keys of events with these posts from one piece of the table. Locks: those rows.
-- Safe to re-run: none is left.
SELECT pipeline.erase_keys_of_posts(%(ids)s::uuid[], %(first)s, %(next)s);
