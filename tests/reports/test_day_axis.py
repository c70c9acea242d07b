from datetime import date, timedelta

import pytest

from reports.day_axis import steps_of_days

FIRST = date(2024, 2, 26)


@pytest.mark.parametrize(
    ("days", "steps"), [(1, {"dtick": 86_400_000}), (7, {"dtick": 86_400_000}), (8, {}), (90, {})]
)
def test_few_days_have_a_step_each_and_many_have_what_fits(
    days: int, steps: dict[str, int]
) -> None:
    assert steps_of_days(FIRST, FIRST + timedelta(days=days - 1)) == steps
