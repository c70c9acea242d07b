from datetime import UTC, date, datetime, timedelta

import dagster as dg
from hypothesis import given
from hypothesis import strategies as st

from pipelines.past_runs import PastRun
from pipelines.repair.attempts import (
    MOST_ATTEMPTS,
    REPAIR_SENSOR,
    WAITS,
    Attempt,
    is_given_up,
    is_taken,
    next_attempt,
)
from schema.windows import DayRange

NOW = datetime(2024, 3, 10, 9, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
FAILED, DONE = dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.SUCCESS
STARTED = dg.DagsterRunStatus.STARTED


def day(number: int) -> date:
    return date(2024, 3, number)


def days(first: int, last: int | None = None) -> DayRange:
    return DayRange(day(first), day(last or first))


def run(
    of: DayRange,
    *,
    ended: datetime = NOW - 24 * HOUR,
    status: dg.DagsterRunStatus = FAILED,
    is_repair: bool = False,
    run_id: str = "id",
) -> PastRun:
    tags = {"dagster/sensor_name": REPAIR_SENSOR} if is_repair else {}
    return PastRun(run_id, "daily", status, of, ended, ended, tags=tags)


def asked(missing: list[int], runs: list[PastRun], now: datetime = NOW) -> DayRange | None:
    attempt = next_attempt("daily", list(map(day, missing)), runs, now)
    return attempt.days if attempt else None


def test_untried_consecutive_days_are_one_run_the_oldest_first() -> None:
    assert asked([2, 3, 4, 6, 7], []) == days(2, 4)


def test_a_range_that_failed_is_tried_day_by_day_so_that_one_holds_up_no_other() -> None:
    whole = run(days(2, 4))

    assert asked([2, 3, 4], [whole]) == days(2)
    assert asked([2, 3, 4], [whole, run(days(2), ended=NOW)]) == days(3)
    assert asked([3, 4], [whole, run(days(3), ended=NOW)]) == days(4)


def test_what_failed_is_tried_again_later_each_time_and_not_for_ever() -> None:
    runs: list[PastRun] = []
    now = NOW
    for wait in WAITS:
        runs.append(run(days(2), ended=now))
        assert asked([2], runs, now + wait - timedelta(seconds=1)) is None
        now += wait
        assert asked([2], runs, now) == days(2)
    runs.append(run(days(2), ended=now))

    assert asked([2], runs, now + timedelta(days=365)) is None
    assert is_given_up(day(2), runs)
    assert sorted(WAITS) == list(WAITS)


def test_a_run_that_succeeded_is_no_attempt_unless_it_was_a_repair_that_mended_nothing() -> None:
    lost = [run(days(2), status=DONE)] * 20
    in_vain = [run(days(2), status=DONE, is_repair=True)] * MOST_ATTEMPTS

    assert asked([2], lost) == days(2)
    assert asked([2], in_vain) is None


def test_each_attempt_has_a_key_of_its_own_and_the_same_attempt_the_same() -> None:
    first = next_attempt("daily", [day(2)], [], NOW)
    again = next_attempt("daily", [day(2)], [], NOW + HOUR)
    one = run(days(2), ended=NOW - 2 * HOUR, run_id="one")
    after_one = next_attempt("daily", [day(2)], [one], NOW)
    another = run(days(2), ended=NOW - HOUR, run_id="another")
    after_two = next_attempt("daily", [day(2)], [another, one], NOW)

    assert first is not None
    assert again is not None
    assert after_one is not None
    assert after_two is not None
    assert first.run_key == again.run_key
    assert len({first.run_key, after_one.run_key, after_two.run_key}) == 3


def test_no_key_comes_back_when_an_older_day_is_mended_and_runs_before_its_end_count_no_more() -> (
    None
):
    by_hand = run(days(6), ended=NOW - 72 * HOUR, status=DONE, run_id="by hand, on the day itself")
    just_failed, repair = run(days(2), ended=NOW), run(days(6), run_id="the repair")

    first = next_attempt("daily", [day(2), day(6)], [just_failed, by_hand], NOW)
    second = next_attempt("daily", [day(6)], [repair], NOW)

    assert first is not None
    assert second is not None
    assert first.days == second.days == days(6)
    assert first.run_key != second.run_key


def test_weeks_and_months_are_one_run_each() -> None:
    mondays = [date(2024, 2, 26), date(2024, 3, 4)]

    attempt = next_attempt("weekly", mondays, [], NOW)

    assert attempt is not None
    assert attempt.days == DayRange(mondays[0], mondays[0])


def test_a_run_of_one_partition_has_its_key_and_a_range_has_its_ends() -> None:
    one = Attempt("daily", days(2)).request()
    some = Attempt("daily", days(2, 4), "0a1b").request()

    assert (one.partition_key, one.job_name) == ("2024-03-02", "daily")
    assert (some.partition_key, some.run_key) == (None, "daily 2024-03-02 2024-03-04 after 0a1b")
    assert some.tags == {
        "days": "2024-03-02 to 2024-03-04",
        "dagster/asset_partition_range_start": "2024-03-02",
        "dagster/asset_partition_range_end": "2024-03-04",
    }


def test_days_of_a_run_in_progress_or_of_its_history_are_left_to_it() -> None:
    running = [run(days(5, 8), status=STARTED)]

    assert is_taken(days(8), running, history=0)
    assert not is_taken(days(9), running, history=0)
    assert is_taken(days(9), running, history=1)
    assert is_taken(days(4), running, history=1)
    assert not is_taken(days(3), running, history=1)
    assert not is_taken(days(3), [], history=30)


@given(
    st.sets(st.integers(1, 9), min_size=1),
    st.lists(st.tuples(st.integers(1, 9), st.integers(0, 4), st.integers(0, 48)), max_size=12),
)
def test_whatever_failed_before_only_missing_days_are_asked_for_and_none_given_up(
    missing: set[int], failed: list[tuple[int, int, int]]
) -> None:
    runs = [
        run(DayRange(day(first), day(first + more)), ended=NOW - hours * HOUR)
        for first, more, hours in failed
    ]

    chosen = asked(sorted(missing), runs)

    tries = {d: sum(day(d) in r.days for r in runs if r.days) for d in missing}
    if chosen is None:
        assert all(count > 0 for count in tries.values()), "what was never tried is due"
        return
    numbers = [d.day for d in chosen]
    assert set(numbers) <= missing
    assert all(tries[number] < MOST_ATTEMPTS for number in numbers)
    assert len(numbers) == 1 or all(tries[number] == 0 for number in numbers)
