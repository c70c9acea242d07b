"""What the overview says about content: what is posted, and what people do with it."""

from collections.abc import Sequence
from datetime import date, timedelta
from fractions import Fraction

from reports.overview.daily import Daily, daily, points_in_words
from reports.overview.facts import DAYS_OF_WEEK, PlatformFacts
from reports.overview.figures import Line
from reports.overview.series import newest, tagged, untagged
from reports.overview.subjects import HOURS, SHARES, Chapter, Subject, bar_charts, line_charts
from reports.overview.tables import daily_table
from reports.overview.words import change_in_words, number, per_cent
from reports.series_colours import AMBER, BLUE, GREEN, GREY, PALETTE, PINK, SKY, VERMILLION
from schema.metrics import TEXT_ONLY
from schema.vocabulary import EngagementType, MediaType

VIEW = EngagementType.VIEW.value
TYPES = [
    VIEW,
    *(kind.value for kind in EngagementType if kind is not EngagementType.VIEW),
]
TYPE_COLOURS = {
    VIEW: GREY,
    "LIKE": BLUE,
    "SHARE": GREEN,
    "COMMENT": VERMILLION,
    "CLICK": SKY,
    "SAVE": AMBER,
}
MEDIA_COLOURS = {
    TEXT_ONLY: GREY,
    "IMAGE": BLUE,
    "VIDEO": VERMILLION,
    "AUDIO": GREEN,
    "DOCUMENT": AMBER,
}


def content(facts: PlatformFacts) -> Chapter:
    """The chapter about content."""
    events = daily(facts, tagged(facts.metrics, "engagement_events", TYPES))
    return Chapter(
        "content",
        "Content and engagement",
        [
            _posts(facts),
            _events(events),
            _mix(events),
            _rate(facts),
            _exposure(facts),
            _response(facts),
        ],
    )


def _posts(facts: PlatformFacts) -> Subject:
    media = tagged(facts.metrics, "posts_created", [TEXT_ONLY, *(kind.value for kind in MediaType)])
    numbers = daily(facts, untagged("posts_created", "comments_created", "active_creators") | media)
    names = {"posts_created": "posts", **{name: spoken(name) for name in media}}
    names |= {"comments_created": "comments", "active_creators": "authors"}
    lines = coloured(list(media), MEDIA_COLOURS)
    return Subject(
        "posts_created",
        "Posts by media type",
        numbers.finding("posts_created", "Posts"),
        bar_charts(numbers, lines, "Posts per day by kind of media"),
        [daily_table("posts_created", "Posts, comments, authors", numbers.shown, names)],
        ["posts_created", "comments_created", "active_creators"],
    )


def _events(events: Daily) -> Subject:
    names = {kind: spoken(kind) for kind in events.columns}
    lines = coloured(events.columns, TYPE_COLOURS)
    return Subject(
        "engagement_events",
        "Engagement events by type",
        _events_finding(events),
        bar_charts(events, lines, "Events per day by type"),
        [daily_table("engagement_events", "Engagement events", events.shown, names)],
        ["engagement_events"],
    )


def _events_finding(events: Daily) -> str:
    """The whole week, since single days of few events say little."""
    found = newest(events.told, VIEW)
    if found is None:
        return "Engagement events: none in these days."
    last, _ = found
    now = events.total(events.columns, last)
    before = events.total(events.columns, last - timedelta(weeks=1))
    if now is None or before is None:
        return events.finding(VIEW, "Views")
    span = f"In the {DAYS_OF_WEEK} days to {events.facts.named(last)}"
    return (
        f"{span} there were {number(now)} events, {change_in_words(now, before)} in the "
        f"{DAYS_OF_WEEK} days before ({number(before)})."
    )


