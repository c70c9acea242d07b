from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import psycopg
import pytest

from assets.ingestion import ingest as module
from assets.ingestion.ingest import CHUNK_DAYS, TABLES, Ingest
from assets.resources.engine import DuckDBEngine
from assets.resources.manifest import MANIFEST, Extraction, Manifest
from schema.errors import ContractError, PartitionLockedError, SchemaMismatchError
from schema.privacy import PRIVATE_COLUMNS
from schema.windows import DayRange, parse_day
from tests.fixtures.intake import Intake, Source, uuid_of

D = "2024-02-29"
NEXT = "2024-03-01"
CANARY = "canary-in-a-private-column"
# Every text that a user or the platform may have written, wherever it stands.
TEXT_COLUMNS = """
SELECT table_name, column_name, data_type, coalesce(character_maximum_length, 500)
FROM information_schema.columns
WHERE table_schema = 'public'
    AND table_name IN (
        SELECT relname FROM pg_class WHERE relkind IN ('r', 'p') AND NOT relispartition
    )
    AND data_type IN ('text', 'character varying', 'jsonb', 'ARRAY')
    AND table_name NOT IN ('user_engagement_keys', 'user_analytics', 'system_metrics')
"""


def extraction(manifest: Manifest | None) -> Extraction:
    assert manifest is not None
    assert manifest.extraction is not None
    return manifest.extraction


def test_all_tables_of_a_day_are_published(
    source: Source, intake: Intake, connection: psycopg.Connection
) -> None:
    source.add("posts", "p", created_at=D)

    manifests = intake.ingest(D)

    assert [(m.table, str(m.day)) for m in manifests] == [(table, D) for table in TABLES]
    assert intake.published("posts", D) == ["p"]
    assert all(intake.lake.manifest(table, parse_day(D)) for table in TABLES)
    books = connection.execute(
        "SELECT count(*), count(*) FILTER (WHERE state = 'published' AND is_final), "
        "count(DISTINCT fence) FROM pipeline.partition_ledger"
    ).fetchone()
    assert books == (len(TABLES), len(TABLES), 1)


def test_a_row_committed_after_midnight_reaches_its_day_when_that_is_ingested_again(
    source: Source, intake: Intake
) -> None:
    source.add("posts", "early", created_at=D)
    intake.ingest(D)
    source.add("posts", "late", created_at=f"{D} 23:59:59")

    intake.ingest(D)

    assert intake.published("posts", D) == ["early", "late"]


def test_what_was_read_of_a_day_waits_no_more(
    source: Source, intake: Intake, connection: psycopg.Connection
) -> None:
    source.add("posts", "p", created_at=D)
    source.add("posts", "next", created_at=NEXT)
    waiting = (
        "SELECT coalesce(bool_or(days @> %s::date), FALSE), "
        "coalesce(bool_or(days @> %s::date), FALSE) FROM pipeline.day_changes"
    )
    before = connection.execute(waiting, [D, NEXT]).fetchone()

    intake.ingest(D)

    assert before == (True, True)
    assert connection.execute(waiting, [D, NEXT]).fetchone() == (False, True)


def test_ingesting_again_gives_the_same_rows_and_leaves_one_file(
    source: Source, intake: Intake
) -> None:
    source.add("posts", "p", created_at=D)
    intake.ingest(D)
    first = intake.rows("posts", D)

    intake.ingest(D)

    assert intake.rows("posts", D).equals(first)
    assert len(list(intake.lake.root.glob("posts/*/*.parquet"))) == 1


def test_all_tables_and_days_of_a_chunk_come_from_one_snapshot(
    source: Source, intake: Intake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "CHUNK_DAYS", 2)

    manifests = intake.ingest("2024-02-28", NEXT)

    snapshots = {(m.day.isoformat(), extraction(m).snapshot) for m in manifests}
    assert len(snapshots) == 3
    chunks = {
        name: sorted(day for day, taken in snapshots if taken == name) for _, name in snapshots
    }
    assert sorted(chunks.values()) == [["2024-02-28", D], [NEXT]]
    assert CHUNK_DAYS * len(TABLES) < 64 * 100  # locks that a server of the default size can hold


