"""Looking around: everything that is wrong now."""

from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain

import dagster as dg

from assets.lifecycle.backup_definitions import BACKUP, DRILL
from assets.lifecycle.backup_folder import BackupFolder
from pipelines.alerts.failed_checks import find_failed_checks
from pipelines.alerts.failed_runs import find_failed_runs
from pipelines.alerts.kinds import FROM_INSIDE
from pipelines.alerts.lateness import (
    find_late_backups,
    find_late_days,
    find_late_reports,
    find_old_gaps,
)
from pipelines.alerts.problem import Findings, gravest_first
from pipelines.alerts.pulse import find_failed_ticks, find_switched_off
from pipelines.jobs import DAILY_JOB
from pipelines.past_runs import unfinished_runs
from pipelines.repair.sensor import Repairs

# What a run wrote at its very end may become visible after its end.
OVERLAP = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class Watch:
    """What is looked at: Dagster's storage, the lake and the backups; never the platform."""

    repairs: Repairs
    backups: BackupFolder
    checks: Sequence[dg.AssetCheckKey]

    def look(
        self,
        instance: dg.DagsterInstance,
        now: datetime,
        *,
        automation: Container[str],
        looked_at: datetime | None = None,
    ) -> Findings:
        """All problems; failures since the last look (none: just now) even if they are over.

        `automation`: names of the schedules and sensors that there are.
        """
        news_since = (looked_at or now + OVERLAP) - OVERLAP
        in_progress = frozenset(run.run_id for run in unfinished_runs(instance, now))
        checks = find_failed_checks(
            instance, self._checks(), in_progress=in_progress, news_since=news_since
        )
        problems = chain(
            find_failed_runs(instance, news_since=news_since, now=now),
            find_late_days(instance, self.repairs, now),
            find_late_reports(instance, self.repairs, now),
            checks.problems,
            find_late_backups(instance, self.backups, now),
            find_failed_ticks(instance, automation),
            find_switched_off(instance, automation, self._repaired()),
            find_old_gaps(self.repairs.owed, now),
        )
        return Findings(
            tuple(gravest_first(problems)),
            FROM_INSIDE,
            checks.undecided,
            frozenset(self._too_old(instance, looked_at, now) if looked_at else ()),
        )

    def _too_old(
        self, instance: dg.DagsterInstance, looked_at: datetime, now: datetime
    ) -> Iterator[str]:
        """Keys of what would still be found as of the last look: nothing but time has passed."""
        for problem in find_failed_runs(instance, news_since=now, now=looked_at):
            yield problem.key
        if looked_at.date() != now.date():
            late = find_late_days, find_late_reports
            for problem in chain(*(find(instance, self.repairs, looked_at) for find in late)):
                yield problem.key

    def _repaired(self) -> set[str]:
        """Schedules are named like their jobs."""
        return {DAILY_JOB, *self.repairs.report_jobs.values()}

    def _checks(self) -> list[dg.AssetCheckKey]:
        """Without those of age: their files are looked at, which a backup by hand renews, too."""
        of_age = {dg.AssetKey(BACKUP), dg.AssetKey(DRILL)}
        return [key for key in self.checks if key.asset_key not in of_age]
