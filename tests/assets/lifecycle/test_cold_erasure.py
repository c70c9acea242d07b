from collections.abc import Iterable
from pathlib import Path

import polars as pl
import pytest

from assets.lifecycle.cold_erasure import PARTS, count_in_cold, ids_in_cold
from assets.resources.ids_of_kinds import ids_of
from schema.erasure import IdKind
from schema.errors import CorruptPartitionError
from tests.fixtures.cold import FEBRUARY, JANUARY, ColdPlatform
from tests.fixtures.intake import uuid_of

pytestmark = pytest.mark.fault


def ids_of_posts(*names: str) -> pl.DataFrame:
    ids = pl.Series([uuid_of(name).bytes for name in names], dtype=pl.Binary)
    return ids_of(IdKind.POSTS, ids)


@pytest.fixture
def overtaken(copied: ColdPlatform, monkeypatch: pytest.MonkeyPatch) -> ColdPlatform:
    """Each month is copied anew just after its files were listed, the first time."""
    store = copied.store
    glob, left = Path.glob, {store.month_folder(month): month for month in store.months()}

    def copied_anew_meanwhile(folder: Path, pattern: str) -> Iterable[Path]:
        found = list(glob(folder, pattern))
        if pattern == PARTS and folder in left:
            month = left.pop(folder)
            copied.source.execute(
                "UPDATE user_engagement_archive SET value = value + 1"
                " WHERE date_trunc('month', created_at) = %s",
                month,
            )
            assert copied.copy() == [month]
        return found

    monkeypatch.setattr(Path, "glob", copied_anew_meanwhile)
    return copied


def test_what_is_copied_anew_while_it_is_counted_is_counted_once(overtaken: ColdPlatform) -> None:
    found = count_in_cold(overtaken.store, ids_of_posts("one", "two"))

    [january], [february] = map(overtaken.paths, (JANUARY, FEBRUARY))
    assert found == {january: 1, february: 1}


def test_ids_of_what_is_copied_anew_meanwhile_are_found(overtaken: ColdPlatform) -> None:
    posts = ids_in_cold(overtaken.store).filter(pl.col("kind") == IdKind.POSTS.value)["id"]

    assert set(posts) == {uuid_of("one").bytes, uuid_of("two").bytes}


def test_a_file_that_is_gone_for_good_is_named(copied: ColdPlatform) -> None:
    (path,) = copied.paths(FEBRUARY)
    path.unlink()
    path.symlink_to(path.with_name("gone"))

    with pytest.raises(CorruptPartitionError, match=f"{path}: it is gone, with 1 rows"):
        count_in_cold(copied.store, ids_of_posts("one"))
