from datetime import date, timedelta

import pytest
from dagster._daemon.types import DaemonHeartbeat

from assets.resources.clock import utc_now, utc_today
from pipelines.alerts.kinds import FROM_OUTSIDE, Kind, Severity
from pipelines.alerts.problem import Problem
from pipelines.cli.health import Health, health_of, say_problem
from pipelines.cli.status import describe
from pipelines.dagster_home import open_instance
from pipelines.outside import look_from_outside
from schema.errors import ContractError
from tests.fixtures.alerts import problem
from tests.fixtures.command import Command
from tests.fixtures.installation import Installation
from tests.fixtures.past_runs import CodeLocation
from tests.fixtures.published_days import PublishedDays


def live(installation: Installation) -> None:
    """Let all parts of a daemon have beaten just now."""
    with open_instance(installation.settings) as instance:
        for name in instance.get_required_daemon_types():
            instance.add_daemon_heartbeat(DaemonHeartbeat(utc_now().timestamp(), name, "id", []))


def published(installation: Installation, last: date) -> None:
    PublishedDays(installation.settings.home).publish(last - timedelta(days=1), last)


def test_all_well_is_0(installation: Installation, command_here: Command) -> None:
    live(installation)

    code, said = command_here("status", "--exit-code")

    assert code == 0
    assert "Published tables" in said
    assert said.endswith("All is well.")


def test_days_that_are_late_are_3_and_named(
    installation: Installation, command_here: Command
) -> None:
    live(installation)
    published(installation, utc_today() - timedelta(days=4))

    code, said = command_here("status", "--exit-code")

    assert code == 3
    assert "ERROR late-days: " in said
    assert "`sociallive run --from " in said


def test_no_daemon_is_4_only_when_it_is_asked_for(command_here: Command) -> None:
    code, said = command_here("status", "--exit-code")
    usual, nothing_of_it = command_here("status")

    assert code == 4
    assert "ERROR daemon-dead: the Dagster daemon is not alive" in said
    assert usual == 0
    assert "daemon" not in nothing_of_it


def test_a_day_that_is_missing_before_the_newest_is_late_in_its_tables_only() -> None:
    yesterday, before = date(2024, 3, 4), date(2024, 3, 3)
    missing = {before: ["posts", "users"], date(2024, 3, 1): ["posts"]}

    rows = [
        describe((table, 9, yesterday, True, 0, 0), missing)
        for table in ("posts", "users", "comments")
    ]

    assert [row[3] for row in rows] == [
        f"late: {before} is missing, and 1 before it",
        f"late: {before} is missing",
        "final",
    ]


def test_without_exit_code_late_days_failed_checks_and_no_daemon_are_told_as_far_as_they_fail(
    installation: Installation, command_here: Command
) -> None:
    published(installation, utc_today() - timedelta(days=4))
    nothing_ran, before = command_here("status")
    with open_instance(installation.settings) as instance:
        location = CodeLocation(instance)
        location.trouble.error = lambda: ContractError("posts have 2 rows without an author")
        location.run(utc_today() - timedelta(days=4))

    code, said = command_here("status")

    assert (nothing_ran, code) == (0, 0)
    assert "ERROR" not in before
    assert "ERROR run-failed: " in said
    assert "ERROR late-days: " in said
    assert "daemon" not in said


def test_no_database_is_5_and_everything_else_is_looked_at_all_the_same(
    installation: Installation, command_here: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    published(installation, utc_today() - timedelta(days=4))
    monkeypatch.setenv("SOCIALLIVE_DATABASE_URL", "postgresql://me@127.0.0.1:1/nothing")

    code, said = command_here("status", "--exit-code")

    assert code == 5
    assert "ERROR database-down: the platform's database cannot be used" in said
    assert "ERROR daemon-dead" in said
    assert "ERROR late-days" in said


def test_a_storage_of_dagster_that_cannot_be_used_is_4(
    installation: Installation, command_here: Command
) -> None:
    installation.settings.home.mkdir()
    installation.settings.dagster_home.write_text("", encoding="utf-8")

    code, said = command_here("status", "--exit-code")

    assert code == 4
    assert "Dagster's storage cannot be used" in said
    found = look_from_outside(installation.settings, utc_now())
    assert found.looked_for == FROM_OUTSIDE, "what nobody can see is not over"


def test_whoever_looks_from_outside_sees_everything(installation: Installation) -> None:
    found = look_from_outside(installation.settings, utc_now())

    assert found.looked_for == frozenset(Kind), "the end of a dead daemon is told, too"


@pytest.mark.parametrize(
    ("problems", "health"),
    [
        ([], Health.WELL),
        ([problem(severity=Severity.WARNING)], Health.WELL),
        ([problem()], Health.LATE_OR_FAILED),
        ([problem(), problem(kind=Kind.DAEMON_DEAD)], Health.DAEMON_DEAD),
        ([problem(kind=Kind.DATABASE_DOWN), problem(kind=Kind.DAEMON_DEAD)], Health.DATABASE_DOWN),
    ],
)
def test_the_gravest_problem_is_the_exit_code_and_a_warning_is_none(
    problems: list[Problem], health: Health
) -> None:
    assert health_of(problems) is health


def test_what_errors_said_is_not_read_as_markup(capsys: pytest.CaptureFixture[str]) -> None:
    say_problem(problem(sentence="[red]x[/red]\n\x1b[31m[/nothing]"))

    assert "[red]x[/red] [31m[/nothing]" in capsys.readouterr().out
