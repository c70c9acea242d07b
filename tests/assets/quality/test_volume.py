from datetime import date, timedelta
from pathlib import Path

import duckdb
import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from assets.quality.volume import judge_volumes
from schema.windows import DayRange
from tests.fixtures.volumes import SCHEMA, D, daily, judge_all, judge_day, weekly

ORACLE = Path(__file__).parents[2] / "oracles" / "volume.sql"
THREE_MONTHS = 90
TODAY = DayRange(D, D)
BUSY = [1000, 1100, 900, 1000, 1050, 950, 1000, 1000]
VIDEO = 50_000_000

seeds = st.integers(0, 2**32 - 1)
some = settings(max_examples=60)


def test_a_day_is_shown_with_the_figures_of_its_weekday() -> None:
    volumes = weekly([100, 200, 300, 401], 250)

    judged = judge_volumes(volumes, TODAY)

    # Deviations from 250: 150, 50, 50, 151. 5.1891 MADs reach below 0, so only nothing is too few.
    assert judged.row(0) == ("posts", D, 250, True, 4, 250.0, 100.0, 1, 1000, "usual")


def test_the_median_of_an_even_number_of_weeks_is_an_exact_half() -> None:
    volumes = weekly([2**50, 2**50, 2**50 + 1, 2**50 + 1], 2**50)

    judged = judge_volumes(volumes, TODAY)

    assert judged["median"].item() == 2**50 + 0.5
    assert judged["mad"].item() == 0.5


@pytest.mark.parametrize(
    ("amount", "verdict"),
    [
        (0, "unusually few"),
        (4_999, "unusually few"),
        (5_000, "usual"),
        (10_000, "usual"),
        (40_000, "usual"),
        (40_001, "unusually many"),
    ],
)
def test_a_steady_busy_day_may_halve_or_grow_fourfold(amount: int, verdict: str) -> None:
    assert judge_day(weekly([10_000] * 8, amount)) == verdict


@pytest.mark.parametrize(
    ("past", "most"),
    [
        # 5 and 100; 36 and twenty roots of it; 5,000 and 5.1891 times 4,000.
        ([5] * 8, 105),
        ([36] * 8, 156),
        ([1_000, 9_000] * 4, 25_756),
    ],
)
def test_the_widest_reason_for_a_difference_decides(past: list[int], most: int) -> None:
    assert judge_day(weekly(past, most)) == "usual"
    assert judge_day(weekly(past, most + 1)) == "unusually many"


def test_nothing_at_all_is_unusual_however_much_a_busy_weekday_varies() -> None:
    varied = [1_000, 9_000] * 4

    assert judge_day(weekly(varied, 1)) == "usual"
    assert judge_day(weekly(varied, 0)) == "unusually few"
    assert judge_day(weekly([99, *varied[1:]], 0)) == "usual"


def test_one_outlier_of_the_past_moves_nothing() -> None:
    assert judge_day(weekly([*BUSY[:7], 1_000_000], 20_000)) == "unusually many"
    assert judge_day(weekly([*BUSY[:7], 0], 0)) == "unusually few"
    assert judge_day(weekly([0, *BUSY[:7]], 20_000)) == "unusually many"


@pytest.mark.parametrize("is_final", [True, None])
def test_a_day_that_may_still_grow_is_not_called_few(is_final: bool | None) -> None:
    assert judge_day(weekly([10_000] * 8, 0, is_final=is_final)) == "unusually few"
    assert judge_day(weekly([10_000] * 8, 0, is_final=False)) == "usual"
    assert judge_day(weekly([10_000] * 8, 10**6, is_final=False)) == "unusually many"


def test_three_weeks_are_too_little_history_and_four_are_enough() -> None:
    assert judge_day(weekly(BUSY[:3], 10**9)) == "too little history"
    assert judge_day(weekly(BUSY[:4], 10**9)) == "unusually many"


def test_days_before_a_series_began_are_no_history() -> None:
    assert judge_day(weekly([0, 0, 0, 0, 0, *BUSY[:3]], 1_000)) == "too little history"
    assert judge_day(weekly([0] * 8, 10**6)) == "too little history"


def test_empty_days_after_a_series_began_are_history() -> None:
    assert judge_day(weekly([7, 0, 0, 0, 0, 0, 0, 0], 1_000)) == "unusually many"


def test_weeks_older_than_eight_and_other_weekdays_do_not_count() -> None:
    old = weekly([10**6] * 5 + [1_000] * 8, 1_000)
    others = old.with_columns(pl.col("date").dt.offset_by("1d"), amount=pl.lit(10**6, pl.Int64))

    judged = judge_volumes(pl.concat([old, others]), TODAY)

    assert judged.select("weeks", "median", "mad").row(0) == (8, 1000.0, 0.0)


def test_series_are_judged_apart() -> None:
    posts = weekly([1_000] * 8, 1_000)
    follows = weekly([10**6] * 8, 1_000, series="follows")

    judged = judge_volumes(pl.concat([posts, follows]), TODAY)

    assert judged.select("series", "verdict").rows() == [
        ("follows", "unusually few"),
        ("posts", "usual"),
    ]


