-- Deletes cases of moderation about content, which may be gone. Locks: those rows.
-- Safe to re-run: none is left.
SELECT pipeline.erase_cases(%(ids)s::uuid[]);
