-- Removes rows of the days that are zero now. Locks: those rows.
-- Safe to re-run: nothing is left to remove.
DELETE FROM user_analytics AS published
WHERE
    published.date >= %(first)s
    AND published.date <= %(last)s
    AND NOT EXISTS (
        SELECT FROM staged_user_analytics AS staged
        WHERE staged.date = published.date AND staged.user_id = published.user_id
    );
