"""A day whose engagement was archived is read and audited as if nothing had moved."""

from datetime import date

import pytest

from assets.ingestion.source_audit import compare_with_source
from assets.lifecycle.archive import archive_engagement
from schema.windows import DayRange
from tests.fixtures.intake import Intake, Source
from tests.fixtures.noted_days import forget

DAY = date(2024, 1, 10)


@pytest.mark.parametrize("cut_off", [DAY, date(2024, 1, 11), date(2024, 2, 1)])
def test_an_archived_day_is_read_with_the_same_rows_and_finds_its_recount_equal(
    source: Source, intake: Intake, cut_off: date
) -> None:
    for hour in range(5):
        kind = ("LIKE", "SHARE", "VIEW", "SAVE", "CLICK")[hour]
        at = f"2024-01-10 {hour:02}:30"
        source.add("user_engagement", f"event {hour}", engagement_type=kind, created_at=at)
    forget(source.connection)
    intake.ingest(str(DAY))
    before = intake.rows("user_engagement", str(DAY))

    archive_engagement(intake.postgres, date(2024, 1, 5))
    archive_engagement(intake.postgres, cut_off)

    assert source.execute("SELECT * FROM pipeline.day_changes") == []
    days = DayRange(DAY, DAY)
    compared = list(compare_with_source(intake.postgres, intake.lake, days))
    assert [comparison for comparison in compared if not comparison.is_equal] == []
    intake.ingest(str(DAY))
    assert intake.rows("user_engagement", str(DAY)).sort("id").equals(before.sort("id"))
    assert before.height == 5
