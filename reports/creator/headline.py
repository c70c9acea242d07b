"""The numbers at the top of a creator's report, and the sentence that sums them up."""

from collections.abc import Iterator
from dataclasses import dataclass

from reports.creator.comparison import Comparison, compare_count, compare_rate
from reports.creator.model import CreatorReport
from reports.creator.words import NUMBER_NAMES, TIED, counted, full_day, percent
from reports.user_text import is_blank, one_line

NONE = "\N{EN DASH}"
NO_VIEWS = "No views of posts are on record, so that there are no numbers of who saw them."
# Letters of a post that stand for it.
LONGEST_NAME = 70


@dataclass(frozen=True, slots=True)
class Note:
    """A comparison; `figure` and `about` say of which number where the card shows several."""

    comparison: Comparison
    about: str = ""
    figure: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class Card:
    """A headline number; `unit` says what it counts."""

    name: str
    label: str
    value: str
    unit: str
    notes: tuple[Note, ...]
    is_provisional: bool


@dataclass(frozen=True, slots=True)
class BestPost:
    """What a post is called, as its author wrote it where there is a text, and what it got."""

    name: str
    engagements: str


def headline(report: CreatorReport) -> Iterator[Card]:
    """The cards, in the order in which they stand; none of views where views are not counted."""
    if report.counts_views:
        yield _counted(report, "post_impressions", "times your posts were seen")
    yield _counted(report, "post_engagements", "likes, comments, shares, saves, clicks")
    if report.counts_views:
        yield _rate(report)
        yield _counted(report, "profile_views", "each account counted once a day")
    yield _followers(report)


def best_post(report: CreatorReport) -> BestPost | None:
    """The post that got most engagement; None where it got none, or was deleted since."""
    post = next(iter(report.posts), None)
    if post is None or post.is_deleted or not post.total:
        return None
    name = one_line(post.text or "", LONGEST_NAME)
    shown = f"the one of {full_day(post.created_at.date())}" if is_blank(name) else name
    return BestPost(shown, counted(post.total, "engagement").replace(" ", TIED))


def compare(report: CreatorReport, name: str) -> Comparison:
    """One of NUMBERS beside what is usual for it."""
    return compare_count(report.totals[name], report.usual.get(name), report.period)


def summary(report: CreatorReport) -> str:
    """The period in two sentences."""
    totals = report.totals
    got = f"got {counted(totals['post_engagements'], 'engagement')}"
    return (
        f"Your posts {_seen(report)}{got}{_aside(compare(report, 'post_engagements'))}. "
        f"{_follows(totals['followers_gained'], totals['followers_lost'])}."
    )


def _follows(gained: int, lost: int) -> str:
    if not gained:
        went = f"{counted(lost, 'account')} stopped following you"
        return went if lost else "No followers came or went"
    stopped = f", {lost:,} stopped" if lost else ""
    return f"{counted(gained, 'account')} began to follow you{stopped}"


def _seen(report: CreatorReport) -> str:
    """How often; nothing where nobody ever was, or where views are not counted."""
    views, comparison = report.totals["post_impressions"], compare(report, "post_impressions")
    seen = f"were seen {counted(views, 'time')}{_aside(comparison)}, and "
    return seen if report.counts_views and (views or comparison.direction) else ""


def _aside(comparison: Comparison) -> str:
    return f" ({comparison.words})" if comparison.direction else ""


def _counted(report: CreatorReport, name: str, unit: str) -> Card:
    notes = (Note(compare(report, name)),) if report.usual else ()
    value = f"{report.totals[name]:,}"
    return Card(name, NUMBER_NAMES[name], value, unit, notes, not report.is_final)


def _rate(report: CreatorReport) -> Card:
    rate, usual = report.engagement_rate, report.usual
    notes: tuple[Note, ...] = ()
    if rate is not None and usual:
        counts = usual.get("post_impressions"), usual.get("post_engagements")
        notes = (Note(compare_rate(rate, *counts, report.period)),)
    return Card(
        "engagement_rate",
        "Engagement rate",
        NONE if rate is None else percent(rate),
        "engagements per impression" if rate is not None else "there were no impressions",
        notes,
        not report.is_final,
    )


def _followers(report: CreatorReport) -> Card:
    notes = tuple(
        Note(compare(report, name), about, f"{report.totals[name]:,}", name)
        for name, about in (("followers_gained", "gained"), ("followers_lost", "lost"))
    )
    value = f"{report.followers:,}"
    return Card(
        "followers", "Followers", value, "at the end of the period", notes, not report.is_final
    )
