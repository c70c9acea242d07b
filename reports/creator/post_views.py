"""A creator's top posts as their report shows them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

from reports.creator.model import EqualAge, TopPost
from reports.creator.range_plot import draw_range
from reports.creator.words import TYPE_NAMES, amount, counted, elapsed, exact, full_day, listed
from reports.user_text import is_blank, one_line

EXCERPT = 280
MEDIA = {"IMAGE": "image", "VIDEO": "video", "AUDIO": "audio", "DOCUMENT": "document"}
VISIBILITIES = {
    "PUBLIC": "public",
    "PRIVATE": "only you",
    "FOLLOWERS_ONLY": "followers only",
    "UNLISTED": "unlisted",
}
RANKED_AMONG = "of the popular posts"


@dataclass(frozen=True, slots=True)
class AgeView:
    """A post beside earlier ones of the same age, in words and as a strip."""

    verdict: str
    words: str
    strip: str


@dataclass(frozen=True, slots=True)
class PostView:
    """One post; `excerpt` is what its author wrote: hostile, and None where `instead` is said."""

    excerpt: str | None
    instead: str
    posted: str
    machine_time: str
    facts: Sequence[str]
    impressions: str
    engagements: str
    by_type: str
    score: str | None
    interval: str | None
    receipt: Sequence[tuple[str, str]]
    rank: str | None
    movement: str | None
    age: AgeView | None


def view_post(post: TopPost) -> PostView:
    """Everything that is said about a post."""
    excerpt = None if post.text is None else one_line(post.text, EXCERPT)
    return PostView(
        excerpt=None if excerpt is None or is_blank(excerpt) else excerpt,
        instead="This post was deleted" if post.is_deleted else "A post without text",
        posted=_moment(post.created_at),
        machine_time=post.created_at.isoformat(),
        facts=_facts(post),
        impressions=f"{post.impressions:,}",
        engagements=f"{post.total:,}",
        by_type=_by_type(post),
        score=None if post.score is None else f"{post.score:,.2f}",
        interval=_interval(post),
        receipt=[(words, amount(part)) for words, part in post.receipt if part],
        rank=None if post.rank is None else f"No. {post.rank:,} {RANKED_AMONG}",
        movement=None if post.rank is None else _movement(post.rank_change),
        age=None if post.equal_age is None else _age(post.equal_age),
    )


def _moment(moment: datetime) -> str:
    return f"{full_day(moment.date())}, {moment:%H:%M} UTC"


def _facts(post: TopPost) -> list[str]:
    facts = [MEDIA.get(post.media_type or "", "text"), VISIBILITIES.get(post.visibility, "")]
    return [fact for fact in facts if fact] + (["deleted since"] if post.is_deleted else [])


def _by_type(post: TopPost) -> str:
    told = [
        counted(count, kind.lower(), TYPE_NAMES[kind].lower())
        for kind, count in post.engagements.items()
        if count
    ]
    return listed(told) if told else "no engagement in these days"


def _interval(post: TopPost) -> str | None:
    if post.interval is None:
        return None
    lower, upper = (exact(Fraction(end), 0) for end in post.interval)
    return f"{lower} to {upper} in 8 of 10 cases"


def _movement(change: int | None) -> str:
    if change is None:
        return "new: not among them the day before"
    if not change:
        return "where it was the day before"
    return f"{'up' if change > 0 else 'down'} {counted(abs(change), 'place')} since the day before"


def _age(age: EqualAge) -> AgeView:
    number = Fraction(age.engagements)
    lower, upper = exact(age.lower_quartile), exact(age.upper_quartile)
    quartiles = lower if lower == upper else f"{lower} to {upper}"
    earlier = counted(age.posts, "earlier post")
    return AgeView(
        verdict=_verdict(age),
        words=f"{counted(age.engagements, 'engagement')} after {elapsed(age.hours)}; "
        f"half of your {earlier} had {quartiles} by then",
        strip=draw_range(number, age.lower_quartile, age.median, age.upper_quartile),
    )


def _verdict(age: EqualAge) -> str:
    if age.engagements > age.upper_quartile:
        return "Better than usual at this age"
    if age.engagements < age.lower_quartile:
        return "Less than usual at this age"
    return "As usual at this age"
