-- Amounts beside those of the same weekday, 1 to 8 weeks earlier, from the first that is not 0 on.
-- Locks: none.
WITH compared AS (
    SELECT
        today.series,
        today.date,
        count(*) AS weeks,
        median(past.amount::double) AS median,
        mad(past.amount::double) AS mad,
        min(past.amount) AS least
    FROM volumes AS today
    JOIN volumes AS past
        ON past.series = today.series
        AND date_diff('day', past.date, today.date) IN (7, 14, 21, 28, 35, 42, 49, 56)
    WHERE EXISTS (
        FROM volumes AS earlier
        WHERE earlier.series = past.series AND earlier.date <= past.date AND earlier.amount > 0
    )
    GROUP BY ALL
),

banded AS (
    SELECT
        today.*,
        coalesce(compared.weeks, 0)::integer AS weeks,
        median,
        mad,
        greatest(5.1891 * mad, 20 * sqrt(median * event_size), 100 * event_size) AS noise,
        greatest(
            ceil(median - greatest(noise, median / 2)),
            CASE WHEN least >= 100 * event_size THEN 1 WHEN weeks > 0 THEN 0 END
        )::bigint AS usual_from,
        floor(median + greatest(noise, 3 * median))::bigint AS usual_to
    FROM volumes AS today
    LEFT JOIN compared USING (series, date)
    WHERE date IN (FROM days)
)

SELECT
    series,
    date,
    amount,
    is_final,
    weeks,
    median,
    mad,
    usual_from,
    usual_to,
    CASE
        WHEN weeks < 4 THEN 'too little history'
        WHEN amount > usual_to THEN 'unusually many'
        WHEN amount < usual_from AND is_final IS DISTINCT FROM false THEN 'unusually few'
        ELSE 'usual'
    END AS verdict
FROM banded
ORDER BY series, date;
