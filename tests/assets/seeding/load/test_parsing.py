import json
from datetime import datetime
from decimal import Decimal
from typing import Any

import polars as pl
import psycopg
import pytest

from assets.resources.identifiers import uuids_of
from assets.seeding.load.columns import POSTS, TABLES, USER_ENGAGEMENT, USERS, Table
from assets.seeding.load.parsing import parse_rows

GOOD: dict[str, dict[str, str]] = {
    "users": {"id": "1", "username": "ann"},
    "posts": {"id": "1", "user_id": "1", "content": "x", "created_at": "2020-01-01"},
    "comments": {
        "id": "1",
        "post_id": "1",
        "user_id": "1",
        "content": "x",
        "created_at": "2020-01-01",
    },
    "user_followers": {"follower_id": "1", "following_id": "2"},
    "user_engagement": {
        "user_id": "1",
        "post_id": "1",
        "engagement_type": "LIKE",
        "created_at": "2020-01-01",
    },
}
JSON_TEXTS = [
    *(
        "{}",
        "null",
        '"x"',
        "[1, 2]",
        '{"a": "\\\\u0000"}',
        '{"a": 1e400}',
        '{"a": "/, ]"}',
        '{"a":1} ',
    ),
    *(
        '"\\ud83d\\ude00"',
        '{"a": {"b": [true, false, null, -0.5e-3]}}',
        '"line\\nbreak"',
        "\n[ ]\t",
    ),
    *(
        '{"a": "\\u0000"}',
        '"\\ud800"',
        '"\\udc00"',
        '{"a": NaN}',
        "Infinity",
        "[1,]",
        "{a: 1}",
        "",
        "x",
    ),
    *(
        '{"a": 1e999999}',
        "/* x */ 1",
        '"a\tb"',
        "[" * 20_000 + "]" * 20_000,
        "01",
        "+1",
        ".5",
        "1.",
    ),
    *(
        "'x'",
        "[1] // x",
        "\ufeff{}",
        "nul",
        '"\\x"',
        '{"a" 1}',
        "[1 2]",
        "{",
        '"',
        '["\\\\\\u0000"]',
    ),
]


def parsed(table: Table, **fields: str | None) -> dict[str, Any]:
    given = {name: [text] for name, text in (GOOD[table.name] | fields).items()}
    texts = pl.DataFrame(given, schema=dict.fromkeys(given, pl.String))
    return parse_rows(table, texts).row(0, named=True)


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_a_row_of_the_required_columns_alone_is_good(table: Table) -> None:
    texts = pl.DataFrame({name: [text] for name, text in GOOD[table.name].items()})

    assert set(table.required) <= set(GOOD[table.name])
    assert parse_rows(table, texts)["reason"].to_list() == [None]


@pytest.mark.parametrize(
    ("table", "column"), [(table, name) for table in TABLES for name in table.required]
)
@pytest.mark.parametrize("text", [None, ""])
def test_a_required_value_may_not_be_missing(table: Table, column: str, text: str | None) -> None:
    may_be_empty = text == "" and table.columns[column].may_be_empty

    assert parsed(table, **{column: text})["reason"] == (
        None if may_be_empty else f"{column} is missing"
    )


@pytest.mark.parametrize(
    ("column", "text", "problem"),
    [
        ("username", "a\0b", "contains a NUL character"),
        ("username", "é" * 51, "is longer than 50 characters"),
        ("email", "e" * 256, "is longer than 255 characters"),
        ("full_name", "n" * 101, "is longer than 100 characters"),
        ("bio", "\0", "contains a NUL character"),
        ("role", "creator", "is none of USER, CREATOR, MODERATOR, ADMIN"),
        ("is_verified", "maybe", "is neither true nor false"),
        ("followers_count", "1.5", "is not an integer of 32 bits"),
        ("posts_count", "2147483648", "is not an integer of 32 bits"),
        ("created_at", "yesterday", "is not a timestamp"),
        ("created_at", "infinity", "is not a timestamp"),
        ("created_at", "2021-02-29", "is not a timestamp"),
        ("created_at", "2020-01-01 00:00:00 PST", "is not a timestamp"),
        ("created_at", "0", "is no unix time of the years 1980 to 2199"),
        ("created_at", "20200131", "is no unix time of the years 1980 to 2199"),
        ("created_at", "202001311230", "is no unix time of the years 1980 to 2199"),
        ("created_at", "20200131123000", "is no unix time of the years 1980 to 2199"),
        ("created_at", "20200131123000123", "is no unix time of the years 1980 to 2199"),
        ("created_at", "9" * 19, "is not a timestamp"),
        ("created_at", "-1600000000", "is not a timestamp"),
        ("created_at", "1600000000.5.1", "is not a timestamp"),
        ("created_at", "1.6e9", "is not a timestamp"),
        ("created_at", "20200131.5", "is no unix time of the years 1980 to 2199"),
        ("deleted_at", "10000-01-01", "is outside the years 1 to 9999"),
        ("updated_at", "0000-12-31", "is outside the years 1 to 9999"),
    ],
)
def test_a_bad_field_of_a_user_is_named(column: str, text: str, problem: str) -> None:
    assert parsed(USERS, **{column: text})["reason"] == f"{column} {problem}"


