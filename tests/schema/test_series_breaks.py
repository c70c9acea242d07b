from datetime import date, timedelta

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg.types.json import Jsonb

from schema.metric_history import read_history
from schema.migrate import known_migrations, migrate
from tests.fixtures.grants import READER
from tests.fixtures.platform_rows import rows

START = date(2024, 2, 25)
TABLES, METRICS = ["user_analytics", "system_metrics"], ["likes", "shares"]
# Per day and table: the versions that it was published with; a missing day was not published.
SERIES = st.dictionaries(
    st.tuples(st.sampled_from(TABLES), st.integers(0, 9)),
    st.none() | st.dictionaries(st.sampled_from(METRICS), st.integers(1, 11)),
    max_size=14,
)
Series = dict[tuple[str, int], dict[str, int] | None]


def note(session: psycopg.Connection, table: str, day: date, versions: object) -> None:
    session.execute(
        "INSERT INTO pipeline.partition_ledger"
        " (table_name, partition_date, fence, run_id, state, load_id, metric_versions)"
        " VALUES (%s, %s, 1, 'run', 'published', 'load', %s)",
        [table, day, None if versions is None else Jsonb(versions)],
    )


def breaks_by_hand(series: Series) -> list[tuple[object, ...]]:
    """Walks every series day by day and remembers the last version it has seen."""
    seen: dict[tuple[str, str], int] = {}
    found = []
    for (table, offset), versions in sorted(series.items(), key=lambda item: item[0]):
        for metric, version in (versions or {}).items():
            before = seen.get((table, metric), version)
            if before != version:
                found.append((table, metric, START + timedelta(offset), before, version))
            seen[table, metric] = version
    return sorted(found)


@given(series=SERIES)
@settings(
    max_examples=80,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_breaks_are_those_that_a_walk_through_the_days_meets(
    trial: psycopg.Connection, series: Series
) -> None:
    with trial.transaction(force_rollback=True):
        for (table, offset), versions in series.items():
            note(trial, table, START + timedelta(offset), versions)

        found = rows(trial, "SELECT * FROM pipeline.series_breaks ORDER BY 1, 2, 3")

    assert found == breaks_by_hand(series)


def test_the_reader_sees_the_breaks(trial: psycopg.Connection) -> None:
    trial.execute(f"SET LOCAL ROLE {READER}".encode())

    assert rows(trial, "SELECT * FROM pipeline.series_breaks") == []


@pytest.mark.parametrize("versions", [[1], 1, "likes"])
def test_only_names_with_versions_go_into_the_books(
    trial: psycopg.Connection, versions: object
) -> None:
    with pytest.raises(psycopg.errors.CheckViolation):
        note(trial, "user_analytics", START, versions)


def test_days_published_before_have_every_metric_in_its_first_version(empty_database: str) -> None:
    migrations = known_migrations()
    position = [m.name for m in migrations].index("0023_metric_versions")
    migrate(empty_database, migrations[:position])
    with psycopg.connect(empty_database) as session:
        session.execute(
            "INSERT INTO pipeline.partition_ledger"
            " (table_name, partition_date, fence, run_id, state, load_id) VALUES"
            " ('user_analytics', '2024-03-01', 1, 'run', 'published', 'load'),"
            " ('user_analytics', '2024-03-02', 1, 'run', 'writing', NULL),"
            " ('system_metrics', '2024-03-01', 1, 'run', 'writing', 'load'),"
            " ('posts', '2024-03-01', 1, 'run', 'published', 'load')"
        )

    migrate(empty_database, migrations[: position + 1])

    with psycopg.connect(empty_database) as session:
        found = session.execute(
            "SELECT table_name, metric_versions FROM pipeline.partition_ledger"
            " ORDER BY table_name, partition_date"
        ).fetchall()
    names = {record.name for record in read_history() if record.since == date(2026, 11, 23)}
    posts, (_, system), (_, users), unpublished = found
    assert posts == ("posts", None)
    assert unpublished == ("user_analytics", None)
    assert system.keys() | users.keys() == names
    assert {*system.values(), *users.values()} == {1}
