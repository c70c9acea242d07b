from datetime import UTC, date, datetime, timedelta

from assets.quality.late_days import LOOKED_BACK_DAYS, command_for, late_days

MORNING = datetime(2024, 3, 2, 6, 15, tzinfo=UTC)
D = date(2024, 3, 1)


def test_nothing_of_a_new_platform_is_late() -> None:
    assert late_days([], MORNING) == []


def test_yesterday_is_late_from_six_in_the_morning_on() -> None:
    published = [D - timedelta(days=2), D - timedelta(days=1)]

    assert late_days(published, MORNING) == [D]
    assert late_days(published, MORNING.replace(hour=5, minute=59)) == []
    assert late_days([*published, D], MORNING) == []


def test_a_gap_is_late_and_days_before_the_first_are_not() -> None:
    published = [D - timedelta(days=5), D - timedelta(days=1), D]

    late = late_days(published, MORNING)

    assert late == [D - timedelta(days=n) for n in (4, 3, 2)]
    assert command_for(late) == "sociallive run --from 2024-02-26 --to 2024-02-28"


def test_what_is_older_than_a_month_is_left_to_the_audit() -> None:
    late = late_days([D - timedelta(days=400), D], MORNING)

    assert len(late) == LOOKED_BACK_DAYS - 1
    assert late[0] == D - timedelta(days=LOOKED_BACK_DAYS - 1)


def test_a_platform_that_published_today_only_is_not_late() -> None:
    assert late_days([D + timedelta(days=1)], MORNING) == []
