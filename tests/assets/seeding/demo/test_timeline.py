from datetime import date

import numpy as np

from assets.seeding.demo.timeline import DAY, HOUR, draw_instants, intensity_at, timeline_of
from schema.windows import DayRange

SATURDAY = 1_709_337_600 * 1_000_000  # 2024-03-02


def test_a_timeline_covers_whole_days() -> None:
    timeline = timeline_of(DayRange(date(2024, 2, 29), date(2024, 3, 1)))

    assert timeline.end - timeline.start == 2 * DAY
    assert timeline.end == SATURDAY
    assert timeline.founded < timeline.lead_in < timeline.start


def test_saturday_evening_is_the_liveliest_hour() -> None:
    hours = SATURDAY - 5 * DAY + np.arange(7 * 24) * HOUR

    liveliness = intensity_at(hours)

    assert hours[liveliness.argmax()] == SATURDAY + 20 * HOUR
    assert liveliness.max() == 1
    assert liveliness.min() > 0


def test_instants_keep_to_their_days_and_grow() -> None:
    rng = np.random.Generator(np.random.PCG64(5))

    drawn = draw_instants(rng, 10_000, start=SATURDAY, end=SATURDAY + 14 * DAY, growth=3.0)

    assert drawn.min() >= SATURDAY
    assert drawn.max() < SATURDAY + 14 * DAY
    second_week = (drawn >= SATURDAY + 7 * DAY).mean()
    assert 0.58 < second_week < 0.68