def _mix(events: Daily) -> Subject:
    kinds = [kind for kind in events.columns if kind != VIEW]
    lines = coloured(kinds, TYPE_COLOURS)
    return Subject(
        "engagement_mix",
        "Engagement mix without views",
        _mix_finding(events, kinds),
        bar_charts(events, lines, "Share of each type per day, views left out", as_shares=True),
        metrics=["engagement_events"],
        terms=[("mix", "Share of each type in the engagement events of a day, VIEW left out.")],
    )


def _mix_finding(events: Daily, kinds: Sequence[str]) -> str:
    found = newest(events.told, VIEW)
    shares = _shares(events, kinds, found[0]) if found else {}
    before = _shares(events, kinds, found[0] - timedelta(weeks=1)) if found else {}
    if found and events.total(kinds, found[0]) == 0:
        return f"There were no events other than views in the last {DAYS_OF_WEEK} days."
    if not shares:
        return "There is no whole week to tell a mix from."
    if not before:
        top = max(shares, key=lambda kind: shares[kind])
        return (
            f"Most often in the last {DAYS_OF_WEEK} days: {spoken(top)}, {per_cent(shares[top])}."
        )
    moved = max(kinds, key=lambda kind: abs(shares[kind] - before[kind]))
    return (
        f"Changed most: {spoken(moved)}, {per_cent(shares[moved])} of the last {DAYS_OF_WEEK} "
        f"days, {points_in_words(shares[moved], before[moved])} in the {DAYS_OF_WEEK} days before."
    )


def _shares(events: Daily, kinds: Sequence[str], last: date) -> dict[str, Fraction]:
    """Share of each type in the week that ends with a day; nothing without a whole week."""
    totals = {kind: events.total([kind], last) for kind in kinds}
    known = {kind: amount for kind, amount in totals.items() if amount is not None}
    whole = sum(known.values())
    if len(known) < len(totals) or not whole:
        return {}
    return {kind: Fraction(amount, whole) for kind, amount in known.items()}


def _rate(facts: PlatformFacts) -> Subject:
    numbers = daily(facts, untagged("engagement_rate"))
    names = {"engagement_rate": "events other than views, per view"}
    return Subject(
        "engagement_rate",
        "Engagement rate",
        numbers.share_finding("engagement_rate", "Engagement per view"),
        line_charts(numbers, names, "Engagement rate per day", SHARES),
        [daily_table("engagement_rate", "Engagement rate", numbers.shown, names, share=True)],
        ["engagement_rate"],
    )


def _exposure(facts: PlatformFacts) -> Subject:
    numbers = daily(facts, untagged("exposure_gini"))
    names = {"exposure_gini": "Gini coefficient"}
    told = numbers.finding(
        "exposure_gini", "Concentration of views on few creators", lambda value: number(value, 3)
    )
    return Subject(
        "exposure_gini",
        "How unequally views are spread",
        f"{told} 0 is the same for all, 1 is all for one.",
        line_charts(numbers, names, "Gini coefficient of views over creators per day"),
        [daily_table("exposure_gini", "Exposure", numbers.shown, names)],
        ["exposure_gini"],
    )


def _response(facts: PlatformFacts) -> Subject:
    numbers = daily(facts, untagged("response_hours_median"))
    names = {"response_hours_median": "median hours"}
    return Subject(
        "response_hours",
        "Time to the first comment",
        numbers.finding(
            "response_hours_median",
            "Median hours to the first comment",
            lambda value: number(value, 2),
        ),
        line_charts(numbers, names, "Median hours to the first comment per day", HOURS),
        [daily_table("response_hours", "Response", numbers.shown, names)],
        ["response_hours_median"],
    )


def coloured(columns: Sequence[str], colours: dict[str, str]) -> list[Line]:
    """Series that keep their colour on every chart; others take what is left."""
    spare = [PINK, *PALETTE]
    return [
        Line(column, spoken(column), colours.get(column) or spare[place % len(spare)])
        for place, column in enumerate(columns)
    ]


def spoken(value: str) -> str:
    """A value of an enum as people write it."""
    return value.lower().replace("_", " ")
