"""Numbers of a report in words: short enough for a mail, and never more than the numbers say."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from reports.creator.comparison import NO_WEEK, count_words
from reports.creator.model import CreatorReport, Milestone, Period, ReportPeriod, TopPost, Usual
from reports.creator.words import WEEKDAYS, elapsed, percent, usual_range
from reports.delivery.plain_line import plain_line

EXCERPT = 90
# The days whose changed numbers a report tells: its own, and as many before.
TOLD_DAYS = {
    Period.DAY: "this day and the one before",
    Period.WEEK: "these seven days and the seven before",
    Period.MONTH: "these four weeks and the four before",
}
# What a mail shows first, with its names for one and for many.
HEADLINES = {
    "post_impressions": ("impression", "impressions"),
    "post_engagements": ("engagement", "engagements"),
    "followers_gained": ("new follower", "new followers"),
    "profile_views": ("profile view", "profile views"),
}
# Those of them that count views.
OF_VIEWS = ("post_impressions", "profile_views")
DETAILS = {
    "total_likes": ("like", "likes"),
    "total_comments": ("comment", "comments"),
    "total_shares": ("share", "shares"),
    "followers_lost": ("follower lost", "followers lost"),
}
# Kinds of milestones that are a day's number, and which.
BEST_DAYS = {
    "best_day_engagements": HEADLINES["post_engagements"],
    "best_day_impressions": HEADLINES["post_impressions"],
}
KINDS = {
    "LIKE": ("like", "likes"),
    "COMMENT": ("comment", "comments"),
    "SHARE": ("share", "shares"),
    "SAVE": ("save", "saves"),
    "CLICK": ("click", "clicks"),
}


@dataclass(frozen=True, slots=True)
class Headline:
    """One number with what is usual, if anything is yet: `trend` is up, down, or level."""

    amount: str
    name: str
    usual: str
    trend: str


def whole(number: int) -> str:
    """A count with thousands apart."""
    return f"{number:,}"


def counted(number: int, names: tuple[str, str]) -> str:
    """A count with its name."""
    return f"{whole(number)} {names[number != 1]}"


def day_words(day: date) -> str:
    """A day as people say it."""
    return f"{day.day} {day:%B %Y}"


def headline_names(report: CreatorReport) -> list[str]:
    """Which numbers a mail shows first: none of views where views are not counted."""
    return [name for name in HEADLINES if report.counts_views or name not in OF_VIEWS]


def headline_rows(report: CreatorReport) -> list[list[Headline]]:
    """The numbers that a mail shows first, two by two, each beside what is usual for the creator.

    Where both are zero, and neither was ever anything else, there is nothing to tell.
    """
    names = headline_names(report)
    pairs = (names[:2], names[2:])
    told = (pair for pair in pairs if any(_was_ever(report, name) for name in pair))
    return [[_headline(report, name) for name in pair] for pair in told]


def _was_ever(report: CreatorReport, name: str) -> bool:
    """Whether a number was not zero in the period, or in what stands or is compared beside it."""
    usual = report.usual.get(name)
    return bool(report.totals[name] or any(report.series[name]) or (usual and usual.highest))


def details(report: CreatorReport) -> list[str]:
    """The other numbers that are not zero, and the engagement rate."""
    told = [counted(report.totals[key], names) for key, names in DETAILS.items()]
    shown = [words for words in told if not words.startswith("0 ")]
    rate = report.engagement_rate
    return shown if rate is None else [*shown, f"engagement rate {percent(rate)}"]


def usual_words(total: int, usual: Usual | None, period: ReportPeriod) -> tuple[str, str]:
    """A number beside the usual one, as on the page, and whether it is up, down or level."""
    if usual is None:
        return NO_WEEK, "level"
    return f"{count_words(total, usual)} ({usual_range(usual, period)})", _trend(total, usual)


def _trend(total: int, usual: Usual) -> str:
    """Up or down only beyond what every week before was like."""
    if usual.lowest <= total <= usual.highest:
        return "level"
    return "up" if total > usual.highest else "down"


def excerpt(post: TopPost) -> str:
    """The beginning of a post on one line, or what it is."""
    line = plain_line(post.text or "", EXCERPT)
    kind = (post.media_type or "post").lower()
    named = f"{kind} of {day_words(post.created_at.date())}"
    # Of a deleted post the text is gone, whether it had one or not.
    return line or (named if post.is_deleted else f"{named}, without text")


def why(post: TopPost) -> str:
    """Why a post stands among the first: against earlier ones, by its score, or by what it got."""
    age = post.equal_age
    if age is not None and age.engagements > age.upper_quartile:
        # Above the upper quartile is above 4 of 6 posts, since it may lie between two of them.
        first = "hour" if age.hours == 1 else elapsed(age.hours)
        return (
            f"{counted(age.engagements, HEADLINES['post_engagements'])} in its first {first}, more "
            f"than most of your {whole(age.posts)} posts before it had by then"
        )
    if post.receipt:
        words, _amount = max(post.receipt, key=lambda part: part[1])
        return f"its score comes most from {words}"
    kind, count = max(post.engagements.items(), key=lambda item: item[1], default=("", 0))
    return f"most of it {counted(count, KINDS[kind])}" if count else "seen, and not yet answered"


def milestones(report: CreatorReport) -> Iterator[str]:
    """What there is to be glad about."""
    for milestone in report.milestones:
        words = _milestone(milestone)
        if words:
            yield words


def restated_words(report: CreatorReport) -> str | None:
    """How many published numbers are others now; None when none is."""
    changed = len(report.restatements)
    if not changed:
        return None
    since = f"changed after {'they were' if changed > 1 else 'it was'} first published"
    days = TOLD_DAYS[report.period.period]
    numbers = counted(changed, ("number", "numbers"))
    return f"{numbers} of {days} {since}"


def published_words(report: CreatorReport) -> str | None:
    """What became of a quiet period's own posts; None without any."""
    created = report.posts_created
    if not created:
        return None
    found = "it" if created == 1 else "them"
    return f"You published {counted(created, ('post', 'posts'))}: people may still find {found}."


def busiest_hours(report: CreatorReport) -> str | None:
    """When the creator's audience is there, in words; None when too few are."""
    if not report.audience.hours:
        return None
    (weekday, hour), _level = max(
        report.audience.hours.items(), key=lambda item: (item[1], -item[0][0], -item[0][1])
    )
    return f"{WEEKDAYS[weekday]}s from {hour:02}:00 UTC"


def _headline(report: CreatorReport, name: str) -> Headline:
    total = report.totals[name]
    usual, trend = "", "level"
    if report.usual:
        usual, trend = usual_words(total, report.usual.get(name), report.period)
    return Headline(whole(total), HEADLINES[name][total != 1], usual, trend)


def _milestone(milestone: Milestone) -> str | None:
    on = f" on {day_words(milestone.day)}" if milestone.day else ""
    if milestone.kind == "followers":
        return f"You reached {whole(milestone.value)} followers{on}"
    names = BEST_DAYS.get(milestone.kind)
    return names and f"Your best day in four weeks: {counted(milestone.value, names)}{on}"
