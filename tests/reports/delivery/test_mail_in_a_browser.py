"""Mail as a browser shows it: whatever people wrote in it, nothing runs and nothing is loaded."""

from dataclasses import replace
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from uuid import UUID

import pytest

from reports.creator.model import CreatorReport
from reports.delivery.letter import Letter
from tests.fixtures.browser import Visitor
from tests.fixtures.creator_reports import PAYLOADS, huge
from tests.fixtures.mail_reports import QUEUED_AT, post, week_of
from tests.fixtures.post_office import LETTERHEAD

pytestmark = pytest.mark.browser


@pytest.fixture
def page(tmp_path: Path) -> Path:
    """The HTML part of a mail about the worst that people write."""
    posts = [post(number, text=text) for number, text in enumerate(PAYLOADS)]
    report = replace(week_of(UUID(int=7), PAYLOADS[0]), posts=[*posts, posts[0]])
    return html_of(report, tmp_path)


def html_of(report: CreatorReport, folder: Path) -> Path:
    mail = LETTERHEAD.write(Letter(report, "ann@example.org", QUEUED_AT))
    message = message_from_bytes(mail.content, policy=default)
    assert isinstance(message, EmailMessage)
    part = message.get_body(("html",))
    assert part is not None
    path = folder / "mail.html"
    path.write_text(part.get_content(), encoding="utf-8")
    return path


@pytest.mark.parametrize("width", [320, 390, 600])
def test_no_number_is_broken_in_two(visitor: Visitor, tmp_path: Path, width: int) -> None:
    page = html_of(huge(), tmp_path)

    visit = visitor.visit(
        page.as_uri(), page.parent.as_uri(), viewport={"width": width, "height": 800}
    )

    lines = "amounts => amounts.map(amount => amount.getClientRects().length)"
    assert visit.page.locator(".amount").evaluate_all(lines) == [1, 1, 1, 1]


@pytest.mark.parametrize("width", [390, 1_100])
def test_nothing_runs_nothing_is_loaded_and_nothing_is_wider_than_the_screen(
    visitor: Visitor, page: Path, width: int
) -> None:
    visit = visitor.visit(
        page.as_uri(), page.parent.as_uri(), viewport={"width": width, "height": 800}
    )

    assert visit.dialogs == []
    assert [url for url in visit.refused if not url.startswith("cid:")] == []
    assert visit.asked == [page.as_uri()]
    assert visit.page.evaluate("document.documentElement.scrollWidth") <= width
    assert visit.page.locator("script, iframe, form").count() == 0
