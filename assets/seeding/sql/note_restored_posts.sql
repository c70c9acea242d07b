-- Note the days of deletions whose posts are there again, and forget those deletions.
-- Locks: their rows. Safe to re-run: none is left.
SELECT pipeline.note_restored_posts();
