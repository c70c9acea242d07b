"""Why a run failed: the sentence of the step that did."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import dagster as dg
from dagster._core.errors import DagsterExecutionInterruptedError

# DuckDB makes an error of its own of an interruption.
INTERRUPTED = (DagsterExecutionInterruptedError.__name__, "Query interrupted")


@dataclass(frozen=True, slots=True)
class Failure:
    """What made a run fail; `reason` is the class of the innermost error."""

    step: str
    reason: str
    sentence: str


def failure_of(events: Iterable[dg.DagsterEvent], run_id: str) -> Failure:
    """Find the sentence; the whole trace is in Dagster's event log."""
    told = list(events)
    refused = _refusing_checks(told)
    if refused:
        return refused
    failures = [event for event in told if event.is_step_failure or event.is_run_failure]
    steps = [event for event in failures if event.is_step_failure]
    said, reason = _innermost(steps or failures)
    where = ", ".join(str(event.step_key) for event in steps) or "the run"
    if any(words in said for words in INTERRUPTED):
        sentence = f"{where} was interrupted: what was published is whole; run it again to go on"
        return Failure(str(steps[0].step_key) if steps else "", reason, sentence)
    for event in steps:
        data = event.step_failure_data
        if data.user_failure_data and data.user_failure_data.description:
            _message, reason = _innermost([event])
            return Failure(str(event.step_key), reason, data.user_failure_data.description)
    sentence = (
        f"{where} failed unexpectedly: {said.rstrip('.')}. The whole trace is in "
        f"Dagster's log of run {run_id}: the Dagster UI shows it"
    )
    return Failure(str(steps[0].step_key) if steps else "", reason, sentence)


def _refusing_checks(events: Sequence[dg.DagsterEvent]) -> Failure | None:
    """What the checks said that stopped the run: its step only says that they failed."""
    evaluations = [
        event.asset_check_evaluation_data
        for event in events
        if event.event_type is dg.DagsterEventType.ASSET_CHECK_EVALUATION
    ]
    refused = [said for said in evaluations if _blocks(said)]
    if not refused:
        return None
    names = ", ".join(f"{said.check_name} of {said.asset_key.to_user_string()}" for said in refused)
    advice = "; ".join(str(said.description) for said in refused)
    sentence = f"the days were published, and {names} failed: {advice}"
    return Failure(step="", reason=names, sentence=sentence)


def _blocks(said: dg.AssetCheckEvaluation) -> bool:
    is_error = said.severity is dg.AssetCheckSeverity.ERROR
    return bool(said.blocking) and is_error and not said.passed


def _innermost(failures: list[dg.DagsterEvent]) -> tuple[str, str]:
    """First line of the error that started it all, and its class."""
    for event in failures:
        data = event.step_failure_data if event.is_step_failure else event.event_specific_data
        error = getattr(data, "error", None)
        while error and error.cause:
            error = error.cause
        if error:
            return error.message.strip().splitlines()[0], error.cls_name or ""
    said = next((event.message for event in failures if event.message), None)
    return said or "no reason was recorded", ""
