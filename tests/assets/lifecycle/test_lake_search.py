"""Searching the lake for somebody while runs publish days, and where some of it is damaged."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from assets.lifecycle import lake_search, parquet_erasure
from assets.lifecycle.erasure import Erasure
from assets.lifecycle.erasure_again import AGAIN, erase_again
from assets.lifecycle.lake_erasure import LakeErasure
from assets.lifecycle.lake_search import LakeSearch
from assets.resources.ledger import PartitionLedger
from schema.errors import CorruptPartitionError, PartitionLockedError
from schema.windows import parse_day
from tests.fixtures.erasing import AT, D, erase, events, found
from tests.fixtures.intake import Intake, Source, uuid_of
from tests.fixtures.small_tables import uid

BEFORE = "2024-02-27"
Beside: TypeAlias = Callable[[Callable[[], object], int], None]


@pytest.fixture
def beside(monkeypatch: pytest.MonkeyPatch) -> Beside:
    """Let something happen so often between the listing of files and the reading of them."""

    def happen(work: Callable[[], object], times: int) -> None:
        real, left = parquet_erasure.count_named, iter(range(times))

        def interrupted(*arguments: Any) -> dict[Path, int]:
            if next(left, None) is not None:
                work()
            return real(*arguments)

        monkeypatch.setattr(lake_search, "count_named", interrupted)

    return happen


def lose_files(intake: Intake, table: str, day: str) -> None:
    for path in intake.lake.files(table, [parse_day(day)]):
        path.unlink()


@pytest.mark.fault
@pytest.mark.usefixtures("lives")
def test_files_that_a_run_replaces_meanwhile_are_listed_again(
    guarded: Intake, erasure: Erasure, beside: Beside
) -> None:
    account = found(erasure)
    beside(lambda: guarded.ingest(D), 2)

    partitions = LakeSearch(guarded.lake).find(account.ids).partitions

    assert ("user_engagement", 2) in {(one.table, one.rows) for one in partitions}


@pytest.mark.fault
@pytest.mark.usefixtures("lives")
def test_runs_that_never_cease_to_replace_files_are_waited_for_by_whoever_asked(
    guarded: Intake, erasure: Erasure, beside: Beside
) -> None:
    account = found(erasure)
    beside(lambda: guarded.ingest(D), 100)

    with pytest.raises(PartitionLockedError, match="faster than they can be searched"):
        LakeSearch(guarded.lake).find(account.ids)


@pytest.mark.usefixtures("lives")
def test_a_staged_file_that_its_run_has_published_meanwhile_is_not_abandoned(
    guarded: Intake, erasure: Erasure, beside: Beside
) -> None:
    account = found(erasure)
    folder = guarded.lake.root / "_staging" / "users" / f"date={D}" / "at work"
    folder.mkdir(parents=True)
    staged = folder / "staged.parquet"
    guarded.rows("users", D).write_parquet(staged)
    beside(lambda: staged.unlink(missing_ok=True), 1)

    assert LakeSearch(guarded.lake).abandoned(account.ids) == set()


@pytest.mark.fault
@pytest.mark.usefixtures("lives")
def test_a_day_that_was_published_without_the_account_meanwhile_stays_as_it_is(
    guarded: Intake, erasure: Erasure
) -> None:
    account = found(erasure)
    partitions = LakeSearch(guarded.lake).find(account.ids).partitions
    work = LakeErasure(guarded.lake, PartitionLedger(erasure.postgres))

    assert list(work.erase(partitions, account.ids, run_id="one")) == partitions
    assert list(work.erase(partitions, account.ids, run_id="two")) == []

    assert events(guarded) == [uid("of others")]
    assert work.ledger.unfinished_of("two") == []


@pytest.fixture
def damaged(lives: Source, guarded: Intake) -> Source:
    """A day before has lost a file, which may have held rows of `gone`."""
    lives.add("users", "old friend", created_at=f"{BEFORE} 12:00")
    lives.add("user_engagement", "early", engagement_type="CLICK", created_at=f"{BEFORE} 12:00")
    guarded.ingest(BEFORE)
    for path in guarded.lake.partition_folder("user_engagement", parse_day(BEFORE)).glob(
        "*.parquet"
    ):
        path.unlink()
    return lives


@pytest.mark.fault
def test_a_damaged_day_stops_nothing_but_the_end_and_is_named(
    damaged: Source, guarded: Intake, erasure: Erasure
) -> None:
    account = found(erasure)
    preview = erasure.preview(account)
    assert preview.targets["lake/user_engagement"].rows == 2
    assert [BEFORE in sentence for sentence in preview.unread] == [True]
    token = erasure.begin(account)

    with pytest.raises(CorruptPartitionError, match=f"user_engagement/date={BEFORE}"):
        erasure.go_on(token)

    assert damaged.execute("SELECT 1 FROM users WHERE id = %s", uuid_of("gone")) == []
    assert events(guarded) == [uid("of others")]
    assert erasure.unfinished() == [token]
    guarded.ingest(BEFORE)
    assert [receipt.token for receipt in erase_again(erasure)] == [token, AGAIN]
    assert erasure.unfinished() == []


@pytest.mark.fault
def test_a_damaged_day_that_keeps_one_erasure_open_keeps_up_no_other(
    damaged: Source, guarded: Intake, erasure: Erasure
) -> None:
    tokens = sorted(erasure.begin(found(erasure, name)) for name in ("gone", "old friend"))

    with pytest.raises(CorruptPartitionError, match=BEFORE):
        list(erase_again(erasure))

    assert erasure.unfinished() == tokens
    assert (
        damaged.execute(
            "SELECT 1 FROM users WHERE id = ANY(%s)", [uuid_of("gone"), uuid_of("old friend")]
        )
        == []
    )
    assert guarded.lake.files("users", [parse_day(BEFORE)]) == []


@pytest.mark.fault
def test_a_sweep_names_a_damaged_day_when_the_rest_is_done(
    lives: Source, guarded: Intake, erasure: Erasure
) -> None:
    token = erase(erasure)
    lives.add("users", "newcomer", created_at=AT)
    guarded.ingest(D)
    lose_files(guarded, "users", D)

    again = erase_again(erasure)

    assert next(again).token == AGAIN
    with pytest.raises(CorruptPartitionError, match=f"users/date={D}"):
        next(again)
    assert erasure.tombstones.tokens() == [token]
