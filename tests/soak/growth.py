"""What must not grow with the number of days that were lived through, and what may."""

import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from pathlib import Path

import psycopg

from assets.resources.lake import STAGING
from pipelines.settings import Settings

KILOBYTES_PER_MEGABYTE = 1024
BYTES_PER_MEGABYTE = 1024 * 1024
# The first days fill caches, and tell nothing.
FIRST_DAYS = 20
# A tenth more than before, and so much besides: what is small goes up and down.
MOST_TIMES = 1.1
SLACK = {"memory_mb": 30, "dead_rows": 20_000, "open_files": 5, "sessions": 1}
BOUNDED = ("memory_mb", "open_files", "sessions", "temporary_files", "staged_files", "dead_rows")
SESSIONS = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
"""
DEAD_ROWS = "SELECT coalesce(sum(n_dead_tup), 0)::bigint FROM pg_stat_user_tables"
DATABASE_BYTES = "SELECT pg_database_size(current_database())"


@dataclass(frozen=True, slots=True)
class Measured:
    """An installation at rest, after a day."""

    memory_mb: int
    open_files: int
    sessions: int
    temporary_files: int
    staged_files: int
    dead_rows: int
    database_mb: int
    dagster_mb: int
    lake_mb: int


def measure(worker: int, settings: Settings, temporary: Path) -> Measured:
    """Look at the process that runs the days, the database, and the files of the home."""
    with psycopg.connect(str(settings.database_url)) as session:
        sessions, dead_rows, size = (
            _number(session, query) for query in (SESSIONS, DEAD_ROWS, DATABASE_BYTES)
        )
    lake = Path(settings.lake)
    return Measured(
        memory_mb=_memory_kilobytes(worker) // KILOBYTES_PER_MEGABYTE,
        open_files=len(list(Path(f"/proc/{worker}/fd").iterdir())),
        sessions=sessions,
        temporary_files=len(list(_files(temporary))),
        staged_files=len(list(_files(lake / STAGING))),
        dead_rows=dead_rows,
        database_mb=size // BYTES_PER_MEGABYTE,
        dagster_mb=_megabytes(settings.home / "dagster"),
        lake_mb=_megabytes(lake),
    )


def growing(measured: Sequence[Measured]) -> Iterator[str]:
    """What the last days have more of than days long before them."""
    steady = measured[FIRST_DAYS:]
    quarter = len(steady) // 4
    if not quarter:
        yield f"{len(measured)} days are too few to tell what grows"
        return
    for name in BOUNDED:
        then, now = (
            statistics.median(getattr(day, name) for day in days)
            for days in (steady[:quarter], steady[-quarter:])
        )
        if now > then * MOST_TIMES + SLACK.get(name, 0):
            yield f"{name} grew from {then:,.0f} to {now:,.0f}"


NAMES = [field.name for field in fields(Measured)]


def _memory_kilobytes(process: int) -> int:
    status = Path(f"/proc/{process}/status").read_text(encoding="ascii")
    return int(next(row for row in status.splitlines() if row.startswith("VmRSS")).split()[1])


def _number(session: psycopg.Connection, query: str) -> int:
    row = session.execute(query.encode()).fetchone()
    assert row is not None
    return int(row[0])


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in folder.rglob("*") if path.is_file())


def _megabytes(folder: Path) -> int:
    return sum(path.stat().st_size for path in _files(folder)) // BYTES_PER_MEGABYTE
