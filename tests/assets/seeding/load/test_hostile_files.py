"""Files that are made to do harm: what reads them ends in one short sentence, at once."""

import os
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.seeding.load import LoadReport
from assets.seeding.load.columns import TABLES, USER_FOLLOWERS, USERS, Table
from assets.seeding.load.parsing import parse_rows
from assets.seeding.load.reading import find_files, read_texts
from schema.errors import ContractError, PipelineError, UsageError

LONGEST_SENTENCE = 1_500


def write_repeated(path: Path, text: str, rows: int) -> None:
    """A column of one text again and again: it takes as much room as once."""
    again = pa.DictionaryArray.from_arrays(pa.array([0] * rows, pa.int32()), pa.array([text]))
    pq.write_table(pa.table({"username": again}), path)


def test_a_small_file_that_unpacks_to_more_than_memory_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "users.parquet"
    write_repeated(path, "x" * 2**20, 1_000_000)
    assert path.stat().st_size < 100_000

    with pytest.raises(ContractError, match=r"1,000,000 rows take 976\.6 GiB.*load it in parts"):
        read_texts(USERS, path)


def test_a_row_of_nothing_counts_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("assets.seeding.load.reading.most_bytes_of_text", lambda: 2**20)
    path = tmp_path / "users.parquet"
    write_repeated(path, "", 100_000)

    with pytest.raises(ContractError, match="100,000 rows take"):
        read_texts(USERS, path)


