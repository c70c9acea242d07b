import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from assets.resources.lake import Lake
from reports.views.session import Session
from schema.errors import CorruptPartitionError, UsageError
from tests.fixtures.quick_lake import put_day, retract_days
from tests.fixtures.small_tables import D, day, uid


def rows(session: Session, text: str) -> list[tuple[Any, ...]]:
    tables = session.answer(session.understand(text))
    return [tuple(row.values()) for part in tables for row in part.to_pylist()]


def refusal(session: Session, text: str) -> str:
    with pytest.raises(UsageError) as refused:
        rows(session, text)
    return str(refused.value)


def files_below(folder: Path) -> set[Path]:
    return {path for path in folder.rglob("*") if path.is_file()}


def test_ids_are_uuids_and_days_are_dates(session: Session) -> None:
    query = session.understand("SELECT id, date, created_at FROM posts WHERE date = '2024-02-29'")

    assert [kind for _, kind in query.columns] == ["UUID", "DATE", "TIMESTAMP WITH TIME ZONE"]
    [(post, posted, moment)] = rows(session, query.text)
    assert (UUID(post).bytes, posted) == (uid("post 0"), D)
    assert (moment.hour, moment.utcoffset().total_seconds()) == (1, 0)


def test_only_what_a_manifest_lists_is_seen(session: Session, lake: Lake) -> None:
    stray = lake.partition_folder("posts", day())
    [published] = stray.glob("*.parquet")
    (stray / "another.parquet").write_bytes(published.read_bytes())
    (stray / "broken.parquet").write_text("no Parquet at all")
    retract_days(lake, "posts", day(-2))

    assert rows(session, "SELECT date FROM posts ORDER BY date") == [(day(-1),), (day(),)]


def test_each_query_sees_what_is_published_by_then(session: Session, lake: Lake) -> None:
    assert rows(session, "SELECT count(*) FROM posts") == [(3,)]

    retract_days(lake, "posts", day())

    assert rows(session, "SELECT count(*) FROM posts") == [(2,)]


def test_a_published_table_without_rows_and_one_never_published_are_empty(session: Session) -> None:
    assert rows(session, "SELECT id, role FROM users") == []
    assert rows(session, "SELECT post_id, rank FROM popular_posts") == []


def test_a_query_of_a_day_reads_the_files_of_that_day_only(session: Session) -> None:
    one = session.explain("SELECT count(id) FROM posts WHERE date = '2024-02-28'")
    two = session.explain("SELECT count(id) FROM posts WHERE date >= '2024-02-28'")

    assert "Scanning Files: 1/3" in one
    assert "Scanning Files: 2/3" in two


def test_a_published_file_that_is_gone_is_named(session: Session, lake: Lake) -> None:
    [path] = lake.files("posts", [day()])
    path.unlink()

    with pytest.raises(CorruptPartitionError, match="posts/date=2024-02-29"):
        session.understand("SELECT * FROM posts")


def test_a_query_of_no_view_reads_no_file_and_finds_the_names_and_types_of_all(
    session: Session, lake: Lake
) -> None:
    [path] = lake.files("posts", [day()])
    path.unlink()

    assert rows(session, "SELECT 1") == [(1,)]
    text = "SELECT data_type FROM duckdb_columns() WHERE column_name = 'is_final'"
    assert set(rows(session, text)) == {("BOOLEAN",)}


def test_a_view_that_is_named_in_disguise_is_refused_and_not_shown_empty(session: Session) -> None:
    for text in ("*", "count(*)"):
        disguised = f"SELECT {text} FROM query('FROM po' || 'sts') WHERE date = '2024-02-29'"
        assert refusal(session, disguised) == "a query has to name its views as they are called"


def test_finality_stands_beside_every_day(session: Session, lake: Lake) -> None:
    put_day(lake, "posts", day(1), is_final=False)

    assert rows(session, "SELECT date, rows, is_final FROM days WHERE table_name = 'posts'") == [
        *((day(offset), 1, True) for offset in (-2, -1, 0)),
        (day(1), 0, False),
    ]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("SELECT b FROM posts", "line 1, column 8: Referenced column"),
        ("SELECT id,\n  'ä', b\nFROM posts", "line 2, column 8: Referenced column"),
        ("SELECT * FROM post", "line 1, column 15: Table with name post does not exist! Did you"),
        ("SELECT date FROM posts WHERE id = 'x'", "line 1, column 35: Could not convert string"),
        ("SELEC 1", 'line 1, column 1: syntax error at or near "SELEC"'),
        ("SELECT 1; SELECT 2", "one query is answered at a time"),
        ("", "one query is answered at a time"),
        ("SELECT 1) UNION (SELECT 2", "line 1, column 9: syntax error"),
    ],
)
def test_what_cannot_be_understood_is_refused_in_one_sentence_with_its_place(
    session: Session, text: str, sentence: str
) -> None:
    assert refusal(session, text).startswith(sentence)


