"""The overview of a platform whose days were run, against the tables in PostgreSQL."""

import json
import re
from datetime import date, timedelta
from decimal import Decimal
from itertools import chain
from pathlib import Path

import dagster as dg
import polars as pl
import pytest

from assets.resources.engine import EngineName, open_engine
from assets.resources.postgres import Postgres
from assets.resources.published import Published
from pipelines.definitions import build_definitions
from reports.overview.facts import CHECKS, DayState
from reports.overview.gathering import choose_days
from reports.overview.publishing import WrittenOverview, publish_overview
from reports.overview.words import NOTHING
from schema.windows import DayRange
from tests.fixtures.html_tables import tables_in
from tests.fixtures.installation import RECENT, Copy, Installation, Rows
from tests.fixtures.overview_facts import frame_of

FIRST, LAST = date(2024, 2, 29), date(2024, 3, 1)
# Days that nobody ran lie before and after.
DAYS = DayRange(date(2024, 2, 28), date(2024, 3, 2))
TODAY = date(2024, 3, 3)
RESTATED = """
    INSERT INTO pipeline.restatements (
        table_name, date, metric_name, user_id, tags, old_value, new_value, reasons, was_final,
        run_id
    ) VALUES
        ('system_metrics', %(day)s, 'new_users', NULL, '{}', 2, 3, ARRAY['late'], TRUE, 'run'),
        (
            'user_analytics', %(day)s, 'total_likes', %(user)s, NULL, 0, 1, ARRAY['late'], FALSE,
            'run'
        ),
        (
            'user_analytics', %(day)s, 'total_likes', %(user)s, NULL, 1, 2, ARRAY['late'], FALSE,
            'run'
        )
"""
UNSETTLED = """
    UPDATE pipeline.partition_ledger SET is_final = FALSE
    WHERE table_name = 'posts' AND partition_date = %s
"""


@pytest.fixture(scope="module")
def installation(lasting_copies: Copy, recent_template: str) -> Installation:
    """A platform with a provisional day and restated numbers."""
    installed = lasting_copies(recent_template, EngineName.DUCKDB, RECENT)
    installed.run(str(FIRST), str(LAST))
    [(user,)] = installed.rows("SELECT id FROM users ORDER BY id LIMIT 1")
    installed.execute(RESTATED, {"day": FIRST, "user": user})
    installed.execute(UNSETTLED, [LAST])
    return installed


@pytest.fixture(scope="module")
def written(
    installation: Installation, tmp_path_factory: pytest.TempPathFactory
) -> WrittenOverview:
    return write(installation, DAYS, tmp_path_factory.mktemp("out"))


def write(installation: Installation, days: DayRange, folder: Path) -> WrittenOverview:
    published = Published(installation.lake, open_engine(installation.settings.engine))
    return publish_overview(
        published, Postgres(installation.url), days, frame_of(CHECKS, []), folder
    )


def metrics_in_postgres(installation: Installation) -> Rows:
    return installation.rows(
        "SELECT timestamp::date, metric_name, tags::text, metric_value FROM system_metrics "
        "WHERE timestamp >= %s AND timestamp <= %s ORDER BY 1, 2, 3",
        [DAYS.first, DAYS.last],
    )


def test_all_metrics_are_exported_as_postgresql_has_them(
    installation: Installation, written: WrittenOverview
) -> None:
    folder = written.page.parent
    expected = metrics_in_postgres(installation)

    as_parquet = pl.read_parquet(folder / "system_metrics.parquet").rows()
    as_csv = pl.read_csv(folder / "system_metrics.csv", infer_schema=False).rows()
    assert len(expected) > 100
    assert sorted(as_parquet) == sorted(expected)
    assert sorted(as_csv) == sorted(tuple(str(cell) for cell in row) for row in expected)


def test_every_number_of_the_page_is_the_one_in_postgresql(
    installation: Installation, written: WrittenOverview
) -> None:
    values = {(row[0], row[1], row[2]): row[3] for row in metrics_in_postgres(installation)}
    shown = tables_in(written.page.read_text())
    tagged = {
        "engagement_events": ("engagement_events", "type"),
        "moderation_pending": ("moderation_pending", "content_type"),
        "moderation_decided": ("moderation_decided", "content_type"),
        "moderation_hours": ("moderation_hours_median", "content_type"),
        "media_uploads": ("media_uploads", "status"),
        "user_lifecycle": ("user_lifecycle", "state"),
        "ingested_rows": ("ingest_rows", "table"),
    }
    untagged = {
        "active_users": ["monthly_active_users", "weekly_active_users", "daily_active_users"],
        "stickiness": ["stickiness"],
        "new_users": ["new_users"],
        "follows": ["follows", "unfollows"],
        "engagement_rate": ["engagement_rate"],
        "exposure_gini": ["exposure_gini"],
        "response_hours": ["response_hours_median"],
        "media_bytes": ["media_bytes"],
        "sessions": ["active_sessions", "new_sessions"],
    }
    compared = 0
    for table, (metric, key) in tagged.items():
        frame = pl.read_parquet(written.page.parent / f"{table}.parquet")
        sources = [(metric, json.dumps({key: column})) for column in frame.columns[1:]]
        compared += compare(shown[table], sources, values)
    for table, metrics in untagged.items():
        compared += compare(shown[table], [(metric, "{}") for metric in metrics], values)
    assert compared > 70


