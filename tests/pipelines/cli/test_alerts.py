import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from assets.resources.clock import utc_now
from pipelines.alerts.kinds import Severity
from pipelines.alerts.message import Event
from pipelines.alerts.notebook import LOCK, Notebook, Notes, OpenProblem
from tests.fixtures.alerts import HOUR, MINUTE, NOW, message, problem
from tests.fixtures.command import Command
from tests.fixtures.installation import Installation
from tests.fixtures.webhook import Receiver, Reply, running_receiver


@pytest.fixture
def receiver(monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    with running_receiver() as running:
        monkeypatch.setenv("SOCIALLIVE_ALERT_WEBHOOK", f"{running.url}/T0KEN")
        yield running


@pytest.fixture
def mailed(monkeypatch: pytest.MonkeyPatch, installation: Installation) -> Path:
    monkeypatch.setenv("SOCIALLIVE_ALERT_MAIL", "ops@example.org")
    return installation.settings.outbox / "alerts"


def test_where_nobody_has_looked_and_nobody_is_told_it_says_so(command_here: Command) -> None:
    code, said = command_here("alerts")

    assert code == 0
    assert "Nobody has looked yet." in said
    assert "set SOCIALLIVE_ALERT_MAIL to an address" in said


def test_open_problems_are_listed_with_since_when_and_how_often_they_were_told(
    installation: Installation, command_here: Command, receiver: Receiver
) -> None:
    lasting = problem("a", sentence="[bold]quoted[/bold]")
    waiting = message(lasting, event=Event.REMINDER, channels=("webhook",))
    notes = Notes(
        {
            "b": OpenProblem(problem("b", severity=Severity.WARNING, subject="drill"), NOW),
            "a": OpenProblem(lasting, NOW, 2, NOW + HOUR, Severity.ERROR),
        },
        (waiting.missed_by("webhook", NOW),),
        NOW + HOUR,
    )
    Notebook(installation.settings.alerts).write(notes)

    code, said = command_here("alerts")

    assert code == 0
    assert "run-failed │ error │ 2024-03-05 09:00 UTC │ 2 │ 2024-03-05 10:00 UTC" in said
    assert said.index("daily of 2024-03-04") < said.index("drill")
    assert "[bold]quoted[/bold]" in said
    assert "what to do: docs/runbook/run-failed.md" in said
    assert "Not sent yet by webhook: a message of 2024-03-05 09:00 UTC, 1 attempts" in said
    assert "Told by webhook: the webhook at 127.0.0.1:" in said
    assert "T0KEN" not in said


def test_a_test_goes_out_by_every_channel(
    command_here: Command, receiver: Receiver, mailed: Path
) -> None:
    code, said = command_here("alerts", "--test")

    assert code == 0
    assert "mail: taken (ops@example.org by files in " in said
    assert "webhook: taken" in said
    assert receiver.taken == ["Test: this channel works"]
    assert len(list(mailed.glob("*-test-*.eml"))) == 1


def test_a_test_that_a_channel_does_not_take_fails(
    command_here: Command, receiver: Receiver
) -> None:
    receiver.plan = [Reply.FAIL]

    code, said = command_here("alerts", "--test")

    assert code == 1
    assert "500 Broken" in said
    assert "the test did not go out by webhook" in said


def test_a_test_without_channels_says_what_to_set(command_here: Command) -> None:
    code, said = command_here("alerts", "--test")

    assert code == 2
    assert "SOCIALLIVE_ALERT_WEBHOOK" in said


def test_a_test_and_a_look_from_outside_are_two_commands(command_here: Command) -> None:
    code, said = command_here("alerts", "--test", "--notify")

    assert code == 2
    assert "give one of them" in said


def test_a_look_from_outside_tells_of_a_dead_daemon_once(
    command_here: Command, receiver: Receiver
) -> None:
    first = command_here("alerts", "--notify")
    second = command_here("alerts", "--notify")
    _code, listed = command_here("alerts")

    assert first == (0, "1 message sent.")
    assert second == (0, "0 messages sent.")
    assert receiver.taken == ["Alert: the Dagster daemon is not alive"]
    assert "the Dagster daemon is not alive │ daemon-dead" in listed


@pytest.mark.fault
@pytest.mark.parametrize(("minutes", "code"), [(1, 0), (10, 1)])
def test_a_look_from_outside_waits_for_another_process_but_not_for_one_that_hangs(
    minutes: int, code: int, command_here: Command, installation: Installation
) -> None:
    notebook = Notebook(installation.settings.alerts)
    since = (utc_now() - minutes * MINUTE).timestamp()
    with notebook.locked():
        os.utime(notebook.folder / LOCK, (since, since))

        ended, said = command_here("alerts", "--notify")

    assert ended == code
    assert ("nobody hears of anything" in said) == bool(code)


def test_a_look_from_outside_whose_word_does_not_get_out_fails(
    command_here: Command, receiver: Receiver
) -> None:
    receiver.plan = [Reply.FAIL]

    code, said = command_here("alerts", "--notify")

    assert code == 1
    assert "tried again with the next look" in said
