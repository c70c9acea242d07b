"""Run the daily job here and now, without a daemon."""

from collections.abc import Callable, Sequence

import dagster as dg

from assets.ingestion.definitions import ACCEPT_LOSS
from assets.resources.manifest import Manifest
from assets.resources.publishing import tell_nobody
from pipelines.definitions import build_definitions
from pipelines.jobs import DAILY_JOB
from pipelines.settings import Settings
from schema.errors import RunFailedError
from schema.windows import DayRange

# Dagster's own events go to its storage; at the command line only its errors would be noise.
QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


def run_daily_job(
    settings: Settings,
    days: DayRange,
    *,
    instance: dg.DagsterInstance,
    on_published: Callable[[Manifest], None] = tell_nobody,
    accept_loss: bool = False,
) -> None:
    """Materialize everything of the days in one run.

    With `accept_loss`, rows that are gone without a trace do not stop it.

    Raises:
        RunFailedError: a step refused its work; the message is the step's.
    """
    definitions = build_definitions(settings, on_published=on_published)
    first, last = days.first.isoformat(), days.last.isoformat()
    # Of one day, Dagster looks up what a check is about; of a range, for each result, all days
    # that there are.
    of_range = {
        "dagster/asset_partition_range_start": first,
        "dagster/asset_partition_range_end": last,
    }
    outcome = definitions.resolve_job_def(DAILY_JOB).execute_in_process(
        run_config=QUIET,
        instance=instance,
        partition_key=first if first == last else None,
        tags={
            **({} if first == last else of_range),
            **({ACCEPT_LOSS: "true"} if accept_loss else {}),
        },
        raise_on_error=False,
    )
    if not outcome.success:
        raise RunFailedError(_reason(outcome))


def _reason(outcome: dg.ExecuteInProcessResult) -> str:
    """Sentence of the step that failed; the whole trace is in Dagster's event log."""
    refused = [said for said in outcome.get_asset_check_evaluations() if _blocks(said)]
    if refused:
        advice = "; ".join(str(said.description) for said in refused)
        return f"the days were published, and {_names(refused)} failed: {advice}"
    failures = [event for event in outcome.all_events if event.is_step_failure]
    for event in failures:
        data = event.step_failure_data
        if data.user_failure_data and data.user_failure_data.description:
            return data.user_failure_data.description
    steps = ", ".join(str(event.step_key) for event in failures) or "the run"
    return (
        f"{steps} failed unexpectedly: {_innermost(failures)}. The whole trace is in Dagster's "
        f"log of run {outcome.run_id}: `sociallive dev` shows it"
    )


def _blocks(said: dg.AssetCheckEvaluation) -> bool:
    is_error = said.severity is dg.AssetCheckSeverity.ERROR
    return bool(said.blocking) and is_error and not said.passed


def _names(checks: Sequence[dg.AssetCheckEvaluation]) -> str:
    return ", ".join(f"{said.check_name} of {said.asset_key.to_user_string()}" for said in checks)


def _innermost(failures: list[dg.DagsterEvent]) -> str:
    """First line of the error that started it all."""
    for event in failures:
        error = event.step_failure_data.error
        while error and error.cause:
            error = error.cause
        if error:
            return error.message.strip().splitlines()[0]
    return "no reason was recorded"
