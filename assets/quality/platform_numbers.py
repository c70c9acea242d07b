"""`system_metrics` against the facts that it counts, and against the sums of `user_analytics`."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_CEILING, Decimal
from typing import TypeAlias

import psycopg

from assets.quality.creator_numbers import CHECK, DELETED_ACCOUNTS, Sums
from assets.quality.findings import Finding
from schema.metric import UNTAGGED, tag
from schema.sql import load_sql
from schema.vocabulary import EngagementType
from schema.windows import start_of

# Differences that a finding about `user_analytics` itself tells.
ELSEWHERE = "user_analytics"
ENGAGEMENT = "engagement_events"
# The number of `user_analytics` that counts the events of one type; the others have none.
NUMBER_OF_TYPE = {
    EngagementType.VIEW: "post_impressions",
    EngagementType.LIKE: "total_likes",
    EngagementType.COMMENT: "total_comments",
    EngagementType.SHARE: "total_shares",
}
FOLLOW_METRICS = {"follows": "followers_gained", "unfollows": "followers_lost"}
METRICS = [ENGAGEMENT, *FOLLOW_METRICS]

# Events per type, on one day.
Events: TypeAlias = Mapping[str, int]
# Name and tags; a row that somebody else wrote may have none.
MetricKey: TypeAlias = tuple[str, str | None]


@dataclass(frozen=True, slots=True)
class Day:
    """What lake, `user_analytics` and `system_metrics` have of one day."""

    date: date
    events: Events
    sums: Mapping[str, Sums]
    metrics: Mapping[MetricKey, Decimal | None]

    def sums_of(self, number: str) -> Sums:
        """Sums of one number; zeros on a day without a row."""
        return self.sums.get(number, Sums(self.date, number))


def read_days(
    connection: psycopg.Connection,
    days: Sequence[date],
    *,
    events: Mapping[date, Events],
    sums: Sequence[Sums],
) -> list[Day]:
    """Bring together what the three have, with the metrics of the open transaction."""
    facts = {"names": METRICS, "days": [_timestamp(day) for day in days]}
    metrics: dict[date, dict[MetricKey, Decimal | None]] = {day: {} for day in days}
    for day, name, tags, value in connection.execute(
        load_sql(__package__, "select_counted_metrics"), facts
    ):
        metrics[day][name, tags] = value
    by_number: dict[date, dict[str, Sums]] = {day: {} for day in days}
    for row in sums:
        by_number[row.date][row.number] = row
    return [Day(day, events.get(day, {}), by_number[day], metrics[day]) for day in days]


def compare_platform_numbers(days: Sequence[Day]) -> Iterator[Finding]:
    """Compare, day by day, the facts with `user_analytics` and with `system_metrics`."""
    for day in days:
        yield from _compare_creators_with_facts(day)
        yield from _compare_metrics(day)


def _compare_creators_with_facts(day: Day) -> Iterator[Finding]:
    counted = {number: day.events.get(kind, 0) for kind, number in NUMBER_OF_TYPE.items()}
    engagements = sum(day.events.values()) - day.events.get(EngagementType.VIEW, 0)
    for number, events in {**counted, "post_engagements": engagements}.items():
        subject = f"user_analytics.{number} against post_engagement_daily"
        rest = abs(day.sums_of(number).in_lake - events)
        if not rest:
            yield Finding(CHECK, subject, compared=1)
            continue
        yield Finding(
            CHECK,
            subject,
            day.date,
            compared=1,
            differing=1,
            unexplained=rest,
            advice=_advice("user_analytics and post_engagement_daily", day.date),
        )


def _compare_metrics(day: Day) -> Iterator[Finding]:
    expected = dict(_expected_metrics(day))
    for key in sorted({*expected, *day.metrics}, key=_in_words):
        number, count = expected.get(key, (None, 0))
        subject = f"system_metrics.{_in_words(key)}"
        published = day.metrics.get(key)
        explained = _explained(day.sums_of(number), count) if number else {}
        if published == count and not explained:
            yield Finding(CHECK, subject, compared=1)
            continue
        rest = _distance(published, count)
        yield Finding(
            CHECK,
            subject,
            day.date,
            compared=1,
            differing=1,
            explained=explained,
            unexplained=rest,
            advice=_advice("system_metrics", day.date) if rest else "",
        )


def _in_words(key: MetricKey) -> str:
    name, tags = key
    return f"{name} without tags" if tags is None else f"{name} {tags}".removesuffix(f" {UNTAGGED}")


def _expected_metrics(day: Day) -> Iterator[tuple[MetricKey, tuple[str | None, int]]]:
    """Per metric the number of `user_analytics` that sums to it, and what the lake counts."""
    for kind in EngagementType:
        yield (ENGAGEMENT, tag("type", kind)), (NUMBER_OF_TYPE.get(kind), day.events.get(kind, 0))
    for name, number in FOLLOW_METRICS.items():
        yield (name, UNTAGGED), (number, day.sums_of(number).in_lake)


def _explained(sums: Sums, count: int) -> dict[str, int]:
    """Why PostgreSQL's `user_analytics` does not sum to the count, whatever the metric says."""
    elsewhere = abs(count - sums.of_deleted - sums.in_postgres)
    classes = {DELETED_ACCOUNTS: sums.of_deleted, ELSEWHERE: elsewhere}
    return {name: amount for name, amount in classes.items() if amount}


def _distance(published: Decimal | None, count: int) -> int:
    """Whole units between them, at least 1 unless they are equal; a missing value is none."""
    if published is None:
        return max(1, count)
    return int(abs(published - count).to_integral_value(ROUND_CEILING))


def _timestamp(day: date) -> datetime:
    """As the column has it: UTC without saying so."""
    return start_of(day).replace(tzinfo=None)


def _advice(what: str, day: date) -> str:
    return (
        f"{what} of {day} do not agree with what they count: "
        f"run `sociallive run --date {day}` to compute the day again"
    )
