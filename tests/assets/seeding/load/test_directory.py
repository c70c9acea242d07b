from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path

import polars as pl
import psycopg
import pytest

from assets.resources.postgres import Postgres
from assets.seeding.load import LoadReport, load_directory
from assets.seeding.load.shifting import Shift
from schema.errors import ContractError, DatabaseUnavailableError, StorageError, UsageError
from schema.windows import DayRange

Frames = dict[str, pl.DataFrame]
Load = Callable[..., LoadReport]
Reasons = Callable[[LoadReport, str], dict[str, int]]
Write = Callable[[Path, Frames], Path]
TABLES = ("users", "posts", "comments", "user_followers", "user_engagement")


def contents(connection: psycopg.Connection) -> dict[str, list[tuple[object, ...]]]:
    return {
        table: connection.execute(f"SELECT to_jsonb({table}) FROM {table} ORDER BY id").fetchall()
        for table in TABLES
    }


def test_csv_and_parquet_load_the_same(
    database: str,
    connection: psycopg.Connection,
    load: Load,
    healthy: Frames,
    tmp_path: Path,
    write_csv: Write,
) -> None:
    healthy["users"] = healthy["users"].with_columns(bio=pl.Series(["a\nb", "", None]))

    first = load(healthy)
    from_parquet = contents(connection)
    connection.execute("TRUNCATE users CASCADE")
    connection.commit()
    second = load(write_csv(tmp_path / "csv", healthy))

    assert [(table.read, table.loaded) for table in first.tables] == [
        (table.read, table.loaded) for table in second.tables
    ]
    assert contents(connection) == from_parquet
    assert [len(rows) for rows in from_parquet.values()] == [3, 2, 2, 1, 2]


def test_a_second_load_changes_nothing(
    connection: psycopg.Connection, load: Load, reasons: Reasons, healthy: Frames
) -> None:
    load(healthy)
    before = contents(connection)

    again = load(healthy, ending=date(2026, 1, 1))

    assert contents(connection) == before
    assert [(table.loaded, table.read) for table in again.tables] == [
        (0, 3), (0, 2), (0, 2), (0, 1), (0, 2),
    ]  # fmt: skip
    assert reasons(again, "users") == {"id is in the database already": 3}
    assert again.span is None


def test_two_databases_get_the_same_ids(
    connection: psycopg.Connection, load: Load, healthy: Frames
) -> None:
    load(healthy)
    before = contents(connection)
    connection.execute("TRUNCATE users CASCADE")
    connection.commit()

    load(healthy)

    assert contents(connection) == before


def test_counters_are_those_of_the_tables(
    connection: psycopg.Connection, load: Load, healthy: Frames
) -> None:
    load(healthy)

    counters = connection.execute(
        "SELECT username, posts_count, following_count, followers_count FROM users ORDER BY 1"
    ).fetchall()
    assert counters == [("ann", 1, 1, 0), ("bob", 1, 0, 1), ("cy", 0, 0, 0)]


def test_ending_moves_all_times_by_the_same_whole_days(
    connection: psycopg.Connection, load: Load, healthy: Frames
) -> None:
    report = load(healthy, ending=date(2026, 11, 21))

    shift = date(2026, 11, 21) - date(2020, 10, 1)
    assert report.shift == Shift(shift, "created_at of user_engagement")
    assert report.span
    assert report.span.days == DayRange(date(2020, 9, 3) + shift, date(2026, 11, 21))
    for table in TABLES:
        row = connection.execute(f"SELECT min(created_at) FROM {table}").fetchone()
        assert row == (datetime(2020, 9, 3, 8) + shift,)
    row = connection.execute("SELECT max(updated_at) FROM users").fetchone()
    assert row == (datetime(2020, 9, 3, 8) + shift,)


