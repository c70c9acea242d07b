"""What the overview says about moderation, media and sessions."""

from collections.abc import Mapping

from reports.overview.content import coloured, spoken
from reports.overview.daily import Daily, daily
from reports.overview.facts import PlatformFacts
from reports.overview.figures import lines_of
from reports.overview.series import newest, tagged, untagged
from reports.overview.subjects import (
    BYTES,
    HOURS,
    Chapter,
    Subject,
    bar_charts,
    line_charts,
)
from reports.overview.tables import daily_table
from reports.overview.words import data_size, number
from reports.series_colours import BLUE, GREEN, GREY, VERMILLION
from schema.vocabulary import ContentType, ProcessingStatus

CONTENT_TYPES = [kind.value for kind in ContentType]
STATUS_COLOURS = {"COMPLETED": GREEN, "PROCESSING": BLUE, "PENDING": GREY, "FAILED": VERMILLION}


def safety(facts: PlatformFacts) -> Chapter:
    """The chapter about what keeps the platform running."""
    return Chapter(
        "safety",
        "Moderation, media, sessions",
        [
            _pending(facts),
            _decided(facts),
            _moderation_hours(facts),
            _uploads(facts),
            _bytes(facts),
            _sessions(facts),
        ],
    )


def _pending(facts: PlatformFacts) -> Subject:
    numbers, names = _by_content(facts, "moderation_pending")
    return Subject(
        "moderation_pending",
        "Moderation: waiting",
        _sum_finding(numbers, "Cases waiting at the end of"),
        line_charts(numbers, names, "Pending cases at the end of each day by kind of content"),
        [daily_table("moderation_pending", "Pending cases", numbers.shown, names)],
        ["moderation_pending"],
    )


def _decided(facts: PlatformFacts) -> Subject:
    numbers, names = _by_content(facts, "moderation_decided")
    return Subject(
        "moderation_decided",
        "Moderation: decided",
        _sum_finding(numbers, "Cases decided on"),
        bar_charts(numbers, lines_of(names), "Cases decided per day by kind of content"),
        [daily_table("moderation_decided", "Decided cases", numbers.shown, names)],
        ["moderation_decided"],
    )


def _moderation_hours(facts: PlatformFacts) -> Subject:
    numbers, names = _by_content(facts, "moderation_hours_median")
    return Subject(
        "moderation_hours",
        "Moderation: hours to a decision",
        _slowest_finding(numbers),
        line_charts(numbers, names, "Median hours to a decision per day by kind of content", HOURS),
        [daily_table("moderation_hours", "Median hours", numbers.shown, names)],
        ["moderation_hours_median"],
    )


def _by_content(facts: PlatformFacts, metric: str) -> tuple[Daily, Mapping[str, str]]:
    numbers = daily(facts, tagged(facts.metrics, metric, CONTENT_TYPES))
    return numbers, {kind: spoken(kind) for kind in numbers.columns}


def _sum_finding(numbers: Daily, what: str) -> str:
    """The newest published day; a kind of content that has no number that day has no case."""
    last = numbers.facts.last_day
    if last is None:
        return f"{what} these days: not known."
    row = numbers.shown.filter(numbers.shown["date"] == last).row(0, named=True)
    counts = {kind: row[kind] for kind in numbers.columns if row[kind]}
    total = number(sum(counts.values()))
    parts = ", ".join(f"{spoken(kind)} {number(amount)}" for kind, amount in counts.items())
    return f"{what} {numbers.facts.named(last)}: {total}{f' ({parts})' if parts else ''}."


def _slowest_finding(numbers: Daily) -> str:
    known = {kind: newest(numbers.told, kind) for kind in numbers.columns}
    found = {kind: value for kind, value in known.items() if value is not None}
    if not found:
        return "No case was decided in these days."
    slowest = max(found, key=lambda kind: found[kind][1])
    day, hours = found[slowest]
    return (
        f"Slowest, of the newest day on which each kind was decided: {spoken(slowest)}, "
        f"{number(hours, 1)} hours (median) on {numbers.facts.named(day)}."
    )


def _uploads(facts: PlatformFacts) -> Subject:
    statuses = [status.value for status in ProcessingStatus]
    numbers = daily(facts, tagged(facts.metrics, "media_uploads", statuses))
    names = {status: spoken(status) for status in numbers.columns}
    lines = coloured(numbers.columns, STATUS_COLOURS)
    return Subject(
        "media_uploads",
        "Media uploads by status",
        _uploads_finding(numbers),
        bar_charts(numbers, lines, "Uploads per day by processing status"),
        [daily_table("media_uploads", "Uploads", numbers.shown, names)],
        ["media_uploads"],
    )


def _uploads_finding(numbers: Daily) -> str:
    if numbers.is_blank:
        return "Nothing was uploaded in these days."
    totals = {status: int(numbers.shown[status].sum()) for status in numbers.columns}
    failed, total = totals.get(ProcessingStatus.FAILED.value, 0), sum(totals.values())
    return f"{number(failed)} of {number(total)} uploads of these days failed."


def _bytes(facts: PlatformFacts) -> Subject:
    numbers = daily(facts, untagged("media_bytes"))
    names = {"media_bytes": "bytes"}
    return Subject(
        "media_bytes",
        "Bytes uploaded",
        numbers.finding("media_bytes", "Uploaded", lambda value: data_size(int(value))),
        bar_charts(numbers, lines_of(names), "Bytes uploaded per day", yaxis=BYTES),
        [daily_table("media_bytes", "Bytes uploaded", numbers.shown, names)],
        ["media_bytes"],
    )


def _sessions(facts: PlatformFacts) -> Subject:
    numbers = daily(facts, untagged("active_sessions", "new_sessions"))
    names = {"active_sessions": "active at the end of the day", "new_sessions": "new"}
    return Subject(
        "sessions",
        "Sessions",
        numbers.finding("active_sessions", "Active sessions"),
        line_charts(numbers, names, "Active and new sessions per day"),
        [daily_table("sessions", "Sessions", numbers.shown, names)],
        list(names),
    )
