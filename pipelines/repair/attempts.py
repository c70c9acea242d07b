"""When what is missing is tried again: later each time, a few times, and never twice at once."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import dagster as dg
from dagster._core.storage.tags import SENSOR_NAME_TAG

from assets.partitions import tags_of_days
from pipelines.past_runs import PastRun
from schema.windows import ONE_DAY, DayRange, consecutive

REPAIR_SENSOR = "repair"
NEVER_RUN = "none"
# How long to wait after the first, the second, … attempt; after the last one people are told only.
WAITS = (
    timedelta(minutes=10),
    timedelta(minutes=40),
    timedelta(hours=3),
    timedelta(hours=12),
)
MOST_ATTEMPTS = len(WAITS) + 1


@dataclass(frozen=True, slots=True)
class Attempt:
    """A run to ask for; `after` is the newest run of its first partition, so that keys differ."""

    job: str
    days: DayRange
    after: str = NEVER_RUN

    @property
    def run_key(self) -> str:
        """The same attempt has the same key, whoever asks and how often."""
        return f"{self.job} {self.days.first} {self.days.last} after {self.after}"

    def request(self) -> dg.RunRequest:
        """A run of one partition, or one run of a range."""
        first, last = self.days.first, self.days.last
        if first == last:
            key = first.isoformat()
            return dg.RunRequest(run_key=self.run_key, job_name=self.job, partition_key=key)
        tags = tags_of_days(self.days)
        return dg.RunRequest(run_key=self.run_key, job_name=self.job, tags=tags)


def tries(key: date, runs: Iterable[PastRun]) -> list[PastRun]:
    """Attempts at a partition so far: runs of its job that failed, and repairs that mended nothing.

    Others that succeeded are none: what they made has gone since.
    """
    return [
        run
        for run in runs
        if run.days
        and key in run.days
        and (run.status is not dg.DagsterRunStatus.SUCCESS or _is_repair(run))
    ]


def _is_repair(run: PastRun) -> bool:
    return run.tags.get(SENSOR_NAME_TAG) == REPAIR_SENSOR


def is_given_up(key: date, runs: Iterable[PastRun]) -> bool:
    """Whether no further attempt is made by itself."""
    return len(tries(key, runs)) >= MOST_ATTEMPTS


def next_attempt(
    job: str, missing: Sequence[date], runs: Sequence[PastRun], now: datetime
) -> Attempt | None:
    """The oldest attempt that is due, of a job's missing partitions (sorted).

    Untried consecutive days are one run; weeks and months never are, for their first days do not
    follow one another. What has failed is tried partition by partition: one that cannot succeed
    holds up no other.
    """
    due = [key for key in missing if _is_due(tries(key, runs), now)]
    untried = [key for key in due if not tries(key, runs)]
    alone = [DayRange(key, key) for key in due if key not in untried]
    chosen = min([*consecutive(untried), *alone], key=lambda days: days.first, default=None)
    if chosen is None:
        return None
    before = [run for run in runs if run.days is not None and chosen.first in run.days]
    newest = max(before, key=lambda run: run.created_at, default=None)
    return Attempt(job, chosen, newest.run_id if newest else NEVER_RUN)


def is_taken(days: DayRange, unfinished: Iterable[PastRun], *, history: int) -> bool:
    """Whether a run that is queued or in progress works on these days, or on their history."""
    around = DayRange(days.first - ONE_DAY * history, days.last + ONE_DAY * history)
    return any(
        run.days is not None and run.days.first <= around.last and around.first <= run.days.last
        for run in unfinished
    )


def _is_due(tried: Sequence[PastRun], now: datetime) -> bool:
    if not tried:
        return True
    if len(tried) >= MOST_ATTEMPTS:
        return False
    return now >= max(run.ended_at for run in tried) + WAITS[len(tried) - 1]
