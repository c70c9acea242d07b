from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta

import dagster as dg
import pytest

from assets.partitions import daily_partitions, selected_days
from pipelines.alerts.failed_runs import find_failed_runs
from pipelines.alerts.problem import Problem
from pipelines.past_runs import BY_HAND
from schema.errors import ContractError
from tests.fixtures.past_runs import DAYS, QUIET, CodeLocation

NO_TAGS: Mapping[str, str] = {}
RETRIED_AS = "dagster/auto_retry_run_id"
FIRST, SECOND, THIRD = date(2024, 3, 1), date(2024, 3, 2), date(2024, 3, 3)


def problems(location: CodeLocation, news_since: datetime | None = None) -> list[Problem]:
    now = datetime.now(UTC)
    return list(find_failed_runs(location.instance, news_since=news_since or now, now=now))


def refuse() -> Exception:
    return ContractError("posts of 2024-03-01 have 2 rows without an author: mend them")


def crash() -> Exception:
    error = RuntimeError("outer")
    error.__cause__ = KeyError("inner")
    return error


def test_a_failed_run_is_told_in_the_sentence_of_its_step(location: CodeLocation) -> None:
    location.trouble.error = refuse
    run_id = location.run(FIRST, SECOND)

    [problem] = problems(location)

    assert problem.subject == "daily of 2024-03-01 to 2024-03-02 failed in numbers"
    assert problem.sentence == "posts of 2024-03-01 have 2 rows without an author: mend them"
    assert problem.key == "run-failed daily numbers ContractError"
    assert problem.path == f"/runs/{run_id}"


def test_what_nobody_expected_is_told_by_the_innermost_error(location: CodeLocation) -> None:
    location.trouble.error = crash
    location.run(FIRST)

    [problem] = problems(location)

    assert "numbers failed unexpectedly: KeyError: 'inner'." in problem.sentence
    assert problem.key == "run-failed daily numbers KeyError"


def test_the_same_failure_on_other_days_is_the_same_problem_and_another_is_not(
    location: CodeLocation,
) -> None:
    location.trouble.error = refuse
    location.run(FIRST)
    location.run(SECOND)
    location.trouble.error = crash
    location.run(THIRD)
    location.run(job="overview_page")

    found = {problem.key: problem.subject for problem in problems(location)}

    assert found == {
        "run-failed daily numbers ContractError": "daily of 2024-03-02 failed in numbers",
        "run-failed daily numbers KeyError": "daily of 2024-03-03 failed in numbers",
        "run-failed overview_page overview KeyError": "overview_page failed in overview",
    }


def test_a_failure_is_over_when_later_runs_have_done_all_of_its_days(
    location: CodeLocation,
) -> None:
    location.run(FIRST, THIRD)
    location.trouble.error = refuse
    location.run(FIRST, THIRD)
    location.trouble.error = None
    earlier_success_does_not_count = problems(location)
    location.run(FIRST, SECOND)
    location.run(job="overview_page")
    a_day_is_left = problems(location)
    location.run(THIRD)

    assert len(earlier_success_does_not_count) == len(a_day_is_left) == 1
    assert problems(location) == []


def test_a_failure_that_was_mended_since_the_last_look_is_told_all_the_same(
    location: CodeLocation,
) -> None:
    looked_at = datetime.now(UTC)
    location.trouble.error = refuse
    location.run(FIRST)
    location.trouble.error = None
    location.run(FIRST)

    assert len(problems(location, news_since=looked_at)) == 1
    assert problems(location) == []


def test_a_run_without_days_is_mended_by_the_next_one(location: CodeLocation) -> None:
    location.trouble.error = refuse
    location.run(job="overview_page")
    location.trouble.error = None
    location.run(FIRST)
    after_another_job = problems(location)
    location.run(job="overview_page")

    assert len(after_another_job) == 1
    assert problems(location) == []


