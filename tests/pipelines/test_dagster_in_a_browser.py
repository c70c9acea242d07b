"""The Dagster UI as somebody sees it who has never seen it: texts that they need, and pictures.

`--screenshots docs/images` renews the pictures of the documentation.
"""

import os
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import psycopg
import pytest
from playwright.sync_api import Page, expect

from assets.quality.reconciliation_checks import NUMBERS_CHECK, TABLES_OF_NUMBERS
from assets.resources.clock import utc_today
from assets.resources.engine import EngineName
from assets.seeding.demo import generate_platform, write_platform
from pipelines.dagster_home import open_instance
from pipelines.definitions import LAKE_TABLES, build_definitions
from pipelines.settings import Settings
from schema.windows import DayRange
from tests.fixtures.browser import Visitor
from tests.fixtures.dagster_ui import DagsterUi, running_dev, wait_for
from tests.fixtures.installation import Copy
from tests.fixtures.listening import free_port

pytestmark = pytest.mark.browser
YESTERDAY = utc_today() - timedelta(days=1)
FIRST = YESTERDAY - timedelta(days=4)
# Run beforehand; the two days after them by a backfill in the UI.
BEFORE = DayRange(FIRST, YESTERDAY - timedelta(days=2))
AFTER = DayRange(YESTERDAY - timedelta(days=1), YESTERDAY)
PATIENCE_MS = 60_000
SCREEN = {"width": 1440, "height": 900}
BACKFILL = """
mutation($params: LaunchBackfillParams!) {
  launchPartitionBackfill(backfillParams: $params) {
    __typename ... on LaunchBackfillSuccess { backfillId } ... on PythonError { message }
  }
}
"""
STATUS = "query($id: String!) { partitionBackfillOrError(backfillId: $id) {"
STATUS += " ... on PartitionBackfill { status error { message } runs(limit: 1) { status } } } }"
TAMPER = """
UPDATE user_analytics SET total_likes = total_likes + 1000
WHERE id = (SELECT id FROM user_analytics WHERE date = %s ORDER BY post_engagements DESC LIMIT 1)
"""


@pytest.fixture(scope="module")
def settings(lasting_copies: Copy, migrated_template: str) -> Settings:
    """A small platform whose first days were run."""
    installation = lasting_copies(migrated_template, EngineName.DUCKDB, FIRST)
    platform = generate_platform(users=60, last_day=YESTERDAY, days=5, seed=7)
    with psycopg.connect(installation.url, options="-c TimeZone=UTC") as session:
        write_platform(session, platform, lambda _table, _rows: None)
    installation.run(str(BEFORE.first), str(BEFORE.last))
    return installation.settings


@pytest.fixture(scope="module")
def dagster_ui(settings: Settings) -> Iterator[DagsterUi]:
    variables = {
        "SOCIALLIVE_HOME": str(settings.home),
        "SOCIALLIVE_DATABASE_URL": str(settings.database_url),
        "SOCIALLIVE_FIRST_DAY": str(FIRST),
    }
    with running_dev(free_port(), variables) as (ui, server):
        yield ui
        os.killpg(server.pid, signal.SIGINT)
        server.communicate(timeout=60)


@pytest.fixture(scope="module")
def backfill(dagster_ui: DagsterUi) -> str:
    """A range of two days, asked for as the UI does."""
    launched = dagster_ui.ask(
        BACKFILL,
        params={
            "assetSelection": [{"path": [table]} for table in LAKE_TABLES],
            "partitionNames": [day.isoformat() for day in AFTER],
        },
    )["launchPartitionBackfill"]
    return str(launched["backfillId"])


@pytest.fixture(scope="module")
def finished_backfill(dagster_ui: DagsterUi, backfill: str) -> str:
    def ended() -> Any:
        said = dagster_ui.ask(STATUS, id=backfill)["partitionBackfillOrError"]
        return said if said["status"] not in {"REQUESTED", "COMPLETING"} else None

    assert wait_for(ended)["status"] == "COMPLETED_SUCCESS", wait_for(ended)
    return backfill


@pytest.fixture(scope="module")
def tampered(settings: Settings, finished_backfill: str) -> None:
    """The overview is written; then somebody changes a number, and its check looks at the week."""
    # In a thread of its own: the browser's event loop runs in this one.
    with ThreadPoolExecutor(1) as thread:
        thread.submit(write_overview_and_tamper, settings).result()


