from datetime import date

import dagster as dg
import pytest

from assets.analytics import written_step
from assets.analytics.write_back import write_user_analytics
from assets.analytics.written_step import WrittenStep
from assets.resources.lake import Lake
from assets.resources.ledger import PartitionLedger
from assets.resources.lineage import Lineage
from assets.resources.publishing import Publisher
from schema.tables.user_engagement import UserEngagement
from schema.windows import DayRange
from tests.fixtures.intake import put
from tests.fixtures.small_tables import event, table

DAYS = DayRange(date(2024, 2, 27), date(2024, 3, 1))
EVENTS = [1, 1, 3, 1]


@pytest.fixture
def step(lake: Lake, ledger: PartitionLedger) -> WrittenStep:
    for day, count in zip(DAYS, EVENTS, strict=True):
        events = [event(f"fan {n}", "VIEW", author="author") for n in range(count)]
        put(lake, "user_engagement", day, table(UserEngagement, events).drop("date"))
    lineage = Lineage(lake, {"user_engagement": 0}, DAYS.first)
    context = dg.build_asset_context()
    return WrittenStep(context, Publisher(lake, ledger), lineage, DAYS, write_user_analytics)


def test_days_that_hold_much_are_published_a_few_at_a_time(
    step: WrittenStep, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(written_step, "MOST_ROWS", 2)

    pieces = [days for days, _ in step.pieces("user_analytics", DAYS, sized_by=["user_engagement"])]

    assert [len(days) for days in pieces] == [2, 1, 1]


def test_each_piece_comes_with_what_its_days_are_computed_from(step: WrittenStep) -> None:
    [(days, computed_from)] = step.pieces("user_analytics", DAYS, sized_by=["user_engagement"])

    assert days == DAYS
    assert computed_from == step.lineage.computations(DAYS)
