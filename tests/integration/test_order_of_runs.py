from collections.abc import Iterable
from typing import Any

import pytest

from assets.resources.engine import EngineName
from schema.windows import DayRange, parse_day
from tests.fixtures.everything import everything
from tests.fixtures.installation import RECENT, Copy, Installation

DAYS = ["2024-02-28", "2024-02-29", "2024-03-01", "2024-03-02"]
RANGE = DayRange(parse_day(DAYS[0]), parse_day(DAYS[-1]))


def run_in_order(installation: Installation, days: Iterable[str]) -> dict[str, list[Any]]:
    for day in days:
        installation.run(day)
    return everything(installation, RANGE)


@pytest.fixture(scope="module")
def one_range(lasting_copies: Copy, recent_template: str) -> Installation:
    installation = lasting_copies(recent_template, EngineName.DUCKDB, RECENT)
    installation.run(DAYS[0], DAYS[-1])
    return installation


def test_a_range_equals_day_by_day(
    recent_installation: Installation, one_range: Installation
) -> None:
    assert run_in_order(recent_installation, DAYS) == everything(one_range, RANGE)


def test_days_in_another_order_give_the_same_tables(
    recent_installation: Installation, one_range: Installation
) -> None:
    order = [DAYS[3], DAYS[0], DAYS[2], DAYS[1]]

    assert run_in_order(recent_installation, order) == everything(one_range, RANGE)


def test_running_again_changes_and_writes_nothing(one_range: Installation) -> None:
    installation = one_range
    before = everything(installation, RANGE)
    versions = "SELECT xmin::text, ctid::text, id FROM {} ORDER BY id"
    tables = ["user_analytics", "system_metrics", "posts"]
    written = [installation.rows(versions.format(table)) for table in tables]

    installation.run(DAYS[0], DAYS[-1])
    installation.run(DAYS[1])

    assert everything(installation, RANGE) == before
    assert [installation.rows(versions.format(table)) for table in tables] == written
