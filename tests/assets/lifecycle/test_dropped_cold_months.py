import json

import pytest

from assets.resources.cold_manifest import dropped_files
from schema.errors import CorruptPartitionError
from tests.fixtures.cold import (
    FEBRUARY,
    JANUARY,
    ColdPlatform,
    archive_late,
    archived_rows,
    evidence,
    flip_a_byte,
    rows_of,
)
from tests.fixtures.intake import uuid_of


def test_late_rows_of_a_dropped_month_are_added_to_what_it_has(two_months: ColdPlatform) -> None:
    two_months.copy()
    before = archived_rows(two_months)
    two_months.drop()
    two_months.source.add("posts", "another", user_id="author")
    two_months.source.execute(
        "CREATE TABLE user_engagement_archive_2024_01 PARTITION OF user_engagement_archive "
        "FOR VALUES FROM ('2024-01-01') TO ('2024-02-01')"
    )
    for post in ("another", "old post"):
        two_months.source.execute(
            "INSERT INTO user_engagement_archive (user_id, post_id, engagement_type, created_at)"
            " VALUES (%s, %s, 'SAVE', '2024-01-20')",
            uuid_of("somebody"),
            uuid_of(post),
        )
        assert two_months.copy() == [JANUARY]

    late = archived_rows(two_months)
    both = rows_of(two_months) + rows_of(two_months, FEBRUARY)
    assert sorted(both) == sorted(before + late)
    assert len(late) == 2
    assert two_months.drop() == [JANUARY]
    assert sorted(rows_of(two_months) + rows_of(two_months, FEBRUARY)) == sorted(both)
    assert evidence(two_months) == []


@pytest.mark.parametrize("left", [0, 1])
def test_late_rows_that_are_taken_back_leave_the_store_with_the_next_copy(
    two_months: ColdPlatform, left: int
) -> None:
    two_months.copy()
    before = rows_of(two_months)
    two_months.drop()
    archive_late(two_months, "late")
    archive_late(two_months, "later", "author")
    two_months.copy()

    two_months.source.execute(
        "DELETE FROM user_engagement_archive WHERE id = %s OR %s = 0", uuid_of("later"), left
    )

    assert two_months.copy() == [JANUARY]
    assert two_months.copy() == []
    assert sorted(rows_of(two_months)) == sorted(before + archived_rows(two_months))
    assert len(rows_of(two_months)) == 3 + left
    assert evidence(two_months) == []


def test_a_manifest_that_does_not_tell_which_files_were_dropped_means_all(
    two_months: ColdPlatform,
) -> None:
    two_months.copy()
    path = two_months.store.month_folder(JANUARY) / "manifest.json"
    facts = json.loads(path.read_text())
    del facts["dropped"]
    path.write_text(json.dumps(facts))

    signed = two_months.store.signed_manifest(JANUARY)

    assert signed is not None
    assert signed[0].rows == 3
    assert dropped_files(signed, "another digest") == signed[0].files
    assert dropped_files(signed, None) == []


def test_a_damaged_month_that_was_dropped_is_not_written_over(two_months: ColdPlatform) -> None:
    two_months.copy()
    two_months.drop()
    flip_a_byte(two_months.paths()[0])
    two_months.source.execute(
        "CREATE TABLE again PARTITION OF user_engagement_archive "
        "FOR VALUES FROM ('2024-01-01') TO ('2024-02-01')"
    )
    two_months.source.execute(
        "INSERT INTO user_engagement_archive (user_id, post_id, engagement_type, created_at)"
        " VALUES (%s, %s, 'SAVE', '2024-01-20')",
        uuid_of("somebody"),
        uuid_of("old post"),
    )

    with pytest.raises(CorruptPartitionError, match="other bytes than were written"):
        two_months.copy()
    assert two_months.manifest().rows == 3
