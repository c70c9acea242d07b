"""Ways to find out which of seven ended days of engagement changed after they were ingested.

Each way looks at the days once when they are ingested and once later, and compares: a day that
looks different is taken for changed.
"""

from collections import Counter
from collections.abc import Callable
from datetime import date, timedelta
from typing import LiteralString

import psycopg

from schema.windows import DayRange

DAYS = DayRange(date(2024, 1, 8), date(2024, 1, 14))
MONTH = "user_engagement_2024_01"
# No page of the table holds more rows: 8,192 bytes, none below 60.
MOST_ROWS_OF_A_PAGE = 136
NOTES: LiteralString = """
SELECT lower(days), (sum(row_delta), sum(fingerprint_delta)) FROM pipeline.day_changes
WHERE table_name = 'user_engagement'
GROUP BY lower(days)
HAVING (sum(row_delta), sum(fingerprint_delta)) IS DISTINCT FROM (0, 0)
"""
COUNT: LiteralString = """
SELECT count(*) FROM user_engagement_all WHERE created_at >= %(start)s AND created_at < %(end)s
"""
FINGERPRINT: LiteralString = """
SELECT (count(*), sum(pipeline.hash_engagement(
    id, user_id, post_id, engagement_type, value, metadata, created_at
))) FROM user_engagement_all
WHERE created_at >= %(start)s AND created_at < %(end)s
"""
WRITTEN: LiteralString = """
SELECT (n_tup_ins, n_tup_upd, n_tup_del) FROM pg_stat_user_tables WHERE relname = %(month)s
"""
SAMPLE: LiteralString = """
SELECT created_at::date, (count(*), sum(pipeline.hash_engagement(
    id, user_id, post_id, engagement_type, value, metadata, created_at
)))
FROM user_engagement_2024_01 TABLESAMPLE system (1) REPEATABLE (7)
GROUP BY created_at::date
"""
PAGES: LiteralString = """
SELECT blkno FROM pg_visibility_map(%(month)s::regclass) WHERE NOT all_visible
"""
DAYS_OF_PAGES: LiteralString = """
SELECT DISTINCT rows.created_at::date FROM unnest(%(pages)s::bigint[]) AS page
CROSS JOIN generate_series(1, %(most)s) AS place
INNER JOIN user_engagement_2024_01 AS rows ON rows.ctid = format('(%%s,%%s)', page, place)::tid
"""

View = dict[date, object]
Look = Callable[[psycopg.Connection], View]


def read_notes(session: psycopg.Connection) -> View:
    """What the notes of each day add up to; a day without a sum is not there."""
    return dict(session.execute(NOTES).fetchall())


def count_days(session: psycopg.Connection) -> View:
    """Rows of each day, from the index alone where the visibility map allows it."""
    return _per_day(session, COUNT)


def fingerprint_days(session: psycopg.Connection) -> View:
    """Rows of each day and the sum of their hashes."""
    return _per_day(session, FINGERPRINT)


def _per_day(session: psycopg.Connection, query: LiteralString) -> View:
    view: View = {}
    for day in DAYS:
        window = {"start": day, "end": day + timedelta(days=1)}
        (view[day],) = session.execute(query, window).fetchone() or (0,)
    return view


def read_statistics(session: psycopg.Connection) -> View:
    """Rows written in the month, as the server counts them: the same for each of its days."""
    written = session.execute(WRITTEN, {"month": MONTH}).fetchone()
    return dict.fromkeys(DAYS, written)


def read_visibility(session: psycopg.Connection) -> View:
    """Days of the rows on pages that are not marked as visible to all."""
    pages = [page for (page,) in session.execute(PAGES, {"month": MONTH}).fetchall()]
    given = {"pages": pages, "most": MOST_ROWS_OF_A_PAGE}
    return {day: True for (day,) in session.execute(DAYS_OF_PAGES, given).fetchall()}


def sample_days(session: psycopg.Connection) -> View:
    """Rows and hashes of the same hundredth of the pages."""
    return dict(session.execute(SAMPLE).fetchall())


WAYS: dict[str, Look] = {
    "notes (ours)": read_notes,
    "count": count_days,
    "count and fingerprint": fingerprint_days,
    "statistics of the month": read_statistics,
    "visibility map": read_visibility,
    "sample of 1 %": sample_days,
}


def changed(before: View, after: View) -> set[date]:
    """Days that look different."""
    return {day for day in DAYS if before.get(day) != after.get(day)}


def score(found: set[date], planted: set[date]) -> str:
    """How many of the changed days were found, and how many more were taken for changed."""
    kinds = Counter("found" if day in planted else "false" for day in found)
    return f"{kinds['found']} of {len(planted)} | {kinds['false']}"
