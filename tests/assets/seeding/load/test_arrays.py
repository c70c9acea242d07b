from random import Random

import polars as pl
import psycopg
import pytest

from assets.seeding.load.arrays import items_of

# Of the signs that mean something in an array, and some that do not.
SIGNS = [
    "{",
    "}",
    '"',
    '"',
    ",",
    ",",
    "\\",
    " ",
    "\v",
    "\n",
    "a",
    "é\xa0",
    "null",
    "NULL",
    "[1:1]=",
]


def read(texts: list[str]) -> list[list[str | None] | None]:
    frame = pl.DataFrame({"text": texts}, schema={"text": pl.String})
    return frame.select(items_of(pl.col("text"))).to_series().to_list()


@pytest.mark.parametrize(
    ("text", "items"),
    [
        ("{}", []),
        ("{ }", []),
        ("{travel,food}", ["travel", "food"]),
        ('{ "a,b" , NULL , "null" , two words }', ["a,b", None, "null", "two words"]),
        (r'{"\"","\\",a\,b,\ ,\NULL}', ['"', "\\", "a,b", " ", "NULL"]),
        ('{"line\nbreak","{x}",""}', ["line\nbreak", "{x}", ""]),
        ("[0:1]={a,b}", ["a", "b"]),
        ("travel", None),
        ("{a,}", None),
        ('{a"b"}', None),
        ("{a", None),
        ("{a}b", None),
        ("{{a},{b}}", None),
        ('{"a": 1}', None),
    ],
)
def test_an_array_is_read_as_its_items(text: str, items: list[str | None] | None) -> None:
    assert read([text]) == [items]


def test_any_text_is_the_array_that_it_is_for_postgresql(connection: psycopg.Connection) -> None:
    random = Random(7)
    texts = [f"{{{''.join(random.choices(SIGNS, k=random.randrange(8)))}}}" for _ in range(1000)]

    found = connection.execute(
        "SELECT CASE WHEN pg_input_is_valid(t, 'text[]')"
        # Nothing but the first brace opens an array.
        r""" AND regexp_replace(t, '\\.|"(\\.|[^"\\])*"', '', 'g') NOT LIKE '%%{%%{%%'"""
        " THEN t::text[] END FROM unnest(%s::text[]) WITH ORDINALITY AS given (t, n) ORDER BY n",
        [texts],
    ).fetchall()

    assert read(texts) == [items for (items,) in found]
    assert 200 < sum(items is not None for (items,) in found) < 800
