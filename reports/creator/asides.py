"""What a creator's report says besides its numbers: milestones, changes, finality, a kind word."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from reports.creator.model import WEEKS_BEFORE, CreatorReport, Milestone, Restatement
from reports.creator.words import NUMBER_NAMES, counted, full_day, listed, long_day, spans
from schema.vocabulary import Reason

REASONS: Mapping[str, str] = {
    Reason.LATE: "some of it arrived late",
    Reason.REMOVED: "something was taken back or deleted",
    Reason.ERASED: "an account was erased",
    Reason.MODERATED: "moderators decided",
    Reason.DEFINITION: "the number is defined differently now",
}


# What a best day was best in.
BEST_DAYS = {"best_day_impressions": "impression", "best_day_engagements": "engagement"}


@dataclass(frozen=True, slots=True)
class LastNumbers:
    """What the days shown before a quiet period brought."""

    numbers: Sequence[tuple[str, str]]
    last_day: str | None


def milestone_words(milestone: Milestone) -> str:
    """Something to be glad about, in a sentence."""
    on = f" on {long_day(milestone.day)}" if milestone.day else ""
    if milestone.kind == "followers":
        return f"{milestone.value:,} followers reached{on}"
    what = BEST_DAYS.get(milestone.kind, "engagement")
    return f"Best day in four weeks: {counted(milestone.value, what)}{on}"


def restatement_row(change: Restatement) -> tuple[str, str, str, str, str]:
    """Day, number, before, now, why."""
    why = listed([REASONS.get(reason, reason) for reason in change.reasons] or ["not known"])
    name = NUMBER_NAMES.get(change.metric, change.metric)
    return full_day(change.day), name, f"{change.old:,}", f"{change.new:,}", why


def provisional_days(report: CreatorReport) -> str | None:
    """Days of the period that are not final, None when all are."""
    counted_days = [day for day in report.days if day in report.period.days]
    days = [day for day in counted_days if day not in report.final_days]
    return spans(days) if days else None


def days_before(report: CreatorReport) -> str | None:
    """The days before the period that are shown: `the 4 weeks before`; None without any."""
    wanted = report.period.before
    shown = sum(map(wanted.__contains__, report.days))
    if shown == len(wanted):
        return f"the {WEEKS_BEFORE} weeks before"
    return f"{shown} of the {len(wanted)} days before" if shown else None


def finality(report: CreatorReport) -> Iterator[tuple[str, str]]:
    """Whether each kind of number is final."""
    open_days = provisional_days(report)
    state = f"provisional: {open_days} may still change" if open_days else "final"
    yield "Impressions, engagements and their rate, by type and per post", state
    yield "Followers, gained and lost, profile views", state
    yield "Audience", state
    yield "Score and rank", "as of the end of the period; computed anew every day"
    period = report.period.days
    before = [day for day in report.days if day not in period]
    still_open = [day for day in before if day not in report.final_days]
    if before:
        changing = f"provisional: {spans(still_open)}" if still_open else "final"
        yield "Days before the period", changing


def last_numbers(report: CreatorReport) -> LastNumbers:
    """The sums of the days shown before the period, and the last day on which anything happened."""
    period = report.period.days
    before = [place for place, day in enumerate(report.days) if day not in period]
    sums = {name: sum(counts[place] for place in before) for name, counts in report.series.items()}
    active = [p for p in before if any(counts[p] for counts in report.series.values())]
    return LastNumbers(
        numbers=[(NUMBER_NAMES[name], f"{count:,}") for name, count in sums.items() if count],
        last_day=long_day(report.days[active[-1]]) if active else None,
    )
