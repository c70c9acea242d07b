from pathlib import Path

import polars as pl
import pytest

from assets.lifecycle.parquet_erasure import count_named, distinct_ids, owned_ids
from assets.resources.ids_of_kinds import ids_of
from schema.erasure import IdKind
from tests.fixtures.small_tables import uid

ACCOUNTS = {"user_id": IdKind.USERS}


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
