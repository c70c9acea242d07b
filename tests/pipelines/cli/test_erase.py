import os
import pty
import sys
from collections.abc import Callable
from datetime import date

import pytest
import typer
from typer.testing import CliRunner

from assets.lifecycle.erasure import Erasure
from assets.lifecycle.erasure_again import AGAIN
from assets.lifecycle.erasure_receipt import Receipt, Removed, write_receipt
from assets.resources.postgres import Postgres
from pipelines.cli.erase import erase_user
from pipelines.cli.main import app, obey
from pipelines.cli.refusals import FAILED
from pipelines.erasing import erasure_of, receipts_to_correct
from schema.errors import CorruptPartitionError, UsageError
from tests.fixtures import canary
from tests.fixtures.installation import Installation

Erase = Callable[..., str]


@pytest.fixture
def lives(installation: Installation, monkeypatch: pytest.MonkeyPatch) -> Installation:
    """An account and nothing else; commands mean this installation."""
    installation.execute(canary.STATEMENTS[0], canary.VALUES)
    monkeypatch.setenv("SOCIALLIVE_DATABASE_URL", installation.url)
    monkeypatch.setenv("SOCIALLIVE_HOME", str(installation.settings.home))
    return installation


@pytest.fixture
def erase(lives: Installation, capsys: pytest.CaptureFixture[str]) -> Erase:
    def run(named: str | None = canary.USERNAME, **options: bool) -> str:
        usual = {"again": False, "dry_run": False, "without_asking": False, "correct": True}
        erase_user(named, **usual | options)
        return " ".join(capsys.readouterr().out.split())

    return run


def accounts(installation: Installation) -> int:
    return len(installation.rows("SELECT FROM users"))


def work_of(installation: Installation) -> Erasure:
    return erasure_of(installation.settings, Postgres(installation.url), lambda _said: None)


def test_without_a_terminal_it_goes_ahead_and_leaves_a_receipt(
    lives: Installation, erase: Erase
) -> None:
    said = erase()

    assert accounts(lives) == 0
    assert "users" in said
    receipts = list((lives.settings.erasures).glob("*.json"))
    assert len(receipts) == 1
    assert str(receipts[0]) in said.replace(" ", "")
    assert canary.MARK not in receipts[0].read_text() + said