@pytest.mark.parametrize("selected", [None, ["numbers"]])
def test_a_run_of_selected_assets_is_mended_by_one_of_the_whole_job(
    location: CodeLocation, selected: list[str] | None
) -> None:
    location.trouble.error = refuse
    location.run(FIRST, assets=["numbers"])
    failed = problems(location)
    location.trouble.error = None
    location.run(FIRST, assets=selected)

    assert len(failed) == 1
    assert problems(location) == []


def test_what_dagster_itself_tries_again_is_no_problem_yet(location: CodeLocation) -> None:
    location.trouble.error = crash
    location.run(FIRST, tags={"dagster/will_retry": "true"})

    assert problems(location) == []


@pytest.mark.parametrize(("retry", "is_told"), [({}, True), ({RETRIED_AS: "another"}, False)])
def test_what_dagster_was_to_try_again_and_did_not_is_told(
    retry: dict[str, str], is_told: bool, location: CodeLocation
) -> None:
    location.trouble.error = crash
    location.run(FIRST, tags={"dagster/will_retry": "true", **retry})
    later = datetime.now(UTC) + timedelta(minutes=16)

    found = list(find_failed_runs(location.instance, news_since=later, now=later))

    assert len(found) == is_told


def test_a_run_that_a_check_stopped_is_told_in_the_sentence_of_the_check() -> None:
    @dg.asset
    def numbers() -> None:
        """Published before they are checked."""

    @dg.asset(deps=[numbers])
    def ranking() -> None:
        """Waits for the check."""

    @dg.asset_check(asset=numbers, blocking=True)
    def explained() -> dg.AssetCheckResult:
        return dg.AssetCheckResult(passed=False, description="likes differ: run the day again")

    with dg.DagsterInstance.ephemeral() as instance:
        dg.materialize(
            [numbers, ranking, explained],
            instance=instance,
            run_config=QUIET,
            raise_on_error=False,
        )
        now = datetime.now(UTC)
        [problem] = find_failed_runs(instance, news_since=now, now=now)

    assert "explained of numbers failed: likes differ: run the day again" in problem.sentence
    assert problem.key.endswith("explained of numbers")


def test_days_that_somebody_wrote_by_hand_and_wrong_stop_nothing(location: CodeLocation) -> None:
    location.trouble.error = crash
    location.run(job="overview_page", tags={"dagster/partition": "yesterday"})

    assert [problem.subject for problem in problems(location)] == [
        "overview_page failed in overview"
    ]


def test_what_somebody_materialized_by_hand_is_mended_by_hand_or_by_the_daily_job(
    location: CodeLocation,
) -> None:
    location.trouble.error = crash
    location.run(FIRST, job=BY_HAND, assets=["numbers"])
    location.run(job=BY_HAND, assets=["overview"])
    failed = [problem.subject for problem in problems(location)]
    location.trouble.error = None
    location.run(job=BY_HAND, assets=["overview"])
    other_asset = [problem.subject for problem in problems(location)]
    location.run(FIRST)

    assert failed == [
        "a run started by hand failed in overview",
        "a run started by hand of 2024-03-01 failed in numbers",
    ]
    assert other_asset == failed[1:]
    assert problems(location) == []


def test_a_run_by_hand_without_days_is_mended_by_no_day_of_the_daily_job(
    location: CodeLocation,
) -> None:
    location.trouble.error = crash
    location.run(job=BY_HAND, assets=["overview"])
    location.trouble.error = None
    location.run(FIRST)

    assert len(problems(location)) == 1


def test_what_failed_by_hand_is_mended_by_its_own_assets_only(location: CodeLocation) -> None:
    location.trouble.error = crash
    for asset in ("numbers", "overview"):
        location.run(FIRST, job=BY_HAND, assets=[asset])
    failed = {problem.key for problem in problems(location)}
    location.trouble.error = None
    location.run(FIRST, job=BY_HAND, assets=["overview"])

    of_numbers = f"run-failed {BY_HAND} numbers KeyError"
    assert failed == {of_numbers, f"run-failed {BY_HAND} overview KeyError"}
    assert [problem.key for problem in problems(location)] == [of_numbers]