def test_no_time_comes_to_lie_after_ending(
    connection: psycopg.Connection, load: Load, healthy: Frames
) -> None:
    healthy["users"] = healthy["users"].with_columns(last_login_at=datetime(2020, 12, 1, 5))

    report = load(healthy, ending=date(2026, 11, 21))

    shift = date(2026, 11, 21) - date(2020, 12, 1)
    assert report.shift == Shift(shift, "last_login_at of users")
    assert report.span
    assert report.span.days == DayRange(date(2020, 9, 3) + shift, date(2020, 10, 1) + shift)
    row = connection.execute("SELECT max(last_login_at) FROM users").fetchone()
    assert row == (datetime(2026, 11, 21, 5),)


def test_a_part_that_follows_another_is_known(load: Load, healthy: Frames) -> None:
    events = healthy["user_engagement"]

    first = load({**healthy, "user_engagement": events[:1]}, ending=date(2026, 11, 20))
    second = load({**healthy, "user_engagement": events[1:]}, ending=date(2026, 11, 20))

    assert (first.joined, second.joined) == (False, True)
    assert first.shift != second.shift


def test_ending_may_not_move_a_time_out_of_the_calendar(
    connection: psycopg.Connection, load: Load, healthy: Frames
) -> None:
    healthy["users"] = healthy["users"].with_columns(deleted_at=pl.lit(datetime(9999, 12, 31)))

    with pytest.raises(UsageError, match="would take created_at of users out of the years"):
        load(healthy, ending=date(2026, 11, 21))

    assert connection.execute("SELECT count(*) FROM users").fetchone() == (0,)


def test_rows_without_a_date_get_the_oldest_one(
    connection: psycopg.Connection, load: Load, healthy: Frames
) -> None:
    healthy["users"] = healthy["users"].drop("created_at")
    oldest = datetime(2020, 9, 3, 8) - timedelta(days=3)
    healthy["posts"] = healthy["posts"].with_columns(created_at=pl.lit(oldest))

    load(healthy)

    found = connection.execute("SELECT DISTINCT created_at FROM users").fetchall()
    assert found == connection.execute("SELECT created_at FROM user_followers").fetchall()
    assert found == [(oldest,)]


def test_a_wrong_date_that_others_are_given_does_not_make_the_days_to_run_many(
    load: Load, healthy: Frames
) -> None:
    healthy["users"] = healthy["users"].drop("created_at")
    wrong = healthy["posts"][:1].with_columns(
        id=pl.lit("p9"), created_at=pl.lit(datetime(1970, 1, 1))
    )
    healthy["posts"] = pl.concat([healthy["posts"], wrong])

    span = load(healthy).span

    assert span is not None
    assert span.days.first == date(1970, 1, 1)
    assert span.bulk.first == date(2020, 9, 3)
    assert span.undated == healthy["users"].height + healthy["user_followers"].height


def test_a_row_that_does_not_go_in_dates_no_other(
    connection: psycopg.Connection, load: Load, healthy: Frames
) -> None:
    healthy["users"] = healthy["users"].drop("created_at")
    orphan = healthy["posts"][:1].with_columns(
        id=pl.lit("p9"), user_id=pl.lit("nobody"), created_at=pl.lit(datetime(1970, 1, 1))
    )
    healthy["posts"] = pl.concat([healthy["posts"], orphan])

    load(healthy)

    found = connection.execute("SELECT DISTINCT created_at, updated_at FROM users").fetchall()
    assert found == [(datetime(2020, 9, 3, 8),) * 2]


def test_a_row_added_later_is_dated_as_those_that_are_there(
    connection: psycopg.Connection, load: Load, healthy: Frames
) -> None:
    healthy["users"] = healthy["users"].drop("created_at")
    load({**healthy, "users": healthy["users"][:2]})
    load(healthy)

    found = connection.execute("SELECT DISTINCT created_at FROM users").fetchall()
    assert found == [(datetime(2020, 9, 3, 8),)]


def test_each_month_with_rows_gets_its_partition(
    connection: psycopg.Connection, load: Load, healthy: Frames
) -> None:
    moments = pl.Series([datetime(1, 1, 1), datetime(2016, 2, 29)])
    healthy["user_engagement"] = healthy["user_engagement"].with_columns(created_at=moments)

    load(healthy)

    homes = connection.execute(
        "SELECT tableoid::regclass::text FROM user_engagement ORDER BY created_at"
    ).fetchall()
    assert homes == [("user_engagement_0001_01",), ("user_engagement_2016_02",)]


