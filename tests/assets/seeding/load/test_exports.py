"""What PostgreSQL itself writes of the platform's tables goes in as it is."""

from collections.abc import Callable
from pathlib import Path

import polars as pl
import psycopg

from assets.seeding.load import LoadReport
from assets.seeding.load.columns import TABLES

ODD_VALUES = (
    r"""UPDATE posts SET tags = ARRAY['travel', '', 'a,b', '"', '\', '{x}', ' y ', 'NULL', NULL]
    WHERE content = 'hello'""",
    r"""UPDATE posts SET content = '\.', location = '', deleted_at = '2020-09-04 10:00:00.123'
    WHERE content = ''""",
    r"""UPDATE users SET is_verified = TRUE, bio = E'a\r\n"b",\\N', full_name = 'NULL',
    last_login_at = '2020-09-05 23:59:59.999999' WHERE username = 'ann'""",
    "UPDATE users SET is_active = FALSE, bio = '' WHERE username = 'bob'",
    "UPDATE comments SET is_edited = TRUE, content = ' ' WHERE parent_id IS NULL",
    r"""UPDATE user_engagement SET metadata = '{"a": [1e400, null, "\u00e9\n,"], "source": ""}'
    WHERE engagement_type = 'LIKE'""",
)


def contents(connection: psycopg.Connection) -> dict[str, list[tuple[object, ...]]]:
    return {
        table.name: connection.execute(
            f"SELECT to_jsonb({table.name}) FROM {table.name} ORDER BY id"
        ).fetchall()
        for table in TABLES
    }


def test_tables_that_postgresql_wrote_as_csv_come_back_as_they_were(
    connection: psycopg.Connection,
    load: Callable[..., LoadReport],
    healthy: dict[str, pl.DataFrame],
    tmp_path: Path,
) -> None:
    load(healthy)
    for statement in ODD_VALUES:
        assert connection.execute(statement.encode()).rowcount == 1
    before = contents(connection)
    for table in TABLES:
        query = f"COPY (SELECT * FROM {table.name}) TO STDOUT (FORMAT csv, HEADER)"
        with connection.cursor().copy(query) as copy:
            (tmp_path / f"{table.name}.csv").write_bytes(b"".join(copy))
    connection.execute("TRUNCATE users CASCADE")
    connection.commit()

    report = load(tmp_path)

    assert {table.table: table.reasons for table in report.tables if table.rejected} == {}
    assert contents(connection) == before
