-- Brings the view to the scores just written; readers are not kept waiting.
-- Locks: EXCLUSIVE on the view, so one refresh at a time. Safe to re-run: the same rows again.
SELECT refresh_popular_posts();
