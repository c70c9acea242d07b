from datetime import UTC, date, datetime, timedelta

import pytest

from assets.ingestion.retention import refuse_unexplained_loss
from assets.resources.manifest import DataFile, Extraction, Manifest
from schema.errors import UnexplainedLossError

D = date(2024, 2, 29)
TWO_DAYS_LATER = datetime(2024, 3, 2, tzinfo=UTC)
MOMENT = timedelta(microseconds=1)


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