def test_a_csv_larger_than_memory_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "users.csv"
    with path.open("wb") as file:
        file.truncate(2**42)  # takes no room on the disk

    with pytest.raises(ContractError, match=r"it takes 4,096\.0 GiB.*load it in parts"):
        read_texts(USERS, path)


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_rows_that_take_more_memory_than_their_text_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.setattr("assets.seeding.load.reading.most_bytes_of_text", lambda: 2**20)
    path = tmp_path / f"user_followers.{kind}"
    follows = pl.DataFrame({"follower_id": ["1"] * 10_000, "following_id": ["2"] * 10_000})
    (follows.write_csv if kind == "csv" else follows.write_parquet)(path)
    assert path.stat().st_size < 2**20

    with pytest.raises(ContractError, match=r"to judge 10,000 of its rows takes.*load it in parts"):
        read_texts(USER_FOLLOWERS, path)


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_a_pipe_in_place_of_a_file_is_refused_and_not_waited_for(tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"users.{kind}"
    os.mkfifo(path)

    with pytest.raises(ContractError, match="a folder, a pipe or a device, and no file"):
        read_texts(USERS, path)


def test_a_device_behind_a_link_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "users.csv"
    path.symlink_to("/dev/zero")

    with pytest.raises(ContractError, match="and no file"):
        read_texts(USERS, path)


def test_a_million_unknown_columns_are_told_in_a_short_sentence(tmp_path: Path) -> None:
    path = tmp_path / "users.csv"
    path.write_text(",".join(["n" * 5_000, *(f"column_{number}" for number in range(200_000))]))

    with pytest.raises(UsageError, match="and 199991 more") as caught:
        read_texts(USERS, path)

    assert len(str(caught.value)) < LONGEST_SENTENCE


def test_a_link_that_leads_nowhere_is_a_missing_file(tmp_path: Path) -> None:
    (tmp_path / "users.csv").symlink_to(tmp_path / "nowhere")

    with pytest.raises(UsageError, match="lacks users"):
        find_files(tmp_path)


def test_dots_in_the_name_of_a_table_lead_nowhere_else(
    tmp_path: Path, healthy: dict[str, object], load: Callable[..., LoadReport]
) -> None:
    load(healthy)

    report = load(tmp_path / "set" / ".." / "set")

    assert {path.name for path in tmp_path.iterdir()} == {"set", "rejects"}
    assert [table.rejected for table in report.tables] == [table.read for table in report.tables]


SPOILERS = [b'"', b"\n", b"\r\n", b",", b"\xef\xbb\xbf", b"\xff\xfe", b"\0", b"\xed\xa0\x80", b"x"]
PIECES = st.one_of(
    st.sampled_from(SPOILERS),
    st.sampled_from(["\u202e", "\u200b", "é", "😀", "1"]).map(str.encode),
    st.binary(max_size=4),
)


def outcome(table: Table, path: Path) -> tuple[str, int, int]:
    """What a file is refused with; or its rows, and how many of them have a verdict."""
    try:
        texts = read_texts(table, path)
    except PipelineError as refusal:
        return str(refusal), 0, 0
    return "", texts.height, parse_rows(table, texts).height


@settings(max_examples=60, derandomize=True)
@given(st.lists(PIECES, max_size=40), st.integers(0, 60))
def test_any_bytes_in_a_csv_are_rows_or_one_refusal(
    tmp_path_factory: pytest.TempPathFactory, pieces: list[bytes], place: int
) -> None:
    whole = b"follower_id,following_id\n1,2\n3,4\n"
    path = tmp_path_factory.mktemp("fuzz") / "user_followers.csv"
    path.write_bytes(whole[:place] + b"".join(pieces) + whole[place:])

    refusal, read, verdicts = outcome(USER_FOLLOWERS, path)

    assert len(refusal) < LONGEST_SENTENCE
    assert "\n" not in refusal
    assert read == verdicts


@settings(max_examples=60, derandomize=True)
@given(st.data())
def test_any_damage_to_a_parquet_is_rows_or_one_refusal(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    path = tmp_path_factory.mktemp("fuzz") / "users.parquet"
    pq.write_table(pa.table({"username": ["ann", "bob"] * 20, "bio": ["x", None] * 20}), path)
    content = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 6))):
        place = data.draw(st.integers(0, len(content) - 1))
        content[place] = data.draw(st.integers(0, 255))
    path.write_bytes(content[: data.draw(st.integers(len(content) // 2, len(content)))])

    refusal, read, verdicts = outcome(USERS, path)

    assert len(refusal) < LONGEST_SENTENCE
    assert "\n" not in refusal
    assert read == verdicts


def test_a_parquet_with_a_name_that_is_not_utf8_is_refused_as_damaged(tmp_path: Path) -> None:
    path = tmp_path / "users.parquet"
    pq.write_table(pa.table({"username": ["ann"], "other": ["x"]}), path, store_schema=False)
    path.write_bytes(path.read_bytes().replace(b"other", b"o\xffher"))

    with pytest.raises(ContractError, match="it is damaged, or no Parquet file at all"):
        read_texts(USERS, path)


ANY_TEXT = st.one_of(
    st.none(),
    st.text(max_size=12),
    st.sampled_from(["NaN", "Infinity", "-inf", "1e400", "0x1F", "9" * 400, "١٢", "\u22121"]),
    st.sampled_from(["0000-01-01", "9999-12-31T23:59:60Z", "294277-01-01", "2020-02-30", "now"]),
    st.sampled_from(["{", "[" * 4_000, '{"a":1e9999}', '"\\ud800"', "null", "[null]", "[[]]"]),
    st.sampled_from(["\u202euser", "\u200b", "a\u0301", "A", "a", "\u0430", "{" + "0" * 32 + "}"]),
)


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
@settings(max_examples=12, derandomize=True)
@given(data=st.data())
def test_any_text_in_any_field_is_a_value_or_a_reason(
    tmp_path_factory: pytest.TempPathFactory, table: Table, data: st.DataObject
) -> None:
    rows = data.draw(st.lists(st.tuples(*[ANY_TEXT] * len(table.columns)), min_size=1, max_size=5))
    path = tmp_path_factory.mktemp("fuzz") / f"{table.name}.parquet"
    columns = dict(zip(table.columns, map(list, zip(*rows, strict=True)), strict=True))
    fields = {name: pa.array(texts, pa.string()) for name, texts in columns.items()}
    pq.write_table(pa.table(fields), path)

    frame = parse_rows(table, read_texts(table, path))

    assert frame.height == len(rows)
    good = frame.filter(frame["reason"].is_null())
    assert good.select(table.required).null_count().sum_horizontal().to_list() == [0]
