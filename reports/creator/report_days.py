"""Which days a report can say something about: published ones that no check has refused."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from assets.resources.lake import Lake
from assets.resources.whole_days import was_whole
from reports.creator.model import ReportPeriod
from schema.windows import ONE_DAY, DayRange, consecutive

NUMBERS = "user_analytics"
TYPES = "post_engagement_daily"
HOURS = "post_engagement_hourly"
VISITS = "author_audience_daily"
POSTS = "posts"
STATES = "post_states"
# What a report reads of every day of its period, and of the last one.
OF_THE_PERIOD = (NUMBERS, TYPES, HOURS, VISITS, POSTS, STATES)
OF_THE_LAST_DAY = ("post_scores", "popular_posts", "score_receipts")
# Hours of the week in which the audience is active are those of so many days that end with D.
HABIT_DAYS = 28
# Posts of so many days that end with D are compared at equal age with those of so many days before.
COMPARED_DAYS = 28
EARLIER_DAYS = 90
DAYS_OF_WEEK = 7


@dataclass(frozen=True, slots=True)
class ReportDays:
    """Days around a period that can be shown, oldest first.

    `shown`: days of the charts. `visits`: those of which the audience is known, of the period and
    the four weeks before. `lives`: those from which posts can be compared at equal age. `final`:
    those of `shown` whose numbers are final. `open_from`: the first day after the period without
    numbers that can be taken. `cut_short`: days of the period that were read before they had ended.
    """

    period: ReportPeriod
    shown: tuple[date, ...]
    visits: tuple[date, ...]
    lives: tuple[date, ...]
    final: frozenset[date]
    open_from: date
    cut_short: tuple[date, ...] = ()

    @property
    def counted(self) -> tuple[date, ...]:
        """Days of the period: all, or those since the installation began."""
        return tuple(day for day in self.shown if day in self.period.days)

    @property
    def audience(self) -> tuple[date, ...]:
        """Days whose visitors count as reached, or as those who had come before."""
        days = self.period.days
        return tuple(day for day in self.visits if day not in days or day in self.shown)

    @property
    def whole_weeks(self) -> list[DayRange]:
        """Weeks before the period of which every day is shown, oldest first."""
        weeks = self.period.before.chunks(DAYS_OF_WEEK)
        return [week for week in weeks if all(day in self.shown for day in week)]

    @property
    def habits(self) -> tuple[date, ...]:
        """Days whose hours tell when the audience is active."""
        first = self.period.last - timedelta(days=HABIT_DAYS - 1)
        return tuple(day for day in self.visits if day >= first)

    @property
    def knows_returning(self) -> bool:
        """Whether all of the four weeks before are there to tell who came back."""
        return set(self.period.before) <= set(self.visits)


def find_report_days(
    lake: Lake, period: ReportPeriod, held: Collection[date] = frozenset()
) -> ReportDays:
    """Look up what is published; days around the period that are held or half are as good as not.

    Days before the first published one are not missing: the installation had not begun.

    Raises:
        MissingPartitionError: another day of the period is not published.
        CorruptPartitionError: a published file of it is gone or has another size.
    """
    begun = _since_the_first(lake, period.days)
    for table in OF_THE_PERIOD:
        lake.files(table, begun)
    for table in OF_THE_LAST_DAY:
        lake.files(table, [period.last])
    cut_short = [day for day in period.shown if not was_whole(lake, day)]
    left_out = frozenset(held).union(cut_short).difference(period.days)
    shown = _published(lake, (NUMBERS, TYPES), period.shown, left_out)
    return ReportDays(
        period=period,
        shown=shown,
        visits=_published(lake, (VISITS,), period.shown, left_out),
        lives=_unbroken(_published(lake, (HOURS, POSTS), _lives(period), left_out)),
        final=frozenset(day for day in shown if _is_final(lake, day)),
        open_from=_open_from(lake, period.last + ONE_DAY, left_out),
        cut_short=tuple(day for day in cut_short if day in period.days),
    )


def _since_the_first(lake: Lake, days: DayRange) -> list[date]:
    """Days from the first one with numbers on; the last where that is none of these."""
    first = next(iter(lake.published_days(NUMBERS)), days.last)
    return [day for day in days if day >= min(first, days.last)]


def compared_days(period: ReportPeriod) -> DayRange:
    """Days whose posts are compared at equal age."""
    return DayRange(period.last - timedelta(days=COMPARED_DAYS - 1), period.last)


def _lives(period: ReportPeriod) -> DayRange:
    return compared_days(period).preceded_by(EARLIER_DAYS)


def _published(
    lake: Lake, tables: Iterable[str], days: DayRange, left_out: frozenset[date]
) -> tuple[date, ...]:
    missing = {day for table in tables for day in lake.missing_days(table, days)} | left_out
    return tuple(day for day in days if day not in missing)


def _unbroken(days: tuple[date, ...]) -> tuple[date, ...]:
    """The last of the days without a gap: nothing is known of a life that reaches over one."""
    return tuple(consecutive(list(days))[-1])


def _open_from(lake: Lake, day: date, left_out: frozenset[date]) -> date:
    known = set(lake.published_days(NUMBERS)) - left_out
    while day in known and was_whole(lake, day):
        day += ONE_DAY
    return day


def _is_final(lake: Lake, day: date) -> bool:
    """Whether the numbers of a day are final, as `sociallive status` has it."""
    manifest = lake.manifest(NUMBERS, day)
    return bool(manifest and manifest.is_final)
