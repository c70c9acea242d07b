-- Refuse an archive whose columns are not those of user_engagement.
-- Locks: none. Safe to re-run: changes nothing.
SELECT pipeline.refuse_unlike_archive();
