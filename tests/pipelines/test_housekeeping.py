import dagster as dg
import pytest

from pipelines.definitions import build_definitions
from pipelines.housekeeping import AT
from pipelines.settings import read_settings

JOB = "forget_old_runs"


def test_old_runs_are_forgotten_every_day_by_schedule(instance: dg.DagsterInstance) -> None:
    definitions = build_definitions(read_settings())
    schedule = definitions.resolve_schedule_def(JOB)

    done = definitions.resolve_job_def(JOB).execute_in_process(instance=instance)

    assert done.success
    assert schedule.cron_schedule == AT
    assert schedule.default_status is dg.DefaultScheduleStatus.RUNNING
    said = [entry.user_message for entry in instance.all_logs(done.run_id)]
    assert "0 runs removed, 0 thinned" in said


@pytest.mark.parametrize(
    ("job", "what"),
    [
        *((job, "days") for job in ("daily", "keep_erased")),
        *((f"report_each_{period}", "pages") for period in ("day", "week", "month")),
    ],
)
def test_runs_that_write_the_same_wait_for_each_other(
    job: str, what: str, instance: dg.DagsterInstance
) -> None:
    definitions = build_definitions(read_settings())

    tags = definitions.resolve_job_def(job).tags

    queue = instance.get_concurrency_config().run_queue_config
    assert queue is not None
    [limit, _backfills] = queue.tag_concurrency_limits
    assert limit["key"] in tags
    assert tags[limit["key"]] == what
    assert limit["value"] == {"applyLimitPerUniqueValue": True}
    assert limit["limit"] == 1
