-- How far the collected counters are from their facts, and which part of that has a reason.
-- The definition that most rows follow is the platform's; what departs from it is unexplained,
-- unless it lags behind by facts of the last minute. A counter that is NULL stays NULL whatever is
-- added to it: nobody maintains it. Amounts are sums of absolute differences.
-- Locks: none beyond reading. Safe to re-run: changes nothing.
WITH agreeing AS (
    SELECT
        count(*) FILTER (WHERE counted.counter = counted.facts) AS with_all,
        count(*) FILTER (WHERE counted.counter = counted.without_soft_deleted) AS with_live,
        count(*) FILTER (WHERE counted.counter = counted.without_archived) AS with_unarchived,
        count(*) FILTER (WHERE counted.counter = counted.comment_events) AS with_events,
        count(*) FILTER (WHERE counted.counter = counted.live_comment_events) AS with_live_events
    FROM counted
),

convention AS (
    SELECT
        CASE
        greatest(with_all, with_live, with_unarchived, with_events, with_live_events)
            WHEN with_all THEN 'all'
            WHEN with_live THEN 'soft-deleted'
            WHEN with_unarchived THEN 'archived'
            WHEN with_events THEN 'COMMENT events'
            ELSE 'live COMMENT events'
        END AS definition
    FROM agreeing
),

expected AS (
    SELECT
        counted.*,
        convention.definition,
        CASE convention.definition
            WHEN 'soft-deleted' THEN counted.without_soft_deleted
            WHEN 'archived' THEN counted.without_archived
            WHEN 'COMMENT events' THEN counted.comment_events
            WHEN 'live COMMENT events' THEN counted.live_comment_events
            ELSE counted.facts
        END AS due
    FROM counted
    CROSS JOIN convention
),

judged AS (
    SELECT
        expected.id,
        expected.counter,
        expected.facts,
        expected.definition,
        CASE WHEN expected.counter IS NOT NULL THEN abs(expected.due - expected.facts) ELSE 0 END
            AS by_definition,
        abs(expected.counter - expected.due) AS rest,
        expected.counter < expected.due
        AND expected.counter >= expected.due - expected.recent AS is_settling
    FROM expected
)

SELECT
    coalesce(min(judged.definition), 'all') AS definition,
    count(*) AS compared,
    count(*) FILTER (WHERE judged.rest > 0 OR judged.by_definition > 0) AS differing,
    coalesce(bool_or(judged.counter <> 0), FALSE) AS is_counting,
    coalesce(sum(judged.facts), 0)::bigint AS facts,
    coalesce(sum(judged.facts) FILTER (WHERE judged.counter IS NULL), 0)::bigint AS without_counter,
    coalesce(sum(judged.by_definition), 0)::bigint AS by_definition,
    coalesce(sum(judged.rest) FILTER (WHERE judged.is_settling), 0)::bigint AS settling,
    coalesce(sum(judged.rest) FILTER (WHERE NOT judged.is_settling), 0)::bigint AS unexplained,
    (
        array_agg(judged.id::text ORDER BY judged.rest DESC, judged.id ASC)
        FILTER (WHERE judged.rest > 0 AND NOT judged.is_settling)
    )[1:5] AS examples
FROM judged;
