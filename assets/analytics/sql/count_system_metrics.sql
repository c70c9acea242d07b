-- Our metrics of the days that are in place now. Locks: none. Safe to re-run: changes nothing.
SELECT count(*)
FROM system_metrics AS published
WHERE
    published.metric_name = ANY(%(names)s::text[])
    AND published.timestamp >= %(first)s::date
    AND published.timestamp < %(last)s::date + 1;
