from datetime import date
from pathlib import Path

import dagster as dg
import pytest

from assets.resources.engine import EngineName
from pipelines.runs import run_daily_job
from pipelines.settings import Settings
from schema.errors import RunFailedError
from schema.windows import DayRange
from tests.fixtures.listening import free_port

FIRST, LAST = date(2024, 2, 28), date(2024, 2, 29)


@pytest.mark.parametrize(
    ("days", "shown"),
    [
        (DayRange(FIRST, LAST), ("days", "2024-02-28 to 2024-02-29")),
        (DayRange(LAST, LAST), ("dagster/partition", "2024-02-29")),
    ],
)
def test_a_run_of_a_command_is_listed_with_those_of_its_job_and_says_its_days(
    tmp_path: Path, days: DayRange, shown: tuple[str, str]
) -> None:
    nowhere = f"postgresql://nobody@127.0.0.1:{free_port()}/none"
    settings = Settings(tmp_path, nowhere, EngineName.DUCKDB, FIRST)

    with dg.DagsterInstance.ephemeral() as instance:
        with pytest.raises(RunFailedError):
            run_daily_job(settings, days, instance=instance)
        # As the page of a job asks for its runs.
        of_job = dg.RunsFilter(
            job_name="daily", tags={".dagster/repository": "__repository__@sociallive_analytics"}
        )
        [run] = instance.get_runs(of_job)

    assert run.remote_job_origin is None
    assert shown in run.tags.items()
