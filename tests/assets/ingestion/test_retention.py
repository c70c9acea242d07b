from datetime import UTC, date, datetime, timedelta

import pytest

from assets.ingestion.retention import Retired, refuse_unexplained_loss
from assets.resources.manifest import DataFile, Extraction, Manifest
from schema.errors import UnexplainedLossError

D = date(2024, 2, 29)
TWO_DAYS_LATER = datetime(2024, 3, 2, tzinfo=UTC)
MOMENT = timedelta(microseconds=1)


# Engagement is gone before March, that of January is in the cold store; comments before February.
RETIRED = Retired(
    {"user_engagement": date(2024, 3, 1), "comments": date(2024, 2, 1)},
    frozenset({date(2024, 1, 1)}),
    lost_before=date(2023, 12, 1),
)
READ_FROM_ENGAGEMENT = ("user_engagement", "post_states", "late_accounts")


def reading(rows: int, taken_at: datetime, *, is_settled: bool) -> Manifest:
    files = [DataFile("0.parquet", rows, 1, "digest")]
    facts = Extraction(taken_at, taken_at, "1:1:", is_final=False, is_settled=is_settled)
    return Manifest("user_engagement", D, "load", 1, files, facts)


@pytest.mark.parametrize(
    ("taken_at", "is_settled", "is_refused"),
    [
        (TWO_DAYS_LATER - MOMENT, False, False),
        (TWO_DAYS_LATER, False, True),
        (TWO_DAYS_LATER - MOMENT, True, True),
    ],
)
def test_a_loss_needs_a_reason_once_the_day_was_settled_or_the_day_after_is_over(
    taken_at: datetime, *, is_settled: bool, is_refused: bool
) -> None:
    before = reading(3, taken_at, is_settled=is_settled)
    now = reading(2, taken_at + timedelta(days=1), is_settled=True)

    if not is_refused:
        refuse_unexplained_loss(before, now, [{}])
        return
    with pytest.raises(UnexplainedLossError, match="has lost 1 rows"):
        refuse_unexplained_loss(before, now, [{}])


@pytest.mark.parametrize("table", READ_FROM_ENGAGEMENT)
@pytest.mark.parametrize(
    ("day", "is_retired"),
    [
        (date(2023, 11, 30), True),
        (date(2023, 12, 1), False),
        (date(2023, 12, 31), False),
        (date(2024, 1, 1), True),
        (date(2024, 1, 31), True),
        (date(2024, 2, 1), True),
        (date(2024, 3, 1), False),
    ],
)
def test_engagement_is_gone_but_of_months_that_were_passed_over_with_nothing_to_lose(
    table: str, day: date, *, is_retired: bool
) -> None:
    assert RETIRED.is_retired(table, day) == is_retired
    assert RETIRED.is_cold(table, day) == (day.month == 1)


@pytest.mark.parametrize("table", READ_FROM_ENGAGEMENT)
def test_where_nothing_was_moved_all_engagement_before_the_day_is_gone(table: str) -> None:
    lost = Retired(RETIRED.before, lost_before=date(2024, 3, 1))

    assert lost.is_retired(table, date(2024, 2, 29))
    assert not lost.is_retired(table, date(2024, 3, 1))


def test_other_tables_lose_rows_whatever_the_cold_store_holds() -> None:
    assert RETIRED.is_retired("comments", date(2024, 1, 31))
    assert not RETIRED.is_retired("comments", date(2024, 2, 1))
    assert not RETIRED.is_cold("comments", date(2024, 1, 1))
    assert not RETIRED.is_retired("posts", date(2024, 1, 1))
