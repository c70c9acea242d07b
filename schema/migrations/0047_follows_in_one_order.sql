-- Two accounts that follow each other at the same instant: each transaction held the row of the account
-- that it follows and waited for its own, until PostgreSQL ended one of them after a second (40P01). Now
-- both take the rows in the order of their ids. Counted is the same.
-- Locks: none that anyone waits for; a function only.

CREATE OR REPLACE FUNCTION update_follower_counts() RETURNS TRIGGER
LANGUAGE plpgsql AS $$
DECLARE
    follow CONSTANT RECORD := coalesce(NEW, OLD);
    change CONSTANT INTEGER := CASE TG_OP WHEN 'INSERT' THEN 1 ELSE -1 END;
BEGIN
    IF follow.following_id < follow.follower_id THEN
        UPDATE users SET followers_count = followers_count + change WHERE id = follow.following_id;
        UPDATE users SET following_count = following_count + change WHERE id = follow.follower_id;
    ELSE
        UPDATE users SET following_count = following_count + change WHERE id = follow.follower_id;
        UPDATE users SET followers_count = followers_count + change WHERE id = follow.following_id;
    END IF;
    RETURN NULL;
END;
$$;
