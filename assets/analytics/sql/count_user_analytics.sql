-- Rows of the days that are in place now. Locks: none. Safe to re-run: changes nothing.
SELECT count(*)
FROM user_analytics AS published
WHERE
    published.date >= %(first)s
    AND published.date <= %(last)s;
