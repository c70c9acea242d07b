from datetime import timedelta
from decimal import Decimal

import polars as pl

from reports.overview.facts import METRICS
from reports.overview.series import side_by_side, tagged, untagged
from tests.fixtures.overview_facts import LAST, frame_of, last_days, metric

YESTERDAY = LAST - timedelta(days=1)


def test_a_day_without_the_number_is_a_gap_and_no_zero() -> None:
    metrics = frame_of(METRICS, [metric("new_users", LAST, 0), metric("stickiness", LAST, "0.25")])

    wide = side_by_side(metrics, last_days(2), untagged("new_users", "stickiness"))

    assert wide.rows() == [(YESTERDAY, None, None), (LAST, 0, Decimal("0.2500"))]
    assert wide.schema["new_users"] == pl.Int64


def test_a_tagged_metric_has_a_column_for_each_value_known_or_not() -> None:
    metrics = frame_of(
        METRICS,
        [
            metric("media_uploads", LAST, 2, '{"status": "FAILED"}'),
            metric("media_uploads", LAST, 3, '{"status": "STUCK"}'),
            metric("media_uploads", LAST, 4, '{"status": null}'),
        ],
    )

    series = tagged(metrics, "media_uploads", ["COMPLETED", "FAILED"])

    assert list(series) == ["COMPLETED", "FAILED", "STUCK", "unknown"]
    assert side_by_side(metrics, last_days(1), series).rows() == [(LAST, None, 2, 3, 4)]


def test_the_total_of_a_tagged_metric_is_no_tag_of_it() -> None:
    metrics = frame_of(
        METRICS,
        [
            metric("posts_created", LAST, 5),
            metric("posts_created", LAST, 5, '{"media_type": "TEXT"}'),
        ],
    )

    assert list(tagged(metrics, "posts_created", ["TEXT"])) == ["TEXT"]
