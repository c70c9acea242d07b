-- Takes the account's posts out of the view. Locks: EXCLUSIVE on the view; readers go on.
-- Safe to re-run: the same rows again.
SELECT refresh_popular_posts();