def compare(
    shown: list[list[str]],
    sources: list[tuple[str, str]],
    values: dict[tuple[date, str, str], Decimal],
) -> int:
    """Compare each cell; returns how many had a number."""
    there = 0
    for day, *cells in shown[1:]:
        for cell, (metric, tags) in zip(cells, sources, strict=True):
            value = values.get((date.fromisoformat(day.split()[0]), metric, tags))
            assert parsed(cell) == value, (day, metric, tags)
            there += value is not None
    return there


def parsed(cell: str) -> Decimal | None:
    if cell == NOTHING:
        return None
    if cell.endswith("%"):
        return Decimal(cell[:-2].replace(",", "")) / 100
    return Decimal(cell.replace(",", ""))


def test_every_table_of_the_page_is_whole_in_both_files(written: WrittenOverview) -> None:
    shown = tables_in(written.page.read_text())

    assert len(shown) > 20
    for name, rows in shown.items():
        as_parquet = pl.read_parquet(written.page.parent / f"{name}.parquet")
        as_csv = pl.read_csv(written.page.parent / f"{name}.csv", infer_schema=False)
        assert as_csv.columns == as_parquet.columns
        assert as_csv.height == as_parquet.height >= len(rows) - 1
        for given, exact in zip(
            chain.from_iterable(as_csv.rows()), chain.from_iterable(as_parquet.rows()), strict=True
        ):
            assert (given is None) == (exact is None)
            if isinstance(exact, Decimal | int | str) and not isinstance(exact, bool):
                assert given == str(exact)


def test_days_are_final_provisional_or_missing(written: WrittenOverview) -> None:
    facts = written.facts

    assert facts.days_in(DayState.FINAL) == [FIRST]
    assert facts.days_in(DayState.PROVISIONAL) == [LAST]
    assert facts.days_in(DayState.MISSING) == [DAYS.first, DAYS.last]


def test_changes_of_numbers_are_told_and_of_creators_only_how_many(
    written: WrittenOverview, installation: Installation
) -> None:
    page = written.page.read_text()
    shown = tables_in(page)

    said = f"3 changes of published numbers of 1 day ({FIRST}; late: 3), 1 of them after"
    assert said in page
    assert shown["restated_metrics"][1][:6] == [str(FIRST), "new_users", "{}", "2", "3", "late"]
    assert [row[1:6] for row in shown["restatements"][1:]] == [
        ["user_analytics", "total_likes", "late", "2", "0"],
        ["system_metrics", "new_users", "late", "1", "1"],
    ]
    for (name,) in installation.rows("SELECT username FROM users LIMIT 20"):
        assert f">{name}<" not in page


def test_popular_posts_are_those_of_the_newest_day(
    written: WrittenOverview, installation: Installation
) -> None:
    posts = pl.read_parquet(written.page.parent / "popular_posts.parquet")
    files = installation.lake.files("popular_posts", [LAST])
    ranked = pl.concat([pl.read_parquet(file) for file in files]).sort("rank")

    assert posts["date"].unique().to_list() == [LAST]
    assert posts["post_id"].str.replace_all("-", "").to_list() == [
        post.hex() for post in ranked["post_id"]
    ]
    assert posts["engagement_score"].to_list() == ranked["engagement_score"].to_list()


def test_the_cohorts_leave_out_what_is_small_and_what_is_not_whole(
    installation: Installation, written: WrittenOverview
) -> None:
    # The weeks from Monday, 26 February 2024 on: none of them has ended.
    assert written.facts.cohorts.is_empty()
    assert written.facts.small_cohorts == 0


def test_the_days_chosen_are_the_newest_ninety_that_have_numbers(
    installation: Installation,
) -> None:
    lake = installation.lake

    assert choose_days(lake, None, None, today=TODAY) == DayRange(FIRST, LAST)
    assert choose_days(lake, None, FIRST, today=TODAY) == DayRange(FIRST, FIRST)
    assert choose_days(lake, DAYS.first, None, today=TODAY) == DayRange(DAYS.first, LAST)


def test_without_any_day_the_page_says_what_to_do_and_every_table_is_empty(
    installation: Installation, tmp_path: Path
) -> None:
    before = DayRange(RECENT - timedelta(days=10), RECENT - timedelta(days=9))
    written = write(installation, before, tmp_path)

    assert "There is nothing to show yet" in written.page.read_text()
    assert pl.read_parquet(tmp_path / "system_metrics.parquet").is_empty()
    assert pl.read_csv(tmp_path / "popular_posts.csv", infer_schema=False).is_empty()


def test_the_job_writes_the_page_and_shows_what_changed_with_a_picture_of_each_figure(
    installation: Installation,
) -> None:
    definitions = build_definitions(installation.settings)
    with dg.DagsterInstance.ephemeral() as instance:
        done = definitions.resolve_job_def("overview").execute_in_process(instance=instance)

    (event,) = done.asset_materializations_for_node("platform_overview")
    told = event.metadata
    page = installation.settings.reports / "overview" / "index.html"
    assert told["page"].value == str(page)
    assert page.exists()
    assert told["days"].value == f"{FIRST} to {LAST}"
    assert told["provisional_days"].value == 1
    [active] = installation.rows(
        "SELECT metric_value FROM system_metrics WHERE metric_name = 'daily_active_users' "
        "AND timestamp = %s",
        [LAST],
    )
    table = str(told["what_changed"].value)
    assert f"| Daily active users | {active[0]:,.0f} |" in table
    lines = table.splitlines()
    assert all("](data:image/png;base64,iVBORw0KGgo" in line for line in lines[2:])
    assert {line.count("|") for line in lines} == {5}
    assert len(table) < 40_000
    assert re.fullmatch(
        rf"{LAST}, (final|provisional); \d+ changes of its published numbers",
        str(told["newest_day"].value),
    )