def test_a_row_that_breaks_its_contract_publishes_no_table_of_the_chunk(
    source: Source, intake: Intake, connection: psycopg.Connection
) -> None:
    intake.ingest(D)
    before = {table: intake.lake.manifest(table, parse_day(D)) for table in TABLES}
    source.add("posts", "p", created_at=D)
    source.add("user_engagement", "bad", value="NaN", created_at=NEXT)

    with pytest.raises(ContractError, match="user_engagement of 2024-03-01"):
        intake.ingest(D, NEXT)

    assert {table: intake.lake.manifest(table, parse_day(D)) for table in TABLES} == before
    assert all(intake.lake.manifest(table, parse_day(NEXT)) is None for table in TABLES)
    assert connection.execute(
        "SELECT state, count(*), count(load_id) FROM pipeline.partition_ledger GROUP BY 1"
    ).fetchall() == [("writing", 2 * len(TABLES), len(TABLES))]


def test_chunks_before_a_broken_one_stay_published(
    source: Source, intake: Intake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "CHUNK_DAYS", 1)
    source.add("posts", "p", created_at=D)
    source.add("user_engagement", "bad", value="NaN", created_at=NEXT)

    with pytest.raises(ContractError):
        intake.ingest(D, NEXT)

    assert intake.published("posts", D) == ["p"]
    assert intake.lake.missing_days("users", [parse_day(NEXT)]) == [parse_day(NEXT)]


def test_a_changed_database_publishes_nothing(source: Source, intake: Intake) -> None:
    source.execute("DROP TABLE content_moderation")

    with pytest.raises(SchemaMismatchError):
        intake.ingest(D)

    assert all(intake.lake.manifest(table, parse_day(D)) is None for table in TABLES)
    assert [path for path in intake.lake.root.rglob("*") if path.parts[-2:] == (D, MANIFEST)] == []


@pytest.mark.parametrize(
    "setting", ["search_path = elsewhere, public", "DateStyle = 'German'", "array_nulls = off"]
)
def test_settings_of_the_database_lead_no_reading_astray(
    source: Source, intake: Intake, setting: str
) -> None:
    source.execute("CREATE SCHEMA elsewhere")
    source.execute("CREATE TABLE elsewhere.users (LIKE users)")
    source.execute("GRANT USAGE ON SCHEMA elsewhere TO PUBLIC")
    source.execute("GRANT SELECT ON elsewhere.users TO PUBLIC")
    source.add("users", "newcomer", created_at=D)
    source.execute(f"ALTER DATABASE {source.connection.info.dbname} SET {setting}")

    intake.ingest(D)

    assert intake.published("users", D) == ["newcomer"]


@pytest.mark.fault
def test_two_runs_of_one_day_do_not_meet(intake: Intake) -> None:
    day = DayRange(parse_day(D), parse_day(D))
    with (
        intake.publisher.ledger.write(["comments"], day, run_id="other"),
        pytest.raises(PartitionLockedError, match=f"comments of {D}"),
    ):
        intake.ingest(D)


def test_a_day_is_final_unless_a_transaction_of_that_day_is_still_open(
    source: Source, intake: Intake, other_session: psycopg.Connection
) -> None:
    other_session.execute("SELECT 1")
    today = str(source.execute("SELECT (now() AT TIME ZONE 'UTC')::date")[0][0])

    assert {extraction(m).is_final for m in intake.ingest(D)} == {True}
    assert {extraction(m).is_final for m in intake.ingest(today)} == {False}


def test_a_day_that_is_over_is_final_though_it_is_read_together_with_today(
    source: Source, intake: Intake
) -> None:
    [(yesterday, today)] = source.execute(
        "SELECT (day - 1)::text, day::text FROM (VALUES ((now() AT TIME ZONE 'UTC')::date))"
        " AS days (day)"
    )

    read = {(m.table, str(m.day)): m.is_final for m in intake.ingest(yesterday, today)}

    assert (read["users", yesterday], read["users", today]) == (True, False)