@pytest.mark.parametrize(
    "text",
    [
        "COPY (SELECT 1) TO '{lake}/x.parquet'",
        "WITH x AS (COPY (SELECT 1) TO '{lake}/x.parquet') SELECT * FROM x",
        "SELECT (WITH x AS (COPY (SELECT 1) TO '{lake}/x.parquet') SELECT 1)",
        "SELECT * FROM query('WITH x AS (COPY (SELECT 1) TO ''{lake}/x'') FROM x')",
        "SELECT 1) AS a; COPY (SELECT 1) TO '{lake}/x.parquet'; SELECT * FROM (SELECT 1",
        "EXPLAIN ANALYZE COPY (SELECT 1) TO '{lake}/x.parquet'",
        "EXPORT DATABASE '{lake}/x'",
        "ATTACH '{lake}/x.duckdb'",
        "CREATE TABLE x AS SELECT 1",
        "CREATE OR REPLACE VIEW posts AS SELECT 1",
        "WITH x AS (INSERT INTO posts SELECT * FROM posts RETURNING *) SELECT * FROM x",
        "DELETE FROM posts",
    ],
)
def test_nothing_can_be_written(session: Session, lake: Lake, tmp_path: Path, text: str) -> None:
    before = files_below(tmp_path)

    refusal(session, text.format(lake=str(lake.root).replace("'", "''")))

    assert files_below(tmp_path) == before
    assert rows(session, "SELECT count(*) FROM posts") == [(3,)]


@pytest.mark.parametrize(
    "text",
    [
        "SELECT * FROM read_text('{outside}')",
        "SELECT * FROM read_csv('{outside}')",
        "SELECT * FROM '{outside}'",
        "SELECT * FROM glob('{outside}*')",
        "SELECT * FROM read_text('{lake}/../../secret.csv')",
        "SELECT * FROM read_parquet('https://example.org/x.parquet')",
        "SELECT * FROM duckdb_secrets()",
        "INSTALL httpfs",
        "LOAD httpfs",
        "SET memory_limit = '1TB'",
        "RESET enable_external_access",
        "SELECT * FROM text",
        "SELECT * FROM session",
    ],
)
def test_nothing_else_is_in_reach(session: Session, lake: Lake, tmp_path: Path, text: str) -> None:
    outside = tmp_path / "secret.csv"
    outside.write_text("secret\n1\n")
    lake_name = str(lake.root).replace("'", "''")

    assert "secret\n" not in refusal(session, text.format(outside=outside, lake=lake_name))


def test_what_does_not_fit_in_memory_spills_below_scratch_and_is_removed(
    session: Session, tmp_path: Path
) -> None:
    settings = dict(rows(session, "SELECT name, value FROM duckdb_settings()"))

    assert settings["memory_limit"] == "1.8 GiB"
    assert Path(settings["temp_directory"]).parent == tmp_path / "scratch"
    assert settings["TimeZone"] == "UTC"


def test_the_order_of_an_answer_is_the_asked_one(session: Session) -> None:
    text = "SELECT i FROM range(200_000) AS t(i) ORDER BY i % 7 DESC, i"

    found = [value for (value,) in rows(session, text)]

    assert found == sorted(range(200_000), key=lambda i: (-(i % 7), i))


@pytest.fixture
def ctrl_c() -> Iterator[None]:
    """Let SIGINT interrupt Python, also where the tests run in the background."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("ctrl_c")
@pytest.mark.parametrize(
    "text",
    [
        "SELECT 'é;' AS a; -- note",
        "-- note\nSELECT 'é;' AS a /* note; */ ;;\n",
        "SELECT 'é;' AS a -- note",
    ],
)
def test_comments_may_stand_around_a_query(session: Session, text: str) -> None:
    assert rows(session, text) == [("é;",)]


def test_ctrl_c_stops_a_query_and_the_next_one_is_answered(session: Session) -> None:
    begun = threading.Event()

    def note(value: int) -> int:
        begun.set()
        return value

    def interrupt() -> None:
        begun.wait()
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)

    session.connection.create_function("note", note, ["BIGINT"], "BIGINT")
    endless = session.understand("SELECT sum(note(i)) FROM range(1_000_000_000) AS t(i), days")
    thread = threading.Thread(target=interrupt)
    thread.start()

    with pytest.raises(KeyboardInterrupt):
        list(session.answer(endless))

    thread.join()
    assert rows(session, "SELECT count(*) FROM posts") == [(3,)]