def test_what_failed_by_hand_is_watched_for_two_days_only(location: CodeLocation) -> None:
    location.trouble.error = crash
    location.run(FIRST, job=BY_HAND, assets=["numbers"])
    location.run(job="overview_page")
    now = datetime.now(UTC)

    def told(later: datetime) -> list[str]:
        found = find_failed_runs(location.instance, news_since=later, now=later)
        return [problem.subject for problem in found]

    assert len(told(now + timedelta(hours=47))) == 2
    assert told(now + timedelta(hours=49)) == ["overview_page failed in overview"]


@pytest.mark.parametrize(
    ("selected", "tag"),
    [
        ([], None),
        (["numbers", "ranking"], None),
        (["ranking"], "dagster/parent_run_id"),
        (["ranking"], "dagster/root_run_id"),
    ],
)
def test_a_run_of_the_whole_job_is_mended_by_all_that_it_was_to_make(
    selected: list[str], tag: str | None
) -> None:
    trouble = [True]

    @dg.asset(partitions_def=DAYS)
    def numbers() -> None: ...

    @dg.asset(partitions_def=DAYS, deps=[numbers])
    def ranking() -> None:
        if trouble:
            raise refuse()

    definitions = dg.Definitions(
        assets=[numbers, ranking],
        jobs=[dg.define_asset_job("daily", [numbers.key, ranking.key])],
        executor=dg.in_process_executor,
    )
    with dg.DagsterInstance.ephemeral() as instance:

        def run(*selected: str, tags: Mapping[str, str] = NO_TAGS) -> str:
            done = definitions.resolve_job_def("daily").execute_in_process(
                run_config=QUIET,
                instance=instance,
                partition_key=str(FIRST),
                asset_selection=[dg.AssetKey(name) for name in selected] or None,
                tags=dict(tags),
                raise_on_error=False,
            )
            return done.run_id

        def failures() -> int:
            now = datetime.now(UTC)
            return len(list(find_failed_runs(instance, news_since=now, now=now)))

        failed = run()
        trouble.clear()
        run("numbers")
        run("ranking")
        after_some = failures()
        # With a tag, Dagster went on from where it, or its retry, had failed.
        run(*selected, tags={tag: failed} if tag else NO_TAGS)
        mended = failures()

    assert (after_some, mended) == (1, 0)


def test_nobody_hears_of_failures_of_long_ago(location: CodeLocation) -> None:
    location.trouble.error = crash
    location.run(FIRST)
    later = datetime.now(UTC) + timedelta(days=15)

    assert list(find_failed_runs(location.instance, news_since=later, now=later)) == []


def test_a_run_of_a_day_that_does_not_exist_is_told_once_and_nothing_is_left_to_mend() -> None:
    @dg.asset(partitions_def=daily_partitions(FIRST))
    def numbers(context: dg.AssetExecutionContext) -> None:
        selected_days(context)

    looked_at = datetime.now(UTC)
    with dg.DagsterInstance.ephemeral() as instance:
        dg.materialize(
            [numbers],
            instance=instance,
            run_config=QUIET,
            tags={"dagster/partition": "2999-01-01"},
            raise_on_error=False,
        )
        now = datetime.now(UTC)
        [news] = find_failed_runs(instance, news_since=looked_at, now=now)
        lasting = list(find_failed_runs(instance, news_since=now, now=now))

    assert "there is no partition 2999-01-01: choose partitions from 2024-03-01" in news.sentence
    assert lasting == []


def test_a_run_that_ended_before_its_first_step_is_told(location: CodeLocation) -> None:
    job = location.definitions.resolve_job_def("overview_page")
    run = location.instance.create_run_for_job(job)
    location.instance.report_run_failed(run, "the process was killed")

    [problem] = problems(location)

    assert problem.subject == "overview_page failed"
    assert "the run failed unexpectedly: the process was killed." in problem.sentence
