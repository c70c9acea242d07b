"""Asset checks whose newest result is a failure, however their run ended."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote

import dagster as dg
from dagster._core.storage.asset_check_execution_record import AssetCheckExecutionRecordStatus

from pipelines.alerts.kinds import Kind, Severity
from pipelines.alerts.problem import Problem
from pipelines.past_runs import find_runs

ENDED = [dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED]
EVALUATED_STATUSES = {
    AssetCheckExecutionRecordStatus.SUCCEEDED,
    AssetCheckExecutionRecordStatus.FAILED,
}
EVALUATED = dg.DagsterEventType.ASSET_CHECK_EVALUATION


@dataclass(frozen=True, slots=True)
class CheckResults:
    """Failed checks, and those of which nothing can be said while their run is in progress."""

    problems: list[Problem]
    undecided: frozenset[str]


def find_failed_checks(
    instance: dg.DagsterInstance,
    keys: Sequence[dg.AssetCheckKey],
    *,
    in_progress: frozenset[str],
    news_since: datetime,
) -> CheckResults:
    """The newest results, and failed ones of runs that ended after `news_since`.

    A run that is in progress is waited for: what failed in it is told together.
    """
    newest = instance.event_log_storage.get_latest_asset_check_execution_by_key(list(keys))
    found: dict[str, Problem] = {}
    undecided = set()
    for key, record in newest.items():
        said = record.evaluation
        if record.run_id in in_progress:
            undecided.add(_key(key))
            continue
        if not isinstance(said, dg.AssetCheckEvaluation):
            said = _result_before(instance, key)
        if said and not said.passed:
            found[_key(key)] = _problem(said)
    for said in _news(instance, set(keys), news_since):
        if _key(said.asset_check_key) not in undecided:
            found.setdefault(_key(said.asset_check_key), _problem(said))
    return CheckResults(list(found.values()), frozenset(undecided))


def _result_before(
    instance: dg.DagsterInstance, key: dg.AssetCheckKey
) -> dg.AssetCheckEvaluation | None:
    """The newest result of a check that was planned since, in runs that never came to it."""
    history = instance.event_log_storage.get_asset_check_execution_history(
        key, limit=1, status=EVALUATED_STATUSES
    )
    said = history[0].evaluation if history else None
    return said if isinstance(said, dg.AssetCheckEvaluation) else None


def _news(
    instance: dg.DagsterInstance, keys: set[dg.AssetCheckKey], since: datetime
) -> Iterator[dg.AssetCheckEvaluation]:
    """Failures of runs that have just ended, whatever other runs have found since."""
    for run in find_runs(instance, since=since, statuses=ENDED):
        for entry in instance.all_logs(run.run_id, of_type=EVALUATED):
            said = entry.get_dagster_event().event_specific_data
            if (
                isinstance(said, dg.AssetCheckEvaluation)
                and not said.passed
                and said.asset_check_key in keys
            ):
                yield said


def _problem(said: dg.AssetCheckEvaluation) -> Problem:
    asset, name = said.asset_key.to_user_string(), said.check_name
    is_warning = said.severity is dg.AssetCheckSeverity.WARN
    page = "/".join(quote(part, safe="") for part in said.asset_key.path)
    return Problem(
        key=_key(said.asset_check_key),
        kind=Kind.FAILED_CHECK,
        severity=Severity.WARNING if is_warning else Severity.ERROR,
        subject=f"check {name} of {asset} {'warns' if is_warning else 'failed'}",
        sentence=said.description or "its metadata in the Dagster UI says what it found",
        path=f"/assets/{page}?view=checks&checkDetail={quote(name, safe='')}",
    )


def _key(key: dg.AssetCheckKey) -> str:
    return f"{Kind.FAILED_CHECK} {key.asset_key.to_user_string()} {key.name}"
