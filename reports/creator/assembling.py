"""From frames about some creators to one report for each."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import polars as pl

from reports.creator.audience import audience_of
from reports.creator.milestones import BEST_DAYS, best_day, follower_milestone
from reports.creator.model import (
    ENGAGEMENTS,
    NUMBERS,
    Audience,
    CreatorReport,
    Milestone,
    Restatement,
    TopPost,
)
from reports.creator.report_days import ReportDays
from reports.creator.shown_posts import top_post
from reports.creator.totals import list_series, sum_period, sum_weeks, usual_numbers

Row = Mapping[str, Any]
RowsOf = Mapping[Any, Sequence[Row]]


@dataclass(frozen=True, slots=True)
class Facts:
    """Frames about some creators: one row per creator, or several with the creator's id.

    `creators`: user_id, username, created_day, followers. `daily`: as `lay_out` makes it. `posts`:
    the shown ones with text, score and place. The others: as their own files make them.
    """

    creators: pl.DataFrame
    daily: pl.DataFrame
    posts_created: pl.DataFrame
    audience: pl.DataFrame
    hours: pl.DataFrame
    posts: pl.DataFrame
    receipts: pl.DataFrame
    equal_ages: pl.DataFrame
    restatements: pl.DataFrame


def assemble(facts: Facts, days: ReportDays) -> Iterator[CreatorReport]:
    """One report per creator, in the order of `creators`.

    Raises:
        UnexplainedDifferenceError: a receipt does not sum to its score.
    """
    rows = _Rows(facts, days)
    return (rows.report(creator) for creator in facts.creators.iter_rows(named=True))


class _Rows:
    """The frames' rows by creator, or by post."""

    def __init__(self, facts: Facts, days: ReportDays) -> None:
        weeks = sum_weeks(facts.daily, facts.creators, days.whole_weeks, days.period)
        self.days = days
        self.series = by_id(list_series(facts.daily), "user_id")
        self.sums = by_id(sum_period(facts.daily, days.period), "user_id")
        self.weeks = by_id(weeks, "user_id")
        self.posts_created = by_id(facts.posts_created, "user_id")
        self.audience = by_id(facts.audience, "author_id")
        self.hours = by_id(facts.hours, "author_id")
        self.posts = by_id(facts.posts, "author_id")
        self.receipts = by_id(facts.receipts, "post_id")
        self.equal_ages = by_id(facts.equal_ages, "post_id")
        self.restatements = by_id(facts.restatements, "user_id")

    def report(self, creator: Row) -> CreatorReport:
        user = creator["user_id"]
        [series], [sums] = self.series[user], self.sums[user]
        return CreatorReport(
            user_id=UUID(bytes=user),
            username=creator["username"],
            period=self.days.period,
            days=self.days.shown,
            series={name: series[name] for name in NUMBERS},
            by_type={kind: series[kind] for kind in ENGAGEMENTS},
            totals={name: sums[name] for name in NUMBERS},
            usual=next((usual_numbers(row) for row in self.weeks.get(user, ())), {}),
            final_days=self.days.final,
            followers=creator["followers"],
            posts_created=sum(row["posts_created"] for row in self.posts_created.get(user, ())),
            posts=[self._post(post) for post in self.posts.get(user, ())],
            audience=self._audience(user),
            restatements=[_restatement(row) for row in self.restatements.get(user, ())],
            milestones=self._milestones(creator, series),
            cut_short=self.days.cut_short,
        )

    def _post(self, post: Row) -> TopPost:
        [equal_age] = self.equal_ages.get(post["post_id"], [None])
        return top_post(post, self.receipts.get(post["post_id"], ()), equal_age)

    def _audience(self, user: bytes) -> Audience:
        hours = {(row["weekday"], row["hour"]): row["level"] for row in self.hours.get(user, ())}
        [counts] = self.audience.get(user, [{"reached": 0, "returning": 0}])
        returning = counts["returning"] if self.days.knows_returning else None
        return audience_of(counts["reached"], returning, hours)

    def _milestones(self, creator: Row, series: Row) -> list[Milestone]:
        days, period = self.days.shown, self.days.period
        inside = len(days) - len(self.days.counted)
        followers = follower_milestone(
            creator["followers"],
            series["followers_gained"][inside:],
            series["followers_lost"][inside:],
            days[inside:],
        )
        born = sum(day < creator["created_day"] for day in days)
        best = [
            best_day(kind, series[number][born:], days[born:], period)
            for kind, number in BEST_DAYS.items()
        ]
        return [milestone for milestone in (followers, *best) if milestone]


def by_id(frame: pl.DataFrame, column: str) -> RowsOf:
    """Rows of a frame by the id in a column, in their order."""
    return frame.rows_by_key(column, named=True, include_key=True)


def _restatement(row: Row) -> Restatement:
    return Restatement(
        day=row["date"],
        metric=row["metric_name"],
        old=row["old"],
        new=row["new"],
        reasons=row["reasons"],
    )
