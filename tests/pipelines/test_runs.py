from datetime import date
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.execution.retries import auto_reexecution_should_retry_run

from assets.resources.engine import EngineName
from pipelines.dagster_home import open_instance
from pipelines.runs import run_daily_job
from pipelines.settings import Settings
from schema.errors import RunFailedError
from schema.windows import DayRange
from tests.fixtures.listening import free_port

FIRST, LAST = date(2024, 2, 28), date(2024, 2, 29)


@pytest.fixture
def failing(tmp_path: Path) -> Settings:
    """An installation whose database is not there."""
    nowhere = f"postgresql://nobody@127.0.0.1:{free_port()}/none"
    return Settings(tmp_path, nowhere, EngineName.DUCKDB, FIRST)


@pytest.mark.parametrize(
    ("days", "shown"),
    [
        (DayRange(FIRST, LAST), ("days", "2024-02-28 to 2024-02-29")),
        (DayRange(LAST, LAST), ("dagster/partition", "2024-02-29")),
    ],
)
def test_a_run_of_a_command_is_listed_with_those_of_its_job_and_says_its_days(
    failing: Settings, days: DayRange, shown: tuple[str, str]
) -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        with pytest.raises(RunFailedError):
            run_daily_job(failing, days, instance=instance)
        # As the page of a job asks for its runs.
        of_job = dg.RunsFilter(
            job_name="daily", tags={".dagster/repository": "__repository__@sociallive_analytics"}
        )
        [run] = instance.get_runs(of_job)

    assert shown in run.tags.items()


def test_the_list_of_runs_shows_of_a_command_its_days_and_what_its_run_waits_for(
    failing: Settings,
) -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        with pytest.raises(RunFailedError):
            run_daily_job(failing, DayRange(FIRST, LAST), instance=instance)
        [run] = instance.get_runs()

    # It folds away what begins with `dagster/`, and hides what begins with `.dagster/`.
    shown = {key for key in run.tags if not key.startswith(("dagster/", ".dagster/"))}
    assert shown == {"days", "sociallive/one_at_a_time"}


def test_a_run_of_a_command_is_on_the_timeline_and_never_tried_again_by_the_daemon(
    failing: Settings,
) -> None:
    with open_instance(failing) as instance:
        with pytest.raises(RunFailedError):
            run_daily_job(failing, DayRange(LAST, LAST), instance=instance)
        [run] = instance.get_runs()
        # Its process was killed: what Dagster tries again, unless the run says otherwise.
        killed = auto_reexecution_should_retry_run(instance, run, None)

    # The timeline leaves out runs without an origin.
    assert run.remote_job_origin is not None
    assert run.remote_job_origin.repository_origin.get_label() == (
        "__repository__@sociallive_analytics"
    )
    assert not killed
