from collections.abc import Iterator

import dagster as dg
import pytest

from reports.overview.checks import check_keys, newest_results
from reports.overview.facts import CheckOutcome


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as instance:
        yield instance


def check_that(
    name: str, *, passes: bool, severity: dg.AssetCheckSeverity
) -> dg.AssetChecksDefinition:
    @dg.asset_check(asset="posts", name=name)
    def check() -> dg.AssetCheckResult:
        return dg.AssetCheckResult(passed=passes, severity=severity, description=f"{name} it did")

    return check


def test_the_newest_result_of_each_check_is_told(instance: dg.DagsterInstance) -> None:
    warning, error = dg.AssetCheckSeverity.WARN, dg.AssetCheckSeverity.ERROR
    first = [check_that("counters", passes=True, severity=error)]
    later = [
        check_that("counters", passes=False, severity=error),
        check_that("volume", passes=False, severity=warning),
        check_that("files", passes=True, severity=error),
    ]
    for checks in (first, later):
        job = dg.define_asset_job("checks", selection=dg.AssetSelection.checks(*checks))
        definitions = dg.Definitions(asset_checks=checks, jobs=[job])
        definitions.resolve_job_def("checks").execute_in_process(instance=instance)

    rows = newest_results(instance, check_keys(later)).select(
        "check_name", "outcome", "description"
    )

    assert rows.rows() == [
        ("counters", CheckOutcome.FAILED.value, "counters it did"),
        ("files", CheckOutcome.PASSED.value, "files it did"),
        ("volume", CheckOutcome.WARNED.value, "volume it did"),
    ]


def test_checks_that_never_ran_are_not_there(instance: dg.DagsterInstance) -> None:
    key = dg.AssetCheckKey(dg.AssetKey("posts"), "counters")

    assert newest_results(instance, [key]).is_empty()


def test_a_check_that_came_to_no_result_says_so(instance: dg.DagsterInstance) -> None:
    @dg.asset_check(asset="posts", name="counters")
    def broken() -> dg.AssetCheckResult:
        raise RuntimeError("on purpose")

    job = dg.define_asset_job("checks", selection=dg.AssetSelection.checks(broken))
    definitions = dg.Definitions(asset_checks=[broken], jobs=[job])
    definitions.resolve_job_def("checks").execute_in_process(
        instance=instance, raise_on_error=False
    )

    outcomes = newest_results(instance, check_keys([broken]))["outcome"].to_list()

    assert outcomes == [CheckOutcome.UNFINISHED.value]