def write_overview_and_tamper(settings: Settings) -> None:
    definitions = build_definitions(settings)
    overview = definitions.resolve_job_def("overview")
    keys = {dg.AssetCheckKey(dg.AssetKey(table), NUMBERS_CHECK) for table in TABLES_OF_NUMBERS}
    check = definitions.resolve_implicit_global_asset_job_def().get_subset(
        asset_selection=set(), asset_check_selection=keys
    )
    with open_instance(settings) as instance:
        assert overview.execute_in_process(instance=instance).success
        with psycopg.connect(str(settings.database_url)) as session:
            session.execute(TAMPER, [YESTERDAY])
        assert not check.execute_in_process(instance=instance, raise_on_error=False).success


Look = Callable[..., Page]


@pytest.fixture
def look(dagster_ui: DagsterUi, visitor: Visitor, screenshots: Path, backfill: str) -> Look:
    """Open a page, wait for texts that a stranger needs, and keep a picture."""

    def at(path: str, picture: str, *texts: str) -> Page:
        url = f"{dagster_ui.url}{path}"
        page = visitor.visit(url, dagster_ui.url, viewport=SCREEN, color_scheme="light").page
        for text in texts:
            expect(page.get_by_text(text).first).to_be_visible(timeout=PATIENCE_MS)
        expect(page.get_by_text("Loading...")).to_have_count(0, timeout=PATIENCE_MS)
        # Icons and states come after the texts.
        page.wait_for_load_state("networkidle", timeout=PATIENCE_MS)
        page.screenshot(path=screenshots / f"dagster-{picture}.png", animations="disabled")
        return page

    return at


def test_an_asset_explains_itself(look: Look, finished_backfill: str) -> None:
    look(
        "/assets/user_analytics?view=overview",
        "asset",
        str(AFTER.last),
        "Daily numbers of each creator, in the lake and in PostgreSQL.",
        "one row per (user_id, date)",
        "unique: date, user_id",
        "unit: accounts",
        "distinct viewers on D",
        "Made of user_engagement (author_id, engagement_type, source, user_id)",
        "in editor",
        "At 12:30 AM UTC",
    )


def test_an_asset_shows_what_it_comes_from_and_who_reads_it(
    look: Look, finished_backfill: str
) -> None:
    look(
        "/assets/user_analytics?view=lineage",
        "lineage",
        *("user_engagement", "unfollows", "analyst_views", "reports"),
    )


def test_the_graph_shows_groups_that_follow_the_house(look: Look) -> None:
    groups = ("ingestion", "analytics", "ranking", "lifecycle", "reports")
    look("/asset-groups", "graph", *groups)


def test_the_schedule_says_when_the_day_is_run(look: Look) -> None:
    look(
        "/locations/sociallive_analytics/schedules/daily",
        "schedule",
        "At 12:30 AM UTC",
        "daily",
    )


def test_a_backfill_shows_its_range_and_that_it_is_done(look: Look, finished_backfill: str) -> None:
    look(
        f"/runs/b/{finished_backfill}",
        "backfill",
        *(f"{AFTER.first}...{AFTER.last}", "Succeeded", "100% completed", "user_analytics"),
    )


def test_the_checks_of_an_asset_say_what_they_promise(look: Look, finished_backfill: str) -> None:
    look(
        "/assets/user_analytics?view=checks&checkDetail=contract_and_files",
        "checks",
        "contract_and_files",
        "fits the table's contract",
        "rows_accepted",
        "freshness",
    )


def test_a_failed_check_says_what_differs_and_what_to_do(look: Look, tampered: None) -> None:
    look(
        "/assets/user_analytics?view=checks&checkDetail=published_numbers",
        "failed-check",
        "agree to the last unit",
        "what_next",
        f"sociallive run --date {YESTERDAY}",
        "failed_days",
    )


def test_the_overview_shows_what_changed_with_a_picture_of_each_figure(
    look: Look, tampered: None, screenshots: Path
) -> None:
    page = look("/assets/platform_overview?view=overview", "overview", "what_changed")
    page.get_by_text("[Show Markdown]").first.click()
    dialog = page.get_by_role("dialog")

    expect(dialog.get_by_text("Daily active users")).to_be_visible()
    expect(dialog.locator("img")).to_have_count(8)
    dialog.screenshot(path=screenshots / "dagster-overview.png", animations="disabled")
