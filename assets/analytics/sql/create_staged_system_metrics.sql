-- A private table for the days' metrics. Locks: none. Safe to re-run: it ends with the transaction.
CREATE TEMP TABLE staged_system_metrics (
    metric_name TEXT NOT NULL,
    date DATE NOT NULL,
    tags JSONB NOT NULL,
    metric_value NUMERIC(15, 4) NOT NULL,
    PRIMARY KEY (metric_name, date, tags)
) ON COMMIT DROP;
