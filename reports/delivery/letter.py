"""A creator's report as the texts of a mail: HTML and plain, with the same numbers in both."""

from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any

from css_inline import CSSInliner

from reports.creator.asides import days_before
from reports.creator.comparison import WHY_NO_WEEK
from reports.creator.model import CreatorReport, TopPost
from reports.creator.words import PERIOD_NAMES, span
from reports.delivery.mail_chart import chart_title, chart_words, most_words
from reports.delivery.mail_templates import mail_templates
from reports.delivery.mail_words import (
    HEADLINES,
    busiest_hours,
    counted,
    day_words,
    details,
    excerpt,
    headline_rows,
    milestones,
    published_words,
    restated_words,
    why,
)
from reports.delivery.plain_line import plain_line

MOST_POSTS = 3
LONGEST_NAME = 50
NOBODY = "creator"


@dataclass(frozen=True, slots=True)
class Letter:
    """A report, whom it goes to, and when it was queued: all that its bytes hang on."""

    report: CreatorReport
    email: str = field(repr=False)
    queued_at: datetime

    @property
    def name(self) -> str:
        """The creator's name, harmless on one line."""
        return plain_line(self.report.username, LONGEST_NAME) or NOBODY


@dataclass(frozen=True, slots=True)
class Texts:
    """Both forms of a letter."""

    html: str
    plain: str


def write_texts(
    letter: Letter, *, chart_id: str | None, page_url: str | None, preferences_url: str | None
) -> Texts:
    """Fill the templates; links are ours, everything else is escaped."""
    facts = _facts(letter.report) | {
        "name": letter.name,
        "chart_id": chart_id,
        "page_url": page_url,
        "preferences_url": preferences_url,
    }
    templates = mail_templates("reports", "templates/mail")
    html = templates.get_template("report.html").render(facts)
    text = templates.get_template("report.txt").render(facts)
    return Texts(_inliner().inline(html), text)


def _facts(report: CreatorReport) -> dict[str, Any]:
    rows, others = headline_rows(report), details(report)
    numbers = [f"{headline.amount} {headline.name}" for row in rows for headline in row]
    return {
        "title": f"Your {PERIOD_NAMES[report.period.period]}",
        "preheader": "A quiet time" if report.is_quiet else ", ".join(numbers or others),
        "period_name": PERIOD_NAMES[report.period.period],
        "span": _span(report),
        "followers": counted(report.followers, ("follower", "followers")),
        "is_quiet": report.is_quiet,
        "published": published_words(report),
        "busiest": busiest_hours(report),
        "headline_rows": rows,
        "details": others,
        "is_compared": bool(report.usual),
        "why_no_week": WHY_NO_WEEK,
        "chart_title": chart_title(report),
        "chart_words": chart_words(report),
        "most_words": most_words(report),
        "days_before": days_before(report),
        "milestones": list(milestones(report)),
        "posts": [_post(report, post) for post in report.posts[:MOST_POSTS]],
        "restated": restated_words(report),
    }


def _span(report: CreatorReport) -> str:
    since = report.begins_late
    return span(report.period.days) + (f", counted since {day_words(since)}" if since else "")


def _post(report: CreatorReport, post: TopPost) -> dict[str, Any]:
    numbers = [counted(post.total, HEADLINES["post_engagements"])]
    if report.counts_views:
        numbers.insert(0, counted(post.impressions, HEADLINES["post_impressions"]))
    return {
        "excerpt": excerpt(post),
        "is_deleted": post.is_deleted,
        "numbers": ", ".join(numbers),
        "why": why(post),
    }


@cache
def _inliner() -> CSSInliner:
    """Rules that depend on the reader's screen stay in the head; nothing is ever loaded."""
    return CSSInliner(keep_at_rules=True, load_remote_stylesheets=False)