def test_rejected_rows_are_written_as_the_source_has_them(
    load: Load, healthy: Frames, tmp_path: Path
) -> None:
    values = pl.Series(["NaN", "1.50"])
    healthy["user_engagement"] = healthy["user_engagement"].with_columns(value=values)

    report = load(healthy)

    found = {table.table: table.rejects for table in report.tables if table.rejects}
    assert found == {"user_engagement": tmp_path / "rejects" / "user_engagement.csv"}
    assert found["user_engagement"].read_text() == (
        "row,reason,user_id,post_id,engagement_type,value,metadata,created_at\n"
        '1,value is not a number,1,p2,LIKE,NaN,"{""source"": ""profile""}",2020-09-03 08:00:00\n'
    )


def test_the_rejects_of_an_earlier_load_do_not_stay(
    load: Load, healthy: Frames, tmp_path: Path, connection: psycopg.Connection
) -> None:
    load(healthy)
    load(healthy)
    assert (tmp_path / "rejects" / "users.csv").exists()
    connection.execute("TRUNCATE users CASCADE")
    connection.commit()

    load(healthy)

    assert not (tmp_path / "rejects" / "users.csv").exists()


def test_rejects_that_cannot_be_written_stop_the_load(
    database: str, connection: psycopg.Connection, healthy: Frames, tmp_path: Path,
    write_parquet: Write,
) -> None:  # fmt: skip
    (tmp_path / "file").touch()

    with pytest.raises(StorageError, match=r"cannot write the rejected rows.*Nothing was loaded"):
        load_directory(
            Postgres(database),
            write_parquet(tmp_path / "set", healthy),
            ending=None,
            rejects=tmp_path / "file",
            progress=lambda _sentence: None,
        )

    assert connection.execute("SELECT count(*) FROM users").fetchone() == (0,)


def test_what_postgresql_refuses_leaves_nothing_behind(
    connection: psycopg.Connection, load: Load, healthy: Frames
) -> None:
    connection.execute("ALTER TABLE posts ADD CONSTRAINT not_that CHECK (content <> 'hello')")
    connection.commit()

    with pytest.raises(ContractError) as caught:
        load(healthy)

    assert str(caught.value) == (
        "PostgreSQL refused the rows (CheckViolation, SQLSTATE 23514, posts, not_that)"
        ": nothing was loaded"
    )
    assert connection.execute("SELECT count(*) FROM users").fetchone() == (0,)


@pytest.mark.fault
def test_a_session_that_is_ended_leaves_nothing_behind(
    database: str, connection: psycopg.Connection, healthy: Frames, tmp_path: Path,
    write_parquet: Write,
) -> None:  # fmt: skip
    def end_it(sentence: str) -> None:
        if sentence.startswith("loaded"):
            connection.execute(
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
                " WHERE datname = current_database() AND application_name = 'sociallive'"
            )

    with pytest.raises(DatabaseUnavailableError, match=r"nothing was loaded\. Try again"):
        load_directory(
            Postgres(database),
            write_parquet(tmp_path / "set", healthy),
            ending=None,
            rejects=tmp_path / "rejects",
            progress=end_it,
        )

    assert connection.execute("SELECT count(*) FROM users").fetchone() == (0,)


def test_files_without_rows_load_nothing(load: Load, healthy: Frames) -> None:
    report = load({name: frame.clear() for name, frame in healthy.items()})

    assert {(table.read, table.loaded, table.rejected) for table in report.tables} == {(0, 0, 0)}
    assert report.span is None


def test_the_longest_tag_that_is_accepted_fits_the_index(load: Load, healthy: Frames) -> None:
    digits = "".join(chr(33 + (i * i * 7919 + i * 104729) % 94) for i in range(2600))
    tags = pl.Series([[digits], []], dtype=pl.List(pl.String))
    healthy["posts"] = healthy["posts"].with_columns(tags=tags)

    assert load(healthy).tables[1].loaded == 2