def test_at_a_terminal_it_asks_first(
    lives: Installation, erase: Erase, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours, theirs = pty.openpty()
    with os.fdopen(theirs) as terminal:
        monkeypatch.setattr(sys, "stdin", terminal)
        os.write(ours, b"n\n")
        with pytest.raises(typer.Abort):
            erase()
        assert accounts(lives) == 1

        erase(without_asking=True)
    os.close(ours)

    assert accounts(lives) == 0


def test_a_dry_run_counts_and_changes_nothing(lives: Installation, erase: Erase) -> None:
    said = erase(dry_run=True)

    assert "Would be removed" in said
    assert "users" in said
    assert accounts(lives) == 1
    assert not lives.settings.erasures.exists()


def test_one_who_was_erased_is_known_and_a_stranger_is_not(
    lives: Installation, erase: Erase
) -> None:
    erase()

    for named in (canary.USERNAME, str(canary.ID)):
        assert "erased already" in erase(named)
        assert "erased already" in erase(named, dry_run=True)
    with pytest.raises(UsageError, match=r"nobody has the username or id '\\udcff'"):
        erase("\udcff")
    with pytest.raises(UsageError, match="nobody has the username or id 'stranger'"):
        erase("stranger")


def test_one_whom_the_platform_has_deleted_is_erased_by_id(
    lives: Installation, erase: Erase
) -> None:
    lives.execute(
        "INSERT INTO audit_log (table_name, operation, user_id) VALUES ('posts', 'UPDATE', %(id)s)",
        {"id": canary.ID},
    )
    lives.execute("DELETE FROM users WHERE id = %(id)s", {"id": canary.ID})

    assert "has deleted that account already" in erase(str(canary.ID), dry_run=True)
    erase(str(canary.ID))

    assert lives.rows("SELECT user_id FROM audit_log") == [(None,)]
    assert "erased already" in erase(str(canary.ID))
    with pytest.raises(UsageError, match="the id of an account that the platform has deleted"):
        erase(str(canary.canary_id("stranger")))


def test_a_stopped_erasure_goes_on_although_the_account_is_gone(
    lives: Installation, erase: Erase
) -> None:
    class StoppedError(Exception):
        pass

    def stop_at(said: str) -> None:
        if said.startswith("looking through the lake"):
            raise StoppedError

    stopped = erasure_of(lives.settings, Postgres(lives.url), stop_at)
    account = stopped.find(canary.USERNAME)
    assert account
    with pytest.raises(StoppedError):
        stopped.go_on(stopped.begin(account))

    assert "users │ 1" in erase()
    assert work_of(lives).unfinished() == []


@pytest.mark.parametrize(
    ("named", "options"),
    [(None, {}), ("somebody", {"again": True}), (None, {"again": True, "dry_run": True})],
)
def test_an_unclear_request_is_refused(
    erase: Erase, named: str | None, options: dict[str, bool]
) -> None:
    with pytest.raises(UsageError, match="say whom to erase"):
        erase(named, **options)


def test_a_no_at_the_terminal_ends_the_command_in_one_sentence(
    lives: Installation, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["sociallive", "erase", canary.USERNAME])
    ours, theirs = pty.openpty()
    with os.fdopen(theirs) as terminal:
        monkeypatch.setattr(sys, "stdin", terminal)
        os.write(ours, b"n\n")
        with pytest.raises(SystemExit) as ended:
            obey()
    os.close(ours)

    assert ended.value.code == FAILED
    assert capsys.readouterr().err.endswith("error: nobody agreed to it, so nothing was done\n")
    assert accounts(lives) == 1


def test_the_command_speaks_to_it(lives: Installation) -> None:
    outcome = CliRunner().invoke(app, ["erase", "--again", "--no-run"])

    assert outcome.exit_code == 0
    assert accounts(lives) == 1


def test_days_that_wait_to_be_computed_again_survive_another_sweep(
    lives: Installation, erase: Erase
) -> None:
    waiting = Receipt(AGAIN, {"lake/users": Removed(1, 1)}, (date(2024, 2, 28),))
    write_receipt(lives.settings.erasures, waiting)

    said = erase(None, again=True, correct=False)

    assert "Numbers of 1 days from 2024-02-28 to 2024-02-28 still count" in said
    (receipt,) = receipts_to_correct(lives.settings)
    assert receipt.days_to_run == waiting.days_to_run


def test_days_of_an_earlier_erasure_wait_on_when_the_account_came_back(
    lives: Installation, erase: Erase
) -> None:
    erase()
    (token,) = work_of(lives).tombstones.tokens()
    write_receipt(lives.settings.erasures, Receipt(token, {}, (date(2024, 2, 28),)))
    lives.execute(canary.STATEMENTS[0], canary.VALUES)

    erase(None, again=True, correct=False)

    assert accounts(lives) == 0
    (receipt,) = receipts_to_correct(lives.settings)
    assert receipt.days_to_run == (date(2024, 2, 28),)


def test_rejects_that_cannot_be_read_keep_an_erasure_open_and_nothing_else(
    lives: Installation, erase: Erase
) -> None:
    spoilt, mail = lives.settings.rejects / "users.csv", lives.settings.outbox / f"{canary.ID}.eml"
    for path in (spoilt, mail):
        path.parent.mkdir(parents=True)
        path.write_text("id,bio\ncaf\u00e9,1\n", encoding="latin-1")
    assert f"Not counted: {spoilt} is not CSV in UTF-8 any more".replace(" ", "") in (
        erase(dry_run=True).replace(" ", "")
    )

    with pytest.raises(CorruptPartitionError, match=r"users\.csv .* Everything else is erased"):
        erase()
    assert accounts(lives) == 0
    assert not mail.exists()
    assert len(work_of(lives).unfinished()) == 1
    spoilt.unlink()
    erase(None, again=True)

    assert work_of(lives).unfinished() == []
