from datetime import UTC, datetime
from typing import Any

import polars as pl

from reports.creator.platform_facts import RESTATEMENTS
from reports.creator.restatements import net_restatements
from tests.fixtures.small_tables import day, uid

NOON = datetime(2024, 3, 5, 12, tzinfo=UTC)


def change(old: int, new: int, hour: int, **more: Any) -> dict[str, Any]:
    facts = {"user_id": uid("ana"), "date": day(), "metric_name": "total_likes"}
    values = {"old_value": old, "new_value": new, "reasons": ["late"]}
    return facts | values | {"restated_at": NOON.replace(hour=hour)} | more


def netted(*changes: dict[str, Any]) -> list[tuple[Any, ...]]:
    frame = pl.DataFrame(list(changes), schema=RESTATEMENTS, orient="row")
    return net_restatements(frame).drop("user_id").rows()


def test_several_changes_of_a_number_are_told_as_one() -> None:
    rows = netted(
        change(3, 9, 14, reasons=["removed", "late"]),
        change(1, 3, 12),
        change(9, 8, 16, reasons=["moderated"]),
    )

    assert rows == [(day(), "total_likes", 1, 8, ["late", "moderated", "removed"])]


def test_a_number_that_is_what_it_was_is_not_told() -> None:
    assert netted(change(1, 3, 12), change(3, 1, 13)) == []


def test_days_metrics_and_creators_are_told_apart() -> None:
    rows = netted(
        change(1, 2, 12),
        change(1, 3, 12, date=day(-1)),
        change(1, 4, 12, metric_name="profile_views"),
        change(1, 5, 12, user_id=uid("ben")),
    )

    assert [(r[0], r[1], r[3]) for r in rows] == [
        (day(-1), "total_likes", 3),
        (day(), "profile_views", 4),
        (day(), "total_likes", 2),
        (day(), "total_likes", 5),
    ]


def test_nothing_restated_is_nothing() -> None:
    assert netted() == []
