from datetime import datetime
from decimal import Decimal

import narwhals as nw
import pytest

from assets.analytics.platform_metrics import LARGEST_FILE, media_metrics
from assets.analytics.rationals import metric_values
from schema.tables.media_files import MediaFiles
from tests.fixtures.engines import LazyOn
from tests.fixtures.small_tables import Row, at, day, metrics_of_d, table
from tests.fixtures.summaries import collected

END = at(24)


def session(
    *,
    created: datetime,
    expires: datetime,
    revoked_after: datetime | None = None,
    last_used: datetime | None = None,
) -> Row:
    is_active = revoked_after is None
    facts = {"created_at": created, "expires_at": expires, "is_active": is_active}
    return facts | {"last_used_at": revoked_after or last_used}


@pytest.mark.parametrize(
    ("seen", "alive", "new"),
    [
        (session(created=at(1), expires=at(30)), 1, 1),
        (session(created=at(0), expires=at(30)), 1, 1),
        (session(created=at(-1), expires=at(30)), 1, 0),
        (session(created=at(1), expires=END), 0, 1),
        (session(created=at(1), expires=at(99), revoked_after=at(23)), 0, 1),
        (session(created=at(1), expires=at(99), revoked_after=END), 1, 1),
        (session(created=END, expires=at(99)), 0, 0),
    ],
    ids=[
        "lives on",
        "began with the day",
        "began yesterday",
        "expires with the day",
        "was revoked",
        "will be revoked",
        "begins tomorrow",
    ],
)
def test_a_session_is_alive_when_it_outlives_the_day(
    lazy_on: LazyOn, seen: Row, alive: int, new: int
) -> None:
    metrics = metrics_of_d(lazy_on, sessions=[seen])

    assert (metrics["active_sessions"], metrics["new_sessions"]) == (alive, new)


def test_a_revoked_session_that_was_never_used_is_not_alive(lazy_on: LazyOn) -> None:
    never_used = session(created=at(1), expires=at(99)) | {"is_active": False}

    metrics = metrics_of_d(lazy_on, sessions=[never_used])

    assert metrics["active_sessions"] == 0
    assert metrics["new_sessions"] == 1


def test_uploads_are_counted_by_status_and_weighed_together(lazy_on: LazyOn) -> None:
    metrics = metrics_of_d(
        lazy_on,
        media=[
            {"processing_status": "FAILED", "file_size": 7},
            {"processing_status": "FAILED", "file_size": None},
            {"processing_status": "COMPLETED", "file_size": 100},
            {"processing_status": None, "file_size": 1},
            {"processing_status": "COMPLETED", "file_size": 9, "date": day(-1)},
        ],
    )

    assert metrics['media_uploads {"status": "FAILED"}'] == 2
    assert metrics['media_uploads {"status": "COMPLETED"}'] == 1
    assert metrics['media_uploads {"status": null}'] == 1
    assert 'media_uploads {"status": "PENDING"}' not in metrics
    assert metrics["media_bytes"] == 108


@pytest.mark.parametrize(
    ("sizes", "bytes_of_day"),
    [([99_999_999_999, 1], 10**11), ([2**63 - 1, 2**63 - 1], 2 * LARGEST_FILE)],
    ids=["more than the column holds", "more than an integer holds"],
)
def test_no_amount_of_uploads_is_too_large_to_be_computed(
    lazy_on: LazyOn, sizes: list[int], bytes_of_day: int
) -> None:
    uploads = table(MediaFiles, [{"file_size": size} for size in sizes])

    values = collected(metric_values(nw.concat(media_metrics(lazy_on(uploads)))))

    named = dict(values.select("metric_name", "metric_value").iter_rows())
    assert named == {"media_bytes": Decimal(bytes_of_day), "media_uploads": Decimal(2)}


def test_the_pipeline_reports_what_it_read(lazy_on: LazyOn) -> None:
    posts = {"table": "posts", "rows": 12, "lag_us": 1_500_050, "final": 1}
    users = {"table": "users", "rows": 0, "lag_us": -1_500_050, "final": 0}

    metrics = metrics_of_d(lazy_on, ingest=[{"date": day()} | posts, {"date": day()} | users])

    assert metrics['ingest_rows {"table": "posts"}'] == 12
    assert metrics['ingest_lag_seconds {"table": "posts"}'] == 1.5001
    assert metrics['day_final {"table": "posts"}'] == 1
    assert metrics['ingest_rows {"table": "users"}'] == 0
    assert metrics['ingest_lag_seconds {"table": "users"}'] == -1.5001
    assert metrics['day_final {"table": "users"}'] == 0
