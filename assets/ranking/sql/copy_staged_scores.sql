-- Receives the day's scores; ids come as 32 hexadecimal digits.
-- Locks: none that anyone waits for; the table is this session's own.
-- Safe to re-run: the table is made anew for each write-back.
COPY staged_scores (post_id, engagement_score) FROM STDIN (FORMAT csv);
