"""What a creator can be glad about in a period: followers reached, and best days."""

from bisect import bisect_right
from collections.abc import Sequence
from datetime import date
from itertools import accumulate

from reports.creator.model import Milestone, ReportPeriod

# Numbers of followers worth a word: 10, 25, 50 and so on.
FIRST_STEPS = (10, 25, 50)
STEPS = [step * 10**power for power in range(8) for step in FIRST_STEPS]
# A best day is the best of so many.
LEAST_DAYS = 28
BEST_DAYS = {
    "best_day_impressions": "post_impressions",
    "best_day_engagements": "post_engagements",
}


def follower_milestone(
    at_the_end: int, gained: Sequence[int], lost: Sequence[int], days: Sequence[date]
) -> Milestone | None:
    """The highest step that the followers of the period have risen to, and the day they did.

    `gained` and `lost` are of `days`, all of the period. A step counts if there were fewer at the
    beginning, and still are as many at the end; the day is the last on which it was reached.
    """
    changes = [more - less for more, less in zip(gained, lost, strict=True)]
    at_the_start = at_the_end - sum(changes)
    step = _highest_step(at_the_end)
    if step is None or step <= at_the_start:
        return None
    counts = list(accumulate(changes, initial=at_the_start))
    reached = [
        day
        for day, before, after in zip(days, counts, counts[1:], strict=False)
        if before < step <= after
    ]
    return Milestone("followers", step, reached[-1])


def _highest_step(followers: int) -> int | None:
    place = bisect_right(STEPS, followers)
    return STEPS[place - 1] if place else None


def best_day(
    kind: str, counts: Sequence[int], days: Sequence[date], period: ReportPeriod
) -> Milestone | None:
    """The day of the period that was better than every other of at least LEAST_DAYS days."""
    most = max(counts, default=0)
    if len(days) < LEAST_DAYS or most == 0 or counts.count(most) > 1:
        return None
    day = days[counts.index(most)]
    return Milestone(kind, most, day) if day in period.days else None