@pytest.mark.parametrize(
    ("column", "text", "problem"),
    [
        ("media_type", "TEXT", "is none of IMAGE, VIDEO, AUDIO, DOCUMENT"),
        ("visibility", "SECRET", "is none of PUBLIC, PRIVATE, FOLLOWERS_ONLY, UNLISTED"),
        ("engagement_score", "1e8", "is too large"),
        ("tags", "a,b", "is not a list of texts"),
        ("tags", f'["a", "{"é" * 1301}"]', "holds a text of more than 2600 bytes"),
        ("tags", "[1]", "is not a list of texts"),
        ("tags", '["\\u0000"]', "contains a NUL character"),
    ],
)
def test_a_bad_field_of_a_post_is_named(column: str, text: str, problem: str) -> None:
    assert parsed(POSTS, **{column: text})["reason"] == f"{column} {problem}"


@pytest.mark.parametrize(
    ("column", "text", "problem"),
    [
        ("engagement_type", "LOVE", "is none of LIKE, SHARE, COMMENT, VIEW, CLICK, SAVE"),
        ("value", "NaN", "is not a number"),
        ("value", "inf", "is not a number"),
        ("value", "1,5", "is not a number"),
        ("value", "999.995", "is too large"),
        ("value", "-1e400", "is too large"),
        ("metadata", "{", "is not JSON"),
        ("metadata", '{"a": "\\u0000"}', "contains a NUL character"),
        ("metadata", "1e9999", "holds a number that is too long"),
        ("metadata", "[" * 6_000 + "]" * 6_000, "has more than 5000 opening brackets"),
    ],
)
def test_a_bad_field_of_an_engagement_is_named(column: str, text: str, problem: str) -> None:
    assert parsed(USER_ENGAGEMENT, **{column: text})["reason"] == f"{column} {problem}"


def test_the_first_bad_column_is_the_reason() -> None:
    assert parsed(USERS, created_at="x", username=None)["reason"] == "username is missing"


