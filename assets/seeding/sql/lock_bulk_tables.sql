-- Keep other writers out while the counter triggers rest, in the order that every writer locks.
-- Locks: SHARE ROW EXCLUSIVE on the four tables until the transaction ends; readers go on.
-- Safe to re-run: a lock that is held is not taken twice.
LOCK TABLE users, posts, user_engagement, user_followers IN SHARE ROW EXCLUSIVE MODE;
