"""A creator's audience as their report shows it: no group that is too small to be shown."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from reports.creator.model import HOUR_LEVELS, SMALLEST_GROUP, Audience
from reports.creator.words import WEEKDAYS, hour_spans, percent

TOO_FEW = f"fewer than {SMALLEST_GROUP} accounts"
WHY = (
    f"Groups of fewer than {SMALLEST_GROUP} accounts are never shown, so that nobody can be "
    "recognised in them."
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
    return AudienceView(
        reached=None if audience.reached is None else f"{audience.reached:,}",
        parts=_parts(audience),
        best=_best(audience),
        hours=[_weekday(audience, weekday) for weekday in range(len(WEEKDAYS))]
        if audience.hours
        else [],
    )


def _parts(audience: Audience) -> list[tuple[str, str, str]]:
    if audience.new is None or audience.returning is None:
        return []
    whole = audience.new + audience.returning
    return [
        (name, f"{count:,}", percent(Fraction(count, whole)))
        for name, count in (("New", audience.new), ("Returning", audience.returning))
    ]


def _best(audience: Audience) -> str | None:
    """The busiest hours of the weekday that has most of them."""
    busiest = [weekday for (weekday, _), level in audience.hours.items() if level == HOUR_LEVELS]
    if not busiest:
        return None
    weekday = max(sorted(set(busiest)), key=busiest.count)
    return f"{WEEKDAYS[weekday]}, {_hours(audience, weekday, HOUR_LEVELS)} o'clock UTC"


def _weekday(audience: Audience, weekday: int) -> tuple[str, list[str]]:
    return WEEKDAYS[weekday], [_hours(audience, weekday, level) for level in LEVELS]


def _hours(audience: Audience, weekday: int, level: int) -> str:
    return hour_spans(
        hour for (day, hour), found in audience.hours.items() if (day, found) == (weekday, level)
    )