def test_a_value_is_rounded_as_postgresql_rounds(connection: psycopg.Connection) -> None:
    texts = ["1.005", "-1.005", "1.00499999999999999999", "1e2", "-999.99", " 2 ", "999.994", ".5"]

    rounded = [connection.execute("SELECT %s::decimal(5, 2)", [text]).fetchone() for text in texts]

    assert [(parsed(USER_ENGAGEMENT, value=text)["value"],) for text in texts] == rounded


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2020-09-03", datetime(2020, 9, 3)),
        ("2020-09-03T10:00:00", datetime(2020, 9, 3, 10)),
        ("2020-09-03T10:00:00Z", datetime(2020, 9, 3, 10)),
        ("2020-09-03 00:30:00.123456+02:00", datetime(2020, 9, 2, 22, 30, 0, 123456)),
        ("2020-09-03 00:30:00-0530", datetime(2020, 9, 3, 6)),
        ("2020-09-03 10:00:00 UTC", datetime(2020, 9, 3, 10)),
        ("2020-09-03 10:00:00Z", datetime(2020, 9, 3, 10)),
        ("2020-09-03 10:00:00 Z", datetime(2020, 9, 3, 10)),
        ("2020-09-03T10:00z", datetime(2020, 9, 3, 10)),
        ("2020-09-03 10:00:00.250 +0000", datetime(2020, 9, 3, 10, 0, 0, 250_000)),
        ("2020-09-03 10:00 -05:30", datetime(2020, 9, 3, 15, 30)),
        ("0001-01-01", datetime(1, 1, 1)),
        ("9999-12-31 23:59:59.999999", datetime(9999, 12, 31, 23, 59, 59, 999999)),
    ],
)
def test_a_timestamp_without_an_offset_is_utc_and_one_with_it_becomes_utc(
    text: str, moment: datetime
) -> None:
    assert parsed(POSTS, created_at=text)["created_at"] == moment


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("1600000000", datetime(2020, 9, 13, 12, 26, 40)),
        ("1600000000.0", datetime(2020, 9, 13, 12, 26, 40)),
        ("1600000000123", datetime(2020, 9, 13, 12, 26, 40, 123_000)),
        ("1600000000123456", datetime(2020, 9, 13, 12, 26, 40, 123_456)),
        ("1600000000123456789", datetime(2020, 9, 13, 12, 26, 40, 123_456)),
        ("315532800", datetime(1980, 1, 1)),
        ("315532800000", datetime(1980, 1, 1)),
        ("7258118399", datetime(2199, 12, 31, 23, 59, 59)),
        ("7258118399999999999", datetime(2199, 12, 31, 23, 59, 59, 999_999)),
        ("1600000000.5", datetime(2020, 9, 13, 12, 26, 40, 500_000)),
        ("1600000000.1234569", datetime(2020, 9, 13, 12, 26, 40, 123_456)),
        ("1600000000.", datetime(2020, 9, 13, 12, 26, 40)),
        ("1600000000123.4567", datetime(2020, 9, 13, 12, 26, 40, 123_456)),
        ("1600000000123456.9", datetime(2020, 9, 13, 12, 26, 40, 123_456)),
    ],
)
def test_a_number_is_the_unix_time_that_its_size_tells(text: str, moment: datetime) -> None:
    assert parsed(POSTS, created_at=text)["created_at"] == moment


def test_an_integer_may_be_written_as_a_float() -> None:
    assert parsed(USERS, followers_count="12.0")["followers_count"] == 12
    assert parsed(USERS, followers_count="-1.00")["followers_count"] == -1


def test_what_a_row_does_not_say_is_as_in_the_schema() -> None:
    user = parsed(USERS, id="7")
    post, engagement = parsed(POSTS), parsed(USER_ENGAGEMENT)

    made = uuids_of(pl.Series(["7"]))[0]
    assert user["email"] == f"{made}@users.invalid"
    assert not user["password_hash"].startswith("$2")
    assert (user["role"], user["is_verified"], user["is_active"]) == ("USER", False, True)
    assert (post["visibility"], post["media_type"], post["likes_count"]) == ("PUBLIC", None, 0)
    assert (engagement["value"], engagement["metadata"]) == (Decimal(1), None)


def test_a_row_without_an_id_gets_that_of_its_natural_key() -> None:
    first, again = parsed(USER_ENGAGEMENT), parsed(USER_ENGAGEMENT, created_at="2021-01-01")
    other = parsed(USER_ENGAGEMENT, engagement_type="VIEW")

    assert first["id"] == again["id"] != other["id"]
    assert parsed(USERS, id=None)["id"] == uuids_of(pl.Series(["ann"]))[0]


def test_json_that_is_accepted_is_json_for_postgresql_too(connection: psycopg.Connection) -> None:
    texts = pl.DataFrame(
        {name: [text] * len(JSON_TEXTS) for name, text in GOOD["user_engagement"].items()}
    ).with_columns(metadata=pl.Series(JSON_TEXTS))

    judged = parse_rows(USER_ENGAGEMENT, texts)
    accepted = dict(zip(JSON_TEXTS, judged["reason"].is_null(), strict=True))

    for text in JSON_TEXTS:
        taken = text == "" or _is_jsonb(connection, text)
        assert accepted[text] == taken, text[:50]


def _is_jsonb(connection: psycopg.Connection, text: str) -> bool:
    try:
        with connection.transaction():
            connection.execute("SELECT %s::jsonb", [text])
    except psycopg.Error:
        return False
    return True


def test_tags_come_through_as_they_are(connection: psycopg.Connection) -> None:
    tags = ["", '""', "a,b", "NULL", "{x}", "back\\slash", " ", "é😀"]

    literal = parsed(POSTS, tags=json.dumps(tags))["tags"]

    assert connection.execute("SELECT %s::text[]", [literal]).fetchone() == (tags,)
