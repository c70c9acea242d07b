"""What a creator's report says, ready to be shown: nothing is counted after this.

Small groups of people are gone already: what is None or 0 here because too few accounts stand
behind it cannot be shown by mistake, nor be found by subtracting.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from uuid import UUID

from schema.windows import DayRange

# Weeks before the period that its numbers are compared with, weekday by weekday.
WEEKS_BEFORE = 4
# Groups of fewer accounts are never shown.
SMALLEST_GROUP = 10
# Posts that a report shows.
MOST_POSTS = 5
# Shares of the busiest hour that the levels of `Audience.hours` stand for.
HOUR_LEVELS = 4


class Period(StrEnum):
    """How much time a report is about; each ends with a day D."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"


DAYS_OF_PERIOD = {Period.DAY: 1, Period.WEEK: 7, Period.MONTH: 28}

# Numbers of `user_analytics`, in the order in which a report shows them.
NUMBERS = (
    "post_impressions",
    "post_engagements",
    "total_likes",
    "total_comments",
    "total_shares",
    "followers_gained",
    "followers_lost",
    "profile_views",
)
# Ways to engage that the engagement of a creator's posts consists of: all but VIEW.
ENGAGEMENTS = ("LIKE", "COMMENT", "SHARE", "SAVE", "CLICK")


@dataclass(frozen=True, slots=True)
class ReportPeriod:
    """The 1, 7 or 28 days that end with a day, and the four weeks before them."""

    period: Period
    last: date

    @property
    def days(self) -> DayRange:
        """Days that the report is about."""
        return DayRange(self.last - timedelta(days=DAYS_OF_PERIOD[self.period] - 1), self.last)

    @property
    def before(self) -> DayRange:
        """The four weeks before the period."""
        first = self.days.first
        return DayRange(first - timedelta(weeks=WEEKS_BEFORE), first - timedelta(days=1))

    @property
    def shown(self) -> DayRange:
        """Days of the charts: the four weeks before and the period."""
        return DayRange(self.before.first, self.last)


@dataclass(frozen=True, slots=True)
class Usual:
    """What the same weekdays brought in the weeks before: `weeks` of them, 1 to 4.

    One week's figure is its value on the weekdays of the period, each as often as the period has
    it; `mean`, `lowest` and `highest` are over the weeks.
    """

    weeks: int
    mean: Fraction
    lowest: int
    highest: int


@dataclass(frozen=True, slots=True)
class EqualAge:
    """A post beside the creator's earlier posts when they were as old as it is.

    Engagement by others (all types but VIEW), counted until `hours` after posting.
    """

    hours: int
    engagements: int
    posts: int
    lower_quartile: Fraction
    median: Fraction
    upper_quartile: Fraction


@dataclass(frozen=True, slots=True)
class TopPost:
    """One of the creator's posts that got most in the period; `text` is what they wrote: hostile.

    `text` is the beginning of a long one, and None once the post was deleted.
    `engagements` are per type of ENGAGEMENTS, in the period. `receipt` holds parts of the score in
    words with their amounts in LIKEs, which sum to `score`; `interval` is its 80 % interval. Score
    and rank are as of the end of the period; None where the post had none.
    """

    post_id: UUID
    created_at: datetime
    media_type: str | None
    visibility: str
    is_deleted: bool
    text: str | None
    impressions: int
    engagements: Mapping[str, int]
    score: Decimal | None = None
    interval: tuple[Decimal, Decimal] | None = None
    receipt: Sequence[tuple[str, Decimal]] = ()
    rank: int | None = None
    rank_change: int | None = None
    equal_age: EqualAge | None = None

    @property
    def total(self) -> int:
        """Engagement of all types in the period."""
        return sum(self.engagements.values())


@dataclass(frozen=True, slots=True)
class Audience:
    """Distinct accounts, others than the creator, that did anything with the creator's posts.

    `reached`: in the period; None when fewer than SMALLEST_GROUP. `returning`: those of them that
    had done so in the four weeks before; `new`: the others. Both are None when either is smaller
    than that, and where the four weeks before are not all counted: `knows_returning` is False.
    `hours`: per weekday (0 Monday) and UTC hour of the last 28 days, 1 (few) to
    HOUR_LEVELS (as many as in the busiest hour); hours of fewer accounts are left out.
    """

    reached: int | None = None
    new: int | None = None
    returning: int | None = None
    hours: Mapping[tuple[int, int], int] = field(default_factory=dict)
    knows_returning: bool = True


@dataclass(frozen=True, slots=True)
class Restatement:
    """A number of the creator that was published before, and is another now."""

    day: date
    metric: str
    old: int
    new: int
    reasons: Sequence[str]


@dataclass(frozen=True, slots=True)
class Milestone:
    """Something to be glad about: `value` reached on `day`.

    `kind`: followers, best_day_impressions or best_day_engagements.
    """

    kind: str
    value: int
    day: date | None = None


@dataclass(frozen=True, slots=True)
class CreatorReport:
    """All that one creator's report of a period says. `username` is what they wrote: hostile.

    `days` are those of the charts that are published and not held by a check, oldest first, the
    whole period among them; every list of `series` (NUMBERS) and of `by_type` (ENGAGEMENTS) has one
    count for each. `totals` are sums over the period. `usual` lacks a number when there is no whole
    week of the creator's before. `final_days` are those of `days` that are final; the others are
    provisional. `followers` is as of the end of the period. `cut_short` are days of the period that
    were read before they had ended.
    """

    user_id: UUID
    username: str
    period: ReportPeriod
    days: Sequence[date]
    series: Mapping[str, Sequence[int]]
    by_type: Mapping[str, Sequence[int]]
    totals: Mapping[str, int]
    usual: Mapping[str, Usual]
    final_days: frozenset[date]
    followers: int
    posts_created: int
    posts: Sequence[TopPost] = ()
    audience: Audience = field(default_factory=Audience)
    restatements: Sequence[Restatement] = ()
    milestones: Sequence[Milestone] = ()
    cut_short: Sequence[date] = ()

    @property
    def calendar(self) -> DayRange:
        """Days from the first to the last of `days`, and those between them that are not shown."""
        return DayRange(self.days[0], self.days[-1])

    @property
    def counts_views(self) -> bool:
        """Whether views are on record; engagement without any comes from where none are."""
        seen = any(self.series["post_impressions"]) or any(self.series["profile_views"])
        return seen or not any(self.series["post_engagements"])

    @property
    def engagement_rate(self) -> Fraction | None:
        """Engagements per impression in the period; None without impressions."""
        views = self.totals["post_impressions"]
        return Fraction(self.totals["post_engagements"], views) if views else None

    @property
    def is_final(self) -> bool:
        """Whether every counted day of the period is final."""
        return all(day in self.final_days for day in self.days if day in self.period.days)

    @property
    def begins_late(self) -> date | None:
        """First day of the period with numbers, when those before it were never counted."""
        counted = [day for day in self.days if day in self.period.days]
        return counted[0] if counted and counted[0] > self.period.days.first else None

    @property
    def is_quiet(self) -> bool:
        """Whether nothing happened in the period."""
        return not any(self.totals.values())
