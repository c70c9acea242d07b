import gzip
import re
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from assets.seeding.load.columns import TABLES, USER_FOLLOWERS, USERS
from assets.seeding.load.reading import find_files, read_texts
from schema.errors import ContractError, PipelineError, UsageError

Frames = dict[str, pl.DataFrame]
WRONG_CSV = {
    "few fields": (b"follower_id,following_id\n1,2\n3\n", "line 3 has 1 fields, not 2"),
    "many fields": (b"follower_id,following_id\n1,2,3\n", "line 2 has 3 fields, not 2"),
    "open quote": (
        b'follower_id,following_id\n"1,2\n3,4\n',
        "line 2 has a quote that is not closed",
    ),
    "text behind": (b'follower_id,following_id\n"1"x,2\n', "text behind a closing quote"),
    "Latin 1": (b"follower_id,following_id\n\xe9,2\n", "line 2 is not UTF-8"),
    "UTF-16": ("follower_id,following_id\n1,2\n".encode("utf-16"), "it is not UTF-8"),
    "no line": (b"", "is empty: its first line must name the columns"),
    "mixed line ends": (b"follower_id,following_id\n1,2\r\n3,4\n", "it is damaged, or no CSV"),
}


@pytest.mark.parametrize(("content", "said"), WRONG_CSV.values(), ids=WRONG_CSV)
def test_a_broken_csv_is_refused_in_one_sentence(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "user_followers.csv"
    path.write_bytes(content)

    with pytest.raises(ContractError, match=said) as caught:
        read_texts(USER_FOLLOWERS, path)

    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


PACKED = {
    "gzip": (gzip.compress(b"follower_id,following_id\n1,2\n"), "it is packed by gzip: unpack it"),
    "zstd": (b"\x28\xb5\x2f\xfd\x04\x00\x41", "it is packed by zstd: unpack it"),
    "spreadsheet": (b"PK\x03\x04\x14\x00\x06\x00", "it is a ZIP archive or a spreadsheet"),
    "Parquet": (b"PAR1\x15\x04\x15\x1c", "it is a Parquet file: name it user_followers.parquet"),
}


@pytest.mark.parametrize(("content", "said"), PACKED.values(), ids=PACKED)
def test_a_csv_that_is_another_format_is_called_by_its_name(
    tmp_path: Path, content: bytes, said: str
) -> None:
    (tmp_path / "user_followers.csv").write_bytes(content)

    with pytest.raises(ContractError, match=rf"user_followers\.csv: {said}"):
        read_texts(USER_FOLLOWERS, tmp_path / "user_followers.csv")


@pytest.mark.parametrize(
    ("separator", "name"), [(";", "semicolons"), ("\t", "tabs"), ("|", "vertical bars")]
)
def test_a_csv_without_commas_is_told_what_it_has_instead(
    tmp_path: Path, separator: str, name: str
) -> None:
    lines = f"id{separator}follower_id{separator}following_id\n1{separator}2{separator}3\n"
    (tmp_path / "user_followers.csv").write_text(lines)

    with pytest.raises(UsageError, match=f"has {name} between its columns: write it with commas"):
        read_texts(USER_FOLLOWERS, tmp_path / "user_followers.csv")


@pytest.mark.parametrize(
    ("line", "named"), [("1,2", "'1', '2'"), ("note;1,2", "'2', 'note;1'"), ("a|b", r"'a\|b'")]
)
def test_a_csv_whose_first_line_is_a_row_is_not_told_to_leave_it_out(
    tmp_path: Path, line: str, named: str
) -> None:
    (tmp_path / "user_followers.csv").write_text(f"{line}\n3,4\n")

    with pytest.raises(
        UsageError, match=rf"{named}; its first line must name the columns \("
    ) as no:
        read_texts(USER_FOLLOWERS, tmp_path / "user_followers.csv")

    assert "leave them out" not in str(no.value)


@pytest.mark.parametrize("damage", ["truncated", "overwritten", "no Parquet"])
def test_a_damaged_parquet_is_refused_in_one_sentence(
    tmp_path: Path, healthy: Frames, damage: str
) -> None:
    path = tmp_path / "users.parquet"
    healthy["users"].write_parquet(path)
    whole = path.read_bytes()
    broken = {
        "truncated": whole[: len(whole) // 2],
        "overwritten": whole[:4] + b"\xff" * 60 + whole[64:],
        "no Parquet": b"id,username\n",
    }
    path.write_bytes(broken[damage])

    with pytest.raises(ContractError, match="it is damaged, or no Parquet file at all"):
        read_texts(USERS, path)


def test_text_in_a_parquet_that_is_not_utf_8_is_refused(tmp_path: Path) -> None:
    offsets, broken = pa.py_buffer(b"\0\0\0\0\2\0\0\0"), pa.py_buffer(b"\xff\xfe")
    names = pa.Array.from_buffers(pa.string(), 1, [None, offsets, broken])
    pq.write_table(pa.table({"username": names}), tmp_path / "users.parquet")

    with pytest.raises(ContractError, match="it is not UTF-8"):
        read_texts(USERS, tmp_path / "users.parquet")


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_a_file_that_cannot_be_looked_at_is_refused_in_one_sentence(
    tmp_path: Path, suffix: str
) -> None:
    with pytest.raises(ContractError, match=r"cannot read .*: File name too long"):
        read_texts(USERS, tmp_path / f"{'x' * 300}{suffix}")


def test_columns_that_the_table_does_not_have_are_refused(tmp_path: Path) -> None:
    (tmp_path / "users.csv").write_text("id,username,shoe size,age\n")

    with pytest.raises(UsageError, match=r"users\.csv has columns that .*: 'age', 'shoe size'"):
        read_texts(USERS, tmp_path / "users.csv")


def test_columns_that_are_missing_are_named(tmp_path: Path) -> None:
    (tmp_path / "user_engagement.csv").write_text("user_id,value\n")

    with pytest.raises(UsageError, match="lacks the columns post_id, engagement_type, created_at"):
        read_texts(TABLES[-1], tmp_path / "user_engagement.csv")


def test_a_column_may_not_stand_there_twice(tmp_path: Path) -> None:
    (tmp_path / "users.csv").write_text("id,username,id\n")

    with pytest.raises(UsageError, match="has the columns id more than once"):
        read_texts(USERS, tmp_path / "users.csv")


@pytest.mark.parametrize(
    ("column", "values", "dtype"),
    [
        ("id", [1.0, 1.5], "DOUBLE"),
        ("id", [2.0**53], "DOUBLE"),
        ("followers_count", [1.0, float("inf")], "DOUBLE"),
        ("id", [Decimal("1.00")], r"DECIMAL\(\d+,2\)"),
        ("bio", [1.0], "DOUBLE"),
        ("bio", [{"a": 1}], "STRUCT"),
        ("is_active", [1.0], "DOUBLE"),
        ("role", [1], "BIGINT"),
        ("email", [b"x"], "BLOB"),
    ],
)
def test_a_type_that_cannot_be_the_columns_is_refused(
    tmp_path: Path, column: str, values: list[object], dtype: str
) -> None:
    frame = pl.DataFrame({"username": ["a"] * len(values), column: values})
    frame.write_parquet(tmp_path / "users.parquet")

    with pytest.raises(UsageError, match=f"{column} has the type {dtype}.*write it as text"):
        read_texts(USERS, tmp_path / "users.parquet")


def test_integers_moments_with_a_zone_and_columns_without_a_type_are_read(tmp_path: Path) -> None:
    pl.DataFrame(
        {
            "id": [7],
            "username": ["a"],
            "bio": [None],
            "created_at": [datetime(2020, 1, 1, 12, tzinfo=UTC)],
        }
    ).write_parquet(tmp_path / "users.parquet")

    assert read_texts(USERS, tmp_path / "users.parquet").rows() == [
        ("7", "a", None, "2020-01-01 12:00:00+00")
    ]


def test_whole_numbers_that_are_floats_are_read_without_a_point(tmp_path: Path) -> None:
    pl.DataFrame(
        {
            "id": [7.0, 2.0**53 - 1],
            "username": ["a", "b"],
            "followers_count": pl.Series([None, 12.0], dtype=pl.Float32),
            "deleted_at": [1.6e9, None],
            "created_at": [1_600_000_000_123, 1_600_000_000_124],
        }
    ).write_parquet(tmp_path / "users.parquet")

    assert read_texts(USERS, tmp_path / "users.parquet").rows() == [
        ("7", "a", None, "1600000000", "1600000000123"),
        ("9007199254740991", "b", "12", None, "1600000000124"),
    ]


def test_nan_among_whole_numbers_is_no_value(tmp_path: Path) -> None:
    nan = float("nan")
    # The smallest and largest values that a file notes leave NaN out: here they say of some columns
    # that there is one value only.
    pl.DataFrame(
        {
            "id": [7.0, nan, 8.0],
            "username": ["a", "b", "c"],
            "followers_count": pl.Series([nan, 12.0, nan], dtype=pl.Float32),
            "created_at": [nan, 1.6e9, nan],
            "deleted_at": [1.6e9 + 0.25, nan, nan],
        }
    ).write_parquet(tmp_path / "users.parquet")

    assert read_texts(USERS, tmp_path / "users.parquet").rows() == [
        ("7", "a", None, None, "1600000000.25"),
        (None, "b", "12", "1600000000", None),
        ("8", "c", None, None, None),
    ]


def test_integers_may_be_decimals_and_stand_for_texts_and_booleans(tmp_path: Path) -> None:
    pl.DataFrame(
        {
            "id": pl.Series([Decimal(10**20)], dtype=pl.Decimal(38, 0)),
            "username": [7],
            "full_name": pl.Series([Decimal(8)], dtype=pl.Decimal(38, 0)),
            "is_active": pl.Series([1], dtype=pl.UInt8),
            "followers_count": pl.Series([Decimal(9)], dtype=pl.Decimal(9, 0)),
            "created_at": pl.Series([Decimal(1_600_000_000)], dtype=pl.Decimal(38, 0)),
        }
    ).write_parquet(tmp_path / "users.parquet")

    assert read_texts(USERS, tmp_path / "users.parquet").rows() == [
        (f"1{'0' * 20}", "7", "8", "1", "9", "1600000000")
    ]


def test_a_column_without_values_may_be_of_floats(tmp_path: Path) -> None:
    pl.DataFrame({"username": ["a"], "id": pl.Series([None], dtype=pl.Float64)}).write_parquet(
        tmp_path / "users.parquet"
    )

    assert read_texts(USERS, tmp_path / "users.parquet").rows() == [("a", None)]


def test_ids_of_a_csv_that_all_end_in_a_point_and_a_nought_are_integers(tmp_path: Path) -> None:
    path = tmp_path / "comments.csv"
    path.write_text(
        "id,post_id,user_id,parent_id,content,created_at\n"
        "1.0,1.0,1,,1.0,2020-01-01\n2.5,2.0,2,1.0,x,2020-01-01\n"
    )

    assert read_texts(TABLES[2], path).rows() == [
        ("1.0", "1", "1", None, "1.0", "2020-01-01"),
        ("2.5", "2", "2", "1", "x", "2020-01-01"),
    ]


def test_csv_tells_nothing_from_empty_and_keeps_lines_quotes_and_marks(tmp_path: Path) -> None:
    path = tmp_path / "users.csv"
    path.write_bytes('\ufeffid,username,bio\n1,"a ""b""\nc",\n2,é😀,""\n'.encode())

    assert read_texts(USERS, path).rows() == [("1", 'a "b"\nc', None), ("2", "é😀", "")]


def test_a_csv_has_no_null_content(tmp_path: Path) -> None:
    (tmp_path / "posts.csv").write_text("user_id,content,created_at\n1,,2020-01-01\n")

    assert read_texts(TABLES[1], tmp_path / "posts.csv")["content"].to_list() == [""]


def test_a_folder_whose_name_is_a_pattern_is_read(
    tmp_path: Path, healthy: Frames, write_parquet: Callable[[Path, Frames], Path]
) -> None:
    folder = write_parquet(tmp_path / "a[b]*?", healthy)

    assert read_texts(USERS, find_files(folder)["users"]).height == 3


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="nowhere is not a folder"):
        find_files(tmp_path / "nowhere")


def test_files_that_are_not_there_are_named(tmp_path: Path) -> None:
    for name in ("users.csv", "posts.parquet", "comments.csv"):
        (tmp_path / name).touch()

    with pytest.raises(UsageError, match="lacks user_followers, user_engagement"):
        find_files(tmp_path)


@pytest.mark.parametrize("name", ["users.csv.gz", "users.jsonl", "Users.CSV", "users-000.parquet"])
def test_a_file_that_is_nearly_that_of_a_table_is_named(tmp_path: Path, name: str) -> None:
    for present in ("posts.csv", "comments.csv", "user_followers.csv", "user_engagement.csv", name):
        (tmp_path / present).touch()

    with pytest.raises(UsageError, match=rf"lacks users: .*\. {re.escape(repr(name))} is not read"):
        find_files(tmp_path)


def test_a_folder_of_parts_is_no_file_of_a_table(tmp_path: Path) -> None:
    (tmp_path / "users").mkdir()

    with pytest.raises(UsageError, match=r"lacks users, .*\. 'users' is not read"):
        find_files(tmp_path)


def test_two_files_of_one_table_are_refused(
    tmp_path: Path, healthy: Frames, write_parquet: Callable[[Path, Frames], Path]
) -> None:
    write_parquet(tmp_path, healthy)
    (tmp_path / "users.csv").touch()

    with pytest.raises(UsageError, match=r"holds both users\.parquet and users\.csv"):
        find_files(tmp_path)


def test_a_folder_in_place_of_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "users.parquet").mkdir()
    (tmp_path / "users.csv").mkdir()

    for name in ("users.parquet", "users.csv"):
        with pytest.raises(PipelineError, match="cannot read"):
            read_texts(USERS, tmp_path / name)
