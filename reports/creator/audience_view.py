"""A creator's audience as their report shows it: no group that is too small to be shown."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from reports.creator.model import HOUR_LEVELS, SMALLEST_GROUP, Audience
from reports.creator.words import WEEKDAYS, hour_spans, percent

TOO_FEW = f"fewer than {SMALLEST_GROUP} accounts"
WHY = (
    f"Accounts reached, new and returning ones, and hours are shown from {SMALLEST_GROUP} accounts "
    "on, so that nobody can be recognised in them."
)
# From the fullest hours to the emptiest that are shown.
LEVELS = {4: "busiest", 3: "busy", 2: "some", 1: "few"}


@dataclass(frozen=True, slots=True)
class AudienceView:
    """`parts` are (name, number, share in words); `hours` are per weekday, per level of LEVELS."""

    reached: str | None
    parts: Sequence[tuple[str, str, str]]
    best: str | None
    hours: Sequence[tuple[str, Sequence[str]]]


def view_audience(audience: Audience) -> AudienceView:
    """What is said about the audience."""
    hours = _hours(audience)
    return AudienceView(
        reached=None if audience.reached is None else f"{audience.reached:,}",
        parts=_parts(audience),
        best=_best(hours),
        hours=[
            (name, [hour_spans(hours[weekday, level]) for level in LEVELS])
            for weekday, name in enumerate(WEEKDAYS)
            if hours
        ],
    )


def _hours(audience: Audience) -> defaultdict[tuple[int, int], list[int]]:
    """Hours of each weekday that have a level, per weekday and level."""
    hours = defaultdict(list)
    for (weekday, hour), level in audience.hours.items():
        hours[weekday, level].append(hour)
    return hours


def _parts(audience: Audience) -> list[tuple[str, str, str]]:
    if audience.new is None or audience.returning is None:
        return []
    whole = audience.new + audience.returning
    return [
        (name, f"{count:,}", percent(Fraction(count, whole)))
        for name, count in (("New", audience.new), ("Returning", audience.returning))
    ]


def _best(hours: Mapping[tuple[int, int], list[int]]) -> str | None:
    """The busiest hours of the weekday that has most of them."""
    busiest = {weekday: run for (weekday, level), run in hours.items() if level == HOUR_LEVELS}
    if not busiest:
        return None
    weekday = max(sorted(busiest), key=lambda day: len(busiest[day]))
    return f"{WEEKDAYS[weekday]}, {hour_spans(busiest[weekday])} o'clock UTC"
