"""When things happen: the window, and the rhythm of days and hours inside it."""

from dataclasses import dataclass
from datetime import date

import numpy as np

from assets.seeding.demo.draws import Floats, Ints, Random, draw_positions
from schema.windows import ONE_DAY, DayRange

SECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR

HISTORY_DAYS = 730
LEAD_IN_DAYS = 14

# A mostly European and American public, seen from UTC: quiet before dawn, loud in the evening.
HOUR_WEIGHTS = np.array(
    [
        30,
        20,
        14,
        10,
        8,
        10,
        18,
        32,
        46,
        52,
        56,
        62,
        70,
        66,
        60,
        60,
        64,
        72,
        84,
        96,
        100,
        92,
        70,
        46,
    ],
    dtype=np.float64,
)
WEEKDAY_WEIGHTS = np.array([84, 82, 85, 88, 92, 100, 97], dtype=np.float64)
INTENSITY = np.outer(WEEKDAY_WEIGHTS, HOUR_WEIGHTS) / (WEEKDAY_WEIGHTS.max() * HOUR_WEIGHTS.max())
MEAN_INTENSITY = float(INTENSITY.mean())

# 1970-01-01 was a Thursday; Monday is 0.
WEEKDAY_OF_EPOCH = 3


@dataclass(frozen=True, slots=True)
class Timeline:
    """Epoch microseconds from which there are accounts, posts, everything; and the end of it."""

    founded: int
    lead_in: int
    start: int
    end: int


def timeline_of(days: DayRange) -> Timeline:
    """The story that ends with these days."""
    return Timeline(
        founded=_midnight(days.first - HISTORY_DAYS * ONE_DAY),
        lead_in=_midnight(days.first - LEAD_IN_DAYS * ONE_DAY),
        start=_midnight(days.first),
        end=_midnight(days.last + ONE_DAY),
    )


def intensity_at(micros: Ints) -> Floats:
    """How lively the platform is at these instants, 1 at its liveliest hour of the week."""
    hours = micros // HOUR
    intensity: Floats = INTENSITY[(hours // 24 + WEEKDAY_OF_EPOCH) % 7, hours % 24]
    return intensity


def draw_instants(rng: Random, count: int, *, start: int, end: int, growth: float) -> Ints:
    """Instants of the days `[start, end)` in the rhythm; the last has `growth` times the first."""
    days = np.arange(start // DAY, end // DAY)
    trend = np.linspace(1, growth, len(days))
    weights = trend * WEEKDAY_WEIGHTS[(days + WEEKDAY_OF_EPOCH) % 7]
    return draw_time_of_day(rng, days[draw_positions(rng, count, weights)] * DAY)


def draw_time_of_day(rng: Random, micros: Ints) -> Ints:
    """Other instants of the same days, in the rhythm of the hours."""
    hours = draw_positions(rng, len(micros), HOUR_WEIGHTS)
    return micros // DAY * DAY + hours * HOUR + rng.integers(0, HOUR, len(micros))


def after(rng: Random, micros: Ints, *, mean: int) -> Ints:
    """Instants later than these by an exponential delay with that mean."""
    return micros + (rng.exponential(mean, len(micros))).astype(np.int64)


def _midnight(day: date) -> int:
    return (day - date(1970, 1, 1)).days * DAY
