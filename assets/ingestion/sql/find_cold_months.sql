-- Months whose engagement the cold store holds instead, and the day before which rows had been lost
-- when the first of them was dropped. Locks: none. Safe to re-run: changes nothing.
SELECT
    cold.month,
    cold.lost_before
FROM pipeline.cold_months AS cold;
