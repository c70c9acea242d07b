"""Whatever comes when, and whatever is archived in between: each row is there once, on its side."""

from datetime import date, timedelta
from typing import TypeAlias

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assets.lifecycle.archive import MOST_ROWS, Pace, archive_within
from tests.fixtures.aged_engagement import Aged
from tests.fixtures.platform_rows import scalar

FIRST = date(2023, 10, 28)
DAYS = st.integers(0, 130).map(lambda n: FIRST + timedelta(days=n))
# The first days of months are where mistakes by one show.
EDGES = st.sampled_from([date(2023, 11, 1), date(2023, 12, 1), date(2024, 1, 1), date(2024, 2, 1)])
A_DAY = DAYS | EDGES
Step: TypeAlias = tuple[str, date, int]
STEPS = st.lists(
    st.tuples(st.just("insert"), A_DAY, st.integers(1, 4))
    | st.tuples(st.just("make month"), A_DAY, st.just(0))
    | st.tuples(st.just("archive"), A_DAY, st.sampled_from([0, 2])),
    min_size=3,
    max_size=12,
)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS, last=A_DAY, attachable=st.integers(0, 3))
def test_live_and_archived_rows_are_always_the_rows_there_were(
    aged_trial: Aged, steps: list[Step], last: date, attachable: int
) -> None:
    with aged_trial.connection.transaction(force_rollback=True):
        inserted = sum(count for name, _, count in steps if name == "insert")
        cut_offs = [day for name, day, _ in steps if name == "archive"]
        for step in steps:
            take(aged_trial, step, attachable)
        before = aged_trial.everything()
        pace = Pace(rows_per_statement=2, attachable_rows=attachable)

        archive_within(aged_trial.connection, max([last, *cut_offs]), pace)

        assert len(before) == inserted
        assert aged_trial.everything() == before
        assert aged_trial.misplaced(max([last, *cut_offs])) == []
        assert aged_trial.flaws() == []


def take(aged: Aged, step: Step, attachable: int) -> None:
    name, day, amount = step
    if name == "insert":
        aged.add(str(day), amount)
    elif name == "make month":
        aged.make_month(str(day))
    else:
        pace = Pace(2, amount or MOST_ROWS, attachable)
        report = archive_within(aged.connection, day, pace)
        if not report.is_limited:
            live = "SELECT count(*) FROM user_engagement WHERE created_at < %(day)s"
            assert scalar(aged.connection, live, day=day) == 0
