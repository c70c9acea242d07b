from datetime import UTC, datetime, timedelta

from assets.lifecycle.backup_retention import bases_to_keep, dumps_to_keep

NOW = datetime(2026, 11, 25, 2, tzinfo=UTC)


def daily(days: int) -> list[datetime]:
    """One backup a day, the newest first."""
    return [NOW - timedelta(days=n) for n in range(days)]


def test_of_two_years_of_daily_backups_days_weeks_and_months_are_kept() -> None:
    kept = sorted(dumps_to_keep(daily(730), None, NOW), reverse=True)

    # 25 November 2026 is a Wednesday; Sundays end the weeks before.
    assert [f"{instant:%m-%d}" for instant in kept[:9]] == [
        *("11-25", "11-24", "11-23", "11-22", "11-21", "11-20", "11-19"),
        *("11-15", "11-08"),
    ]
    assert [f"{instant:%Y-%m-%d}" for instant in kept[9:]] == [
        *("2026-10-31", "2026-09-30", "2026-08-31", "2026-07-31", "2026-06-30", "2026-05-31"),
        *("2026-04-30", "2026-03-31", "2026-02-28", "2026-01-31", "2025-12-31"),
    ]


def test_of_one_day_the_newest_is_kept() -> None:
    hours = [NOW - timedelta(minutes=n) for n in range(5)]

    assert dumps_to_keep(hours, None, NOW) == {NOW}


def test_old_backups_stay_when_no_new_ones_are_taken() -> None:
    long_ago = [instant - timedelta(days=3000) for instant in daily(5)]

    assert dumps_to_keep(long_ago, None, NOW) == set(long_ago)


def test_no_dump_of_over_a_year_stays_beside_seven_days_but_the_one_that_was_proven() -> None:
    week = daily(7)
    old = [NOW - timedelta(days=days) for days in (366, 367, 400, 800)]

    assert dumps_to_keep([*week, *old], None, NOW) == {*week, old[0]}
    assert dumps_to_keep([*week, *old], old[2], NOW) == {*week, old[0], old[2]}


def test_the_same_week_or_month_of_the_year_before_is_another_one() -> None:
    a_year_ago = NOW - timedelta(days=364)
    # Wednesdays of week 47, and a Saturday after the older one.
    then = NOW - timedelta(days=7)
    week = [then - timedelta(days=n) for n in range(7)]
    later, earlier = then - timedelta(days=354), then - timedelta(days=364)

    assert a_year_ago in dumps_to_keep([*daily(40), a_year_ago], None, NOW)
    assert dumps_to_keep([*week, later, earlier], None, then) == {*week, later, earlier}


def test_the_newest_that_was_proven_stays_however_many_came_after_it() -> None:
    proven = NOW - timedelta(minutes=90)
    later = [NOW - timedelta(minutes=n) for n in range(60)]

    assert dumps_to_keep([*later, proven], proven, NOW) == {NOW, proven}
    assert bases_to_keep([*later, proven], proven, NOW) == {*later[:2], proven}
    assert bases_to_keep(later, proven, NOW) == set(later[:2])


def test_a_backup_that_a_wrong_clock_dated_in_the_future_costs_no_other_one() -> None:
    future = NOW + timedelta(days=600)

    assert dumps_to_keep([*daily(30), future], None, NOW) == {
        future,
        *dumps_to_keep(daily(30), None, NOW),
    }
    assert bases_to_keep([*daily(2), future], None, NOW) == set(daily(2))
    assert bases_to_keep([NOW, future], None, NOW) == {NOW, future}


def test_a_clock_that_is_a_year_ahead_now_leaves_the_dumps_of_the_last_days() -> None:
    ahead = NOW + timedelta(days=400)

    assert dumps_to_keep([*daily(20), ahead], None, ahead) == {ahead, *daily(6)}


def test_a_clock_that_is_wrong_now_removes_no_dump_of_the_time_after_it() -> None:
    long_ago = NOW - timedelta(days=3000)

    assert dumps_to_keep([long_ago, *daily(30)], None, long_ago) == {long_ago, *daily(30)}
    assert bases_to_keep([long_ago, *daily(2)], None, long_ago) == {long_ago, NOW}
