-- Removes a month of the archive that holds exactly these rows.
-- Locks: see migration 0036_dropping_counted_months. Safe to re-run: a month without rows is refused.
SELECT
    pipeline.drop_copied_month(
        %(month)s::date, %(rows)s::bigint, %(fingerprint)s::numeric, %(manifest)s::text,
        %(xmin)s::xid8, %(leaves)s::oid[]
    );
