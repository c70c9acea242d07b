-- Deletes cases of moderation about content of one type, which may be gone. Locks: those rows.
-- Safe to re-run: none is left.
SELECT pipeline.erase_cases(%(content_type)s::content_type_enum, %(ids)s::uuid[]);
