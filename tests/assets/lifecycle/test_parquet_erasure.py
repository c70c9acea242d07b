from collections import Counter
from pathlib import Path

import polars as pl
import pytest

from assets.lifecycle.parquet_erasure import count_named, distinct_ids, owned_ids, rows_kept
from assets.resources.ids_of_kinds import ids_of, together
from schema.erasure import IdKind
from tests.fixtures.small_tables import uid

COLUMNS = {"user_id": IdKind.USERS, "quoted_id": IdKind.POSTS, "sent_by": IdKind.USERS}
ACCOUNTS = {"user_id": IdKind.USERS}
OLD = pl.DataFrame({"user_id": [uid("ann"), uid("bob")]})
NEW = pl.DataFrame({"user_id": [uid("bob")] * 3, "quoted_id": [uid("p"), uid("q"), None]})


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    """A file of an older contract and one of a newer, in a folder whose name is a pattern."""
    folder = tmp_path / "it's [a] h*me"
    folder.mkdir()
    OLD.write_parquet(folder / "old.parquet")
    NEW.write_parquet(folder / "new.parquet")
    return [folder / "old.parquet", folder / "new.parquet"]


@pytest.mark.parametrize("is_newest_first", [False, True])
def test_ids_are_found_in_files_of_any_contract(
    files: list[Path], *, is_newest_first: bool
) -> None:
    ids = together(
        [
            ids_of(IdKind.USERS, pl.Series([uid("ann")])),
            ids_of(IdKind.POSTS, pl.Series([uid("q")])),
        ]
    )
    ordered = files[::-1] if is_newest_first else files

    assert count_named(ordered, COLUMNS, ids) == dict.fromkeys(files, 1)
    assert set(distinct_ids(ordered, COLUMNS).rows()) == {
        *(("users", uid(name)) for name in ("ann", "bob")),
        *(("posts", uid(name)) for name in ("p", "q")),
    }


def test_rows_are_kept_of_a_file_that_lacks_a_column(files: list[Path]) -> None:
    ids = ids_of(IdKind.USERS, pl.Series([uid("ann")]))
    removed: Counter[bytes | None] = Counter()

    kept = rows_kept(files[:1], COLUMNS, ids, counts_for=None, removed=removed)

    assert [batch["user_id"].to_list() for batch in kept] == [[uid("bob")]]
    assert removed == {None: 1}


@pytest.mark.parametrize("folder", ["env=prod", "a[b]c", "sp ace", "quo'te", "st*r"])
def test_the_name_of_a_folder_above_a_file_means_nothing(tmp_path: Path, folder: str) -> None:
    file = tmp_path / folder / "date=2024-02-29" / "file.parquet"
    file.parent.mkdir(parents=True)
    pl.DataFrame(
        {"user_id": [uid("gone"), uid("other")], "id": [uid("a"), uid("b")]}
    ).write_parquet(file)
    gone = pl.Series([uid("gone")])

    assert count_named([file], ACCOUNTS, ids_of(IdKind.USERS, gone)) == {file: 1}
    assert set(distinct_ids([file], ACCOUNTS)["id"]) == {uid("gone"), uid("other")}
    assert owned_ids([file], ("user_id", "id"), gone).to_list() == [uid("a")]


@pytest.fixture
def answers(tmp_path: Path) -> Path:
    """Rows that name the erased account in either column, in none, and nobody at all."""
    ann, bob = uid("ann"), uid("bob")
    rows = {
        "row": [1, 2, 3, 4, 5],
        "user_id": [ann, bob, bob, ann, None],
        "sent_by": [bob, ann, None, None, None],
    }
    pl.DataFrame(rows).write_parquet(tmp_path / "answers.parquet")
    return tmp_path / "answers.parquet"


def test_rows_of_others_stay_also_where_they_name_nobody(answers: Path) -> None:
    ids = ids_of(IdKind.USERS, pl.Series([uid("ann")]))

    kept = rows_kept([answers], COLUMNS, ids, counts_for=None, removed=Counter())

    assert pl.concat(kept)["row"].to_list() == [3, 5]


@pytest.mark.parametrize(
    ("counts_for", "counted"),
    [("user_id", {uid("ann"): 2, uid("bob"): 1}), (None, {None: 3})],
)
def test_every_row_that_goes_is_counted_for_whose_numbers_lose_it(
    answers: Path, counts_for: str | None, counted: dict[bytes | None, int]
) -> None:
    ids = ids_of(IdKind.USERS, pl.Series([uid("ann")]))
    removed: Counter[bytes | None] = Counter()

    for _ in rows_kept([answers], COLUMNS, ids, counts_for=counts_for, removed=removed):
        pass

    assert removed == counted
    assert count_named([answers], COLUMNS, ids) == {answers: 3}