def test_bytes_are_judged_as_large_events() -> None:
    volumes = weekly([3 * VIDEO] * 8, 60 * VIDEO, series="bytes")

    assert judge_day(volumes, event_sizes={"bytes": VIDEO}) == "usual"
    assert judge_day(volumes, event_sizes={"others": VIDEO}) == "unusually many"
    assert judge_day(weekly([VIDEO] * 8, 102 * VIDEO), event_sizes={"posts": VIDEO}) != "usual"


def test_days_without_any_amount_give_no_rows() -> None:
    assert judge_volumes(pl.DataFrame(schema=SCHEMA), TODAY).is_empty()
    assert judge_volumes(weekly(BUSY, 1).filter(pl.col("date") < D), TODAY).is_empty()


@some
@given(st.integers(0, 10**12))
def test_a_constant_series_is_never_unusual(amount: int) -> None:
    assert judge_all(daily([amount] * THREE_MONTHS)) <= {"usual", "too little history"}


@some
@given(st.floats(0, 5), seeds)
def test_a_quiet_platform_is_never_unusual(mean: float, seed: int) -> None:
    amounts = np.random.default_rng(seed).poisson(mean, THREE_MONTHS).tolist()

    assert judge_all(daily(amounts)) <= {"usual", "too little history"}


@some
@given(st.integers(0, 10**6), st.integers(2, 10), seeds)
def test_a_week_with_its_own_rhythm_is_never_unusual(least: int, times: int, seed: int) -> None:
    week = [least] * 5 + [times * least] * 2
    noise = np.random.default_rng(seed).uniform(0.9, 1.1, THREE_MONTHS)
    amounts = [int(week[day % 7] * factor) for day, factor in enumerate(noise)]

    assert judge_all(daily(amounts)) <= {"usual", "too little history"}


@some
@given(st.integers(200, 10**9), st.data())
def test_a_busy_day_with_nothing_or_twentyfold_is_always_unusual(
    least: int, data: st.DataObject
) -> None:
    past = data.draw(st.lists(st.integers(least, 2 * least), min_size=4, max_size=8))

    assert judge_day(weekly(past, 0)) == "unusually few"
    assert judge_day(weekly(past, 20 * max(past))) == "unusually many"


@some
@given(st.lists(st.integers(0, 10**6), max_size=3), st.integers(0, 10**12))
def test_fewer_weeks_than_the_least_are_never_unusual(past: list[int], amount: int) -> None:
    assert judge_day(weekly(past, amount)) == "too little history"


@some
@given(seeds)
def test_the_order_of_rows_changes_nothing(seed: int) -> None:
    volumes = random_volumes(seed)
    days = DayRange(D - timedelta(days=9), D)

    shuffled = judge_volumes(volumes.sample(fraction=1, shuffle=True, seed=seed), days)

    assert_frame_equal(shuffled, judge_volumes(volumes, days))


@some
@given(seeds)
def test_a_range_equals_its_days_one_by_one(seed: int) -> None:
    volumes = random_volumes(seed)
    days = DayRange(D - timedelta(days=9), D)

    singly = pl.concat([judge_volumes(volumes, DayRange(day, day)) for day in days])

    assert_frame_equal(singly.sort("series", "date"), judge_volumes(volumes, days))


@pytest.mark.parametrize("seed", range(20))
def test_verdicts_and_figures_equal_those_of_sql(seed: int) -> None:
    volumes = random_volumes(seed)
    days = DayRange(D - timedelta(days=40), D)

    judged = judge_volumes(volumes, days, event_sizes={"heavy": 1_000})

    assert_frame_equal(
        judged.cast({"verdict": pl.String}),
        by_sql(volumes, days, event_sizes={"heavy": 1_000}),
        check_dtypes=False,
        check_exact=True,
    )
    assert len(set(judged["verdict"])) == 4


def random_volumes(seed: int) -> pl.DataFrame:
    """Series of all sizes with gaps, outages, spikes and days that are not final."""
    rng = np.random.default_rng(seed)
    series = ["busy", "clustered", "heavy", "new", "quiet"]
    means = [5_000, 300, 40_000, 2_000, 2]
    rows: list[tuple[str, date, int, bool | None]] = []
    for name, mean in zip(series, means, strict=True):
        for age in range(40 if name == "new" else THREE_MONTHS):
            factor = rng.choice([1, 1, 1, 1, 1, 1, 0, 30])
            amount = int(rng.negative_binomial(3, 3 / (3 + mean)) * factor)
            is_final = [True, False, None][int(rng.choice(3, p=[0.7, 0.15, 0.15]))]
            rows.append((name, D - timedelta(days=age), amount, is_final))
    kept = rng.uniform(size=len(rows)) < 0.9
    return pl.DataFrame(rows, schema=SCHEMA, orient="row").filter(pl.Series(kept))


def by_sql(volumes: pl.DataFrame, days: DayRange, *, event_sizes: dict[str, int]) -> pl.DataFrame:
    sizes = [event_sizes.get(name, 1) for name in volumes["series"]]
    with duckdb.connect() as connection:
        connection.register("sized", volumes.with_columns(event_size=pl.Series(sizes)).to_arrow())
        connection.register("days", pl.DataFrame({"date": list(days)}).to_arrow())
        connection.execute("CREATE VIEW volumes AS FROM sized")
        answer: pl.DataFrame = connection.sql(ORACLE.read_text(encoding="utf-8")).pl()
    return answer
