"""A real page behind its link: it draws, asks for nothing else, and its table is there."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time
from pathlib import Path

import httpx
import pytest

from assets.resources.postgres import Postgres
from reports.creator.publishing import publish_reports
from reports.delivery.kept_choices import KeptChoices
from reports.delivery.links import page_token
from reports.delivery.web import LinkTargets
from tests.fixtures.browser import Visitor
from tests.fixtures.creator_reports import believable
from tests.fixtures.post_office import KEY
from tests.fixtures.web_server import served

pytestmark = pytest.mark.browser
NOWHERE = Postgres("postgresql://postgres@127.0.0.1:1/nothing")


@dataclass(frozen=True)
class Site:
    """Where the application listens, and the page's address."""

    client: httpx.Client
    page: str


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    report = believable(provisional=0)
    publish_reports([report], tmp_path)
    token = page_token(KEY, report.user_id, report.period)
    soon = datetime.combine(report.period.last, time(12), UTC)
    with served(
        LinkTargets(KEY, NOWHERE, tmp_path, KeptChoices(tmp_path), lambda: soon).application()
    ) as client:
        yield Site(client, f"{client.base_url}/reports/{token}/")


def test_a_page_behind_its_link_draws_and_asks_only_for_shared_scripts(
    visitor: Visitor, site: Site
) -> None:
    visit = visitor.visit(site.page, str(site.client.base_url))

    assert visit.wait_for_charts() == "drawn"
    assert (visit.said, visit.refused, visit.dialogs) == ([], [], [])
    assert visit.asked[0] == site.page
    shared = f"{site.client.base_url}/reports/shared/"
    assert [url for url in visit.asked[1:] if not url.startswith(shared)] == []


def test_the_table_beside_the_page_is_the_creator_s_own(visitor: Visitor, site: Site) -> None:
    visit = visitor.visit(site.page, str(site.client.base_url), java_script_enabled=False)
    address = visit.page.locator("a[href='history.csv']").first.evaluate("link => link.href")

    history = site.client.get(address)

    assert history.status_code == 200
    assert history.text.splitlines()[0].split(",")[0] == "date"
