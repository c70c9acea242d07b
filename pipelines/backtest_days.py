"""Which days a back-test judges, and whether everything that it reads of them is there."""

from dataclasses import dataclass
from datetime import date, timedelta

from assets.ranking.backtest_inputs import HISTORY_DAYS
from assets.ranking.public_posts import WINDOW_DAYS
from assets.ranking.targets import TARGET_DAYS
from assets.resources.lake import Lake
from schema.errors import MissingPartitionError, UsageError
from schema.windows import ONE_DAY, DayRange, consecutive, parse_day

DEFAULT_DAYS = 30


@dataclass(frozen=True, slots=True)
class SeenDays:
    """Days of the lake that were read after they had ended: only those say all that happened."""

    lake: Lake
    first_day: date

    def is_over(self, day: date) -> bool:
        """Whether the day had ended when its events were read."""
        manifest = self.lake.manifest("user_engagement", day)
        return manifest is not None and manifest.was_over is True

    def judgeable(self) -> list[date]:
        """Scored days of which the day after is over as well."""
        followed = set(self.lake.published_days("post_engagement_hourly"))
        return [
            day
            for day in self.lake.published_days("post_scores")
            if day + ONE_DAY in followed and self.is_over(day) and self.is_over(day + ONE_DAY)
        ]


def chosen_days(seen: SeenDays, first: str | None, last: str | None, *, today: date) -> DayRange:
    """The days asked for; by default the newest 30 without a gap that can be judged.

    Raises:
        UsageError: a text is no date, the day after the last one is not over, or nothing is scored.
    """
    start = parse_day(first) if first else None
    end = parse_day(last) if last else newest_of(seen.judgeable())
    if end + ONE_DAY >= today:
        raise UsageError(
            f"what posts got in the 24 hours after {end} is not known before {end + 2 * ONE_DAY}: "
            f"judge days up to {today - 2 * ONE_DAY}"
        )
    return DayRange(start or earliest_of(seen.judgeable(), end), end)


def newest_of(days: list[date]) -> date:
    """The newest day.

    Raises:
        UsageError: there is none.
    """
    if not days:
        raise UsageError(
            "no day can be judged yet: it takes a scored day and the day after, "
            "`sociallive run --from A --to B` runs both"
        )
    return days[-1]


def earliest_of(days: list[date], end: date) -> date:
    """First of the at most 30 days without a gap that end with a day."""
    stretches = [span for span in consecutive(days) if end in span]
    earliest = end - timedelta(days=DEFAULT_DAYS - 1)
    return max(stretches[0].first, earliest) if stretches else end


def history_of(days: DayRange, width: int, first_day: date) -> DayRange:
    """The days and those before, `width` in all for the first; none before the first partition."""
    earliest = days.first - timedelta(days=width - 1)
    return DayRange(max(earliest, min(first_day, days.first)), days.last)


def engagement_days(days: DayRange, first_day: date) -> DayRange:
    """Days whose events are read: what is known at the end of a day, and the day after."""
    history = history_of(days, HISTORY_DAYS, first_day)
    return DayRange(history.first, days.last + timedelta(days=TARGET_DAYS))


def refuse_days_without_tables(seen: SeenDays, days: DayRange) -> None:
    """Refuse days of which something that is read has not been published, or not after their end.

    Raises:
        MissingPartitionError: with the command that publishes it.
    """
    needed = {
        "post_scores": days,
        "post_states": history_of(days, WINDOW_DAYS, seen.first_day),
        "post_engagement_hourly": engagement_days(days, seen.first_day),
    }
    for table, read in needed.items():
        missing = seen.lake.missing_days(table, read)
        if missing:
            _refuse(f"the lake has no {table} of", missing)
    hasty = [day for day in DayRange(days.first, days.last + ONE_DAY) if not seen.is_over(day)]
    if hasty:
        _refuse("events were read before the end of", hasty)


def _refuse(complaint: str, days: list[date]) -> None:
    spans = consecutive(days)
    span = spans[0]
    more = f" and {len(days) - len(span)} later days" if len(spans) > 1 else ""
    command = f"--date {span.first}" if len(span) == 1 else f"--from {span.first} --to {span.last}"
    raise MissingPartitionError(f"{complaint} {span}{more}: run `sociallive run {command}` first")