def test_a_run_that_is_stopped_between_months_leaves_notes_of_the_next_for_the_next_run(
    source: Source, intake: Intake, monkeypatch: pytest.MonkeyPatch
) -> None:
    intake.ingest(D, NEXT)
    for name, day in (("late", D), ("late too", NEXT)):
        source.add("comments", name, created_at=day)
    monkeypatch.setattr(module, "CHUNK_DAYS", 1)
    work = Ingest(intake.postgres, intake.publisher, DuckDBEngine(), run_id="a run")

    next(work.publish(DayRange(parse_day(D), parse_day(NEXT))))

    waiting = source.execute(
        "SELECT DISTINCT lower(days)::text FROM pipeline.day_changes WHERE lower(days) >= %s", D
    )
    assert waiting == [(NEXT,)]


def test_a_run_again_is_no_new_arrival_of_a_day_that_had_been_read_whole(
    source: Source, intake: Intake
) -> None:
    first = extraction(intake.ingest(D)[0])
    again = extraction(intake.ingest(D)[0])

    assert first.first_taken_at == first.taken_at
    assert again.taken_at > first.taken_at
    assert again.first_taken_at == first.taken_at


def test_a_day_that_was_read_before_it_ended_arrives_when_it_is_read_whole(
    source: Source, intake: Intake
) -> None:
    future = str(source.execute("SELECT (now() AT TIME ZONE 'UTC')::date + 2")[0][0])
    first = extraction(intake.ingest(future)[0])
    again = extraction(intake.ingest(future)[0])

    assert again.first_taken_at == again.taken_at > first.taken_at
    assert not again.is_final


def test_a_manifest_that_cannot_be_read_does_not_stop_the_ingest_that_replaces_it(
    intake: Intake,
) -> None:
    intake.ingest(D)
    manifest = intake.lake.partition_folder("posts", parse_day(D)) / MANIFEST
    manifest.write_text("{")

    intake.ingest(D)

    taken = extraction(intake.lake.manifest("posts", parse_day(D)))
    assert taken.first_taken_at == taken.taken_at
    assert datetime.now(UTC) - taken.taken_at < timedelta(minutes=5)


def test_nothing_is_published_before_the_first_chunk_is_asked_for(intake: Intake) -> None:
    days = DayRange(parse_day(D), parse_day(D))

    Ingest(intake.postgres, intake.publisher, DuckDBEngine(), run_id="lazy").publish(days)

    assert not intake.lake.root.exists()


@pytest.fixture
def written_upon(source: Source) -> Source:
    """A row in every table, with the canary in every column that can hold a text."""
    source.add("users", "u", created_at=D)
    for table in ("posts", "comments", "user_followers", "media_files", "content_moderation"):
        source.add(table, "row", created_at=D)
    source.add("user_sessions", "row", created_at=D, ip_address="203.0.113.77")
    source.add("user_engagement", "row", created_at=D)
    source.add("user_followers", "gone", follower_id="u", created_at=D)
    source.unfollow("gone", at=D)
    source.execute(
        "INSERT INTO password_reset_tokens (user_id, token_hash, expires_at) VALUES (%s, 'x', %s)",
        uuid_of("u"),
        D,
    )
    for table, column, kind, length in source.execute(TEXT_COLUMNS):
        if table == "audit_log":
            continue
        value = {
            "jsonb": f"""jsonb_build_object('note', '{CANARY}')""",
            "ARRAY": f"ARRAY['{CANARY}']",
        }.get(kind, f"left(concat('{CANARY}', left(id::text, 6)), {length})")
        source.execute(f'UPDATE "{table}" SET "{column}" = {value}')
    source.execute("UPDATE posts SET created_at = %s", D)
    return source


def test_no_private_text_reaches_the_lake(written_upon: Source, intake: Intake) -> None:
    texts = {(table, column) for table, column, *_ in written_upon.execute(TEXT_COLUMNS)}
    intake.ingest(D)

    private = {(table, column) for table, columns in PRIVATE_COLUMNS.items() for column in columns}
    times = {("users", "last_login_at"), ("users", "email_verified_at")}
    assert private - texts - times == {("user_sessions", "ip_address")}
    assert all(not intake.rows(table, D).is_empty() for table in TABLES if table != "late_accounts")
    for path in intake.lake.root.rglob("*"):
        if path.is_file():
            assert_without_canary(path)


def assert_without_canary(path: Path) -> None:
    told: list[Any] = [path.read_bytes()]
    if path.suffix == ".parquet":
        told.append(repr(pl.read_parquet(path).rows()))
    for text in told:
        for secret in ("canary", "203.0.113.77"):
            assert secret not in str(text), path
