"""A process that runs one day after the other, for as long as it is told days.

It reads a day per line, runs the daily job and what follows in the night, and answers with a line:
empty, or why a run failed.
"""

import sys
from datetime import date

import dagster as dg

from pipelines.dagster_home import open_instance
from pipelines.definitions import build_definitions
from pipelines.failures import failure_of
from pipelines.runs import QUIET, run_daily_job
from pipelines.settings import read_settings
from schema.errors import PipelineError, RunFailedError
from schema.windows import DayRange, parse_day
from tests.soak.telling import tell

REPORTS = "report_each_day"
IN_THE_NIGHT = ("deliver_reports", "clean_up_expired_rows", "make_partitions", "forget_old_runs")


def main() -> None:
    """Answer until nobody asks any more; a failed run is an answer, and no end."""
    settings = read_settings()
    definitions = build_definitions(settings)
    with open_instance(settings) as instance:
        for line in iter(sys.stdin.readline, ""):
            day = parse_day(line.strip())
            said = ""
            try:
                run_daily_job(settings, DayRange(day, day), instance=instance)
                run_the_rest(definitions, instance, day)
            except PipelineError as error:
                said = " ".join(str(error).split())
            tell(said)


def run_the_rest(definitions: dg.Definitions, instance: dg.DagsterInstance, day: date) -> None:
    """The day's reports and what keeps house.

    Raises:
        RunFailedError: one of the jobs failed.
    """
    for name in (REPORTS, *IN_THE_NIGHT):
        outcome = definitions.resolve_job_def(name).execute_in_process(
            run_config=QUIET,
            instance=instance,
            partition_key=day.isoformat() if name == REPORTS else None,
            raise_on_error=False,
        )
        if not outcome.success:
            failure = failure_of(outcome.all_events, outcome.run_id)
            raise RunFailedError(f"{name}: {failure.sentence}")


if __name__ == "__main__":
    main()
