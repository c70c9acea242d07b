from datetime import UTC, date, datetime

import dagster as dg

from pipelines.alerts.failed_checks import CheckResults, find_failed_checks
from pipelines.alerts.kinds import Severity
from schema.errors import ContractError
from tests.fixtures.past_runs import CodeLocation

FIRST, SECOND = date(2024, 3, 1), date(2024, 3, 2)
WARN, ERROR = dg.AssetCheckSeverity.WARN, dg.AssetCheckSeverity.ERROR


def results(
    location: CodeLocation,
    *,
    news_since: datetime | None = None,
    in_progress: frozenset[str] = frozenset(),
) -> CheckResults:
    return find_failed_checks(
        location.instance,
        location.check_keys,
        in_progress=in_progress,
        news_since=news_since or datetime.now(UTC),
    )


def test_failed_checks_of_a_run_that_succeeded_are_told_errors_apart_from_warnings(
    location: CodeLocation,
) -> None:
    location.trouble.failing = {"first": ERROR, "second": WARN}
    run_id = location.run(FIRST)
    run = location.instance.get_run_by_id(run_id)

    found = results(location).problems

    assert run is not None
    assert run.status is dg.DagsterRunStatus.SUCCESS
    assert {(p.subject, p.severity, p.sentence) for p in found} == {
        ("check first of numbers failed", Severity.ERROR, "first differs"),
        ("check second of numbers warns", Severity.WARNING, "second differs"),
    }
    assert found[0].path == "/assets/numbers?view=checks&checkDetail=first"


def test_a_check_is_well_again_when_its_newest_result_is(location: CodeLocation) -> None:
    location.trouble.failing = {"first": ERROR}
    location.run(FIRST)
    location.trouble.failing.clear()
    location.run(SECOND)

    assert results(location).problems == []


def test_a_failure_that_another_run_has_hidden_since_the_last_look_is_told(
    location: CodeLocation,
) -> None:
    looked_at = datetime.now(UTC)
    location.trouble.failing = {"first": ERROR}
    location.run(FIRST)
    location.trouble.failing.clear()
    location.run(SECOND)

    found = results(location, news_since=looked_at).problems

    assert [problem.key for problem in found] == ["failed-check numbers first"]


def test_a_failure_in_a_run_that_failed_itself_is_told_though_another_has_hidden_it(
    location: CodeLocation,
) -> None:
    looked_at = datetime.now(UTC)
    location.trouble.failing = {"first": ERROR}
    run_id = location.run(FIRST)
    run = location.instance.get_run_by_id(run_id)
    assert run is not None
    location.instance.report_run_failed(run)
    location.trouble.failing.clear()
    location.run(SECOND)

    found = results(location, news_since=looked_at).problems

    assert [problem.key for problem in found] == ["failed-check numbers first"]


def test_of_several_failures_since_the_last_look_the_newest_is_told(location: CodeLocation) -> None:
    looked_at = datetime.now(UTC)
    for severity in (WARN, ERROR):
        location.trouble.failing = {"first": severity}
        location.run(FIRST)
    newest = results(location, news_since=looked_at).problems
    location.trouble.failing.clear()
    location.run(FIRST)

    hidden = results(location, news_since=looked_at).problems

    assert [problem.severity for problem in newest] == [Severity.ERROR]
    assert [problem.severity for problem in hidden] == [Severity.ERROR]


def test_results_of_a_run_in_progress_are_waited_for(location: CodeLocation) -> None:
    location.trouble.failing = {"first": ERROR}
    run_id = location.run(FIRST)

    found = results(location, in_progress=frozenset({run_id}))

    assert found.problems == []
    assert "failed-check numbers first" in found.undecided


def test_what_a_run_in_progress_checks_again_is_waited_for_though_it_has_just_failed(
    location: CodeLocation,
) -> None:
    looked_at = datetime.now(UTC)
    location.trouble.failing = {"first": ERROR}
    location.run(FIRST)
    again = location.run(FIRST)

    found = results(location, news_since=looked_at, in_progress=frozenset({again}))

    assert found.problems == []


def test_a_failed_check_stays_so_when_a_later_run_never_came_to_it(location: CodeLocation) -> None:
    location.run(FIRST)
    location.trouble.failing = {"first": ERROR}
    location.run(FIRST)
    location.trouble.failing.clear()
    location.trouble.error = lambda: ContractError("no")
    location.run(SECOND)

    assert [p.key for p in results(location).problems] == ["failed-check numbers first"]


def test_nobody_hears_of_checks_that_are_not_asked_for(location: CodeLocation) -> None:
    looked_at = datetime.now(UTC)
    location.trouble.failing = {"first": ERROR}
    location.run(FIRST)

    found = find_failed_checks(
        location.instance, location.check_keys[1:], in_progress=frozenset(), news_since=looked_at
    )

    assert found.problems == []


def test_checks_that_never_ran_are_no_problem(location: CodeLocation) -> None:
    assert results(location) == CheckResults([], frozenset())
