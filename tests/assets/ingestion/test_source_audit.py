from dataclasses import replace
from datetime import date

import pytest

from assets.ingestion.source_audit import AUDITED, Comparison, compare_with_source
from assets.resources.day_changes import DayChange
from assets.resources.manifest import MANIFEST
from assets.resources.row_count import Count
from schema.windows import ONE_DAY, DayRange
from tests.fixtures.intake import Intake, Source

D = date(2024, 2, 29)
EQUAL = Comparison("posts", D, Count(2, 70), Count(2, 70), noted=None, is_noted=False)
SILENTLY = "SET session_replication_role = replica"
ALOUD = "SET session_replication_role = origin"


def compared(intake: Intake, table: str) -> Comparison:
    found = compare_with_source(intake.postgres, intake.lake, DayRange(D - ONE_DAY, D))
    [comparison] = [one for one in found if (one.table, one.day) == (table, D)]
    return comparison


@pytest.mark.parametrize(
    ("found", "noted", "is_explained"),
    [
        (Count(3, 75), DayChange(D, "posts", 1, 5), True),
        (Count(2, 75), DayChange(D, "posts", 1, 5), False),
        (Count(3, 76), DayChange(D, "posts", 1, 5), False),
        (Count(2, 70), DayChange(D, "posts", 1, 5), False),
        (Count(9, 99), DayChange(D, "posts", 0, None), True),
    ],
)
def test_what_was_noted_explains_exactly_its_difference(
    found: Count, noted: DayChange, *, is_explained: bool
) -> None:
    assert replace(EQUAL, found=found, noted=noted, is_noted=True).is_explained is is_explained


@pytest.mark.parametrize("is_noted", [True, False])
def test_where_notes_are_of_other_tables_any_of_the_day_explains_a_difference(
    *, is_noted: bool
) -> None:
    assert replace(EQUAL, is_noted=is_noted).is_explained
    assert replace(EQUAL, found=Count(3, 75), is_noted=is_noted).is_explained is is_noted


def test_a_late_row_is_explained_and_one_that_came_silently_is_not(
    viewed: Source, intake: Intake
) -> None:
    viewed.add("user_engagement", "late", engagement_type="LIKE", created_at=str(D))
    noted = compared(intake, "user_engagement")
    viewed.execute(SILENTLY)
    viewed.add("user_engagement", "silent", engagement_type="SAVE", created_at=str(D))
    viewed.execute(ALOUD)
    silent = compared(intake, "user_engagement")

    assert (noted.is_equal, noted.is_explained) == (False, True)
    assert (silent.is_equal, silent.is_explained) == (False, False)


def test_neither_a_change_that_was_undone_nor_one_of_another_day_explains_anything(
    viewed: Source, intake: Intake
) -> None:
    viewed.add("user_engagement", "undone", engagement_type="LIKE", created_at=str(D))
    viewed.execute("DELETE FROM user_engagement WHERE engagement_type = 'LIKE'")
    viewed.add("comments", "day before", created_at="2024-02-28")
    viewed.execute(SILENTLY)
    viewed.add("user_followers", "silent", created_at=str(D))
    viewed.execute(ALOUD)

    comparison = compared(intake, "follows")

    assert (comparison.is_equal, comparison.is_explained) == (False, False)


def test_a_partition_without_a_fingerprint_is_compared_by_its_rows(
    viewed: Source, intake: Intake
) -> None:
    published = intake.lake.manifest("user_engagement", D)
    assert published
    assert published.extraction
    facts = replace(published.extraction, fingerprint=None)
    staged = intake.lake.stage(
        "user_engagement", D, [intake.rows("user_engagement", str(D))], fence=published.fence
    )
    intake.lake.publish(staged.extracted(facts))
    same = compared(intake, "user_engagement")
    viewed.execute(SILENTLY)
    viewed.add("user_engagement", "silent", engagement_type="SAVE", created_at=str(D))
    viewed.execute(ALOUD)

    assert (same.is_equal, compared(intake, "user_engagement").is_equal) == (True, False)


@pytest.mark.usefixtures("viewed")
def test_a_manifest_that_cannot_be_read_is_left_to_the_audit_of_the_lake(intake: Intake) -> None:
    (intake.lake.partition_folder("posts", D) / MANIFEST).write_text("{")

    tables = {c.table for c in compare_with_source(intake.postgres, intake.lake, DayRange(D, D))}

    assert tables == {*AUDITED} - {"posts"}
