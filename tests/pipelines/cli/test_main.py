import re
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest

from pipelines.cli.main import obey
from pipelines.cli.refusals import FAILED, MISUSED

Command = Callable[..., tuple[int, str]]
TOMORROW = str(datetime.now(UTC).date() + timedelta(days=2))


@pytest.fixture
def sociallive(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> Command:
    """Run the command; returns its exit code and what it said on standard error."""
    monkeypatch.setenv("SOCIALLIVE_HOME", str(tmp_path / "home"))

    def call(*arguments: str, **environment: str) -> tuple[int, str]:
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr(sys, "argv", ["sociallive", *arguments])
        with pytest.raises(SystemExit) as exit_:
            obey()
        return int(exit_.value.code or 0), " ".join(capsys.readouterr().err.split())

    return call


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--date", "2026-13-01"], "'2026-13-01' is not a date: write it as YYYY-MM-DD"),
        (["--date", "2025-02-29"], "'2025-02-29' is not a date"),
        (["--date", "20261101"], "'20261101' is not a date"),
        (["--date", TOMORROW], f"{TOMORROW} is in the future: today is"),
        (["--date", "1999-12-31"], "1999-12-31 lies before the first partition, 2010-01-01"),
        (["--from", "2026-11-02", "--to", "2026-11-01"], "the range ends (2026-11-01) before it"),
        (["--from", "2026-11-02"], "say which days: either --date D, or --from A together with"),
        (["--date", "2026-11-02", "--to", "2026-11-03"], "say which days"),
        ([], "say which days"),
    ],
)
def test_days_that_cannot_run_are_refused_in_one_sentence(
    sociallive: Command, arguments: list[str], sentence: str
) -> None:
    code, said = sociallive("run", *arguments)

    assert code == MISUSED
    assert said.startswith(f"error: {sentence}")
    assert "Traceback" not in said


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["zzz"], "no such command 'zzz': `sociallive --help` says what it takes"),
        (["lod"], "no such command 'lod' (did you mean 'load'?): `sociallive --help` says"),
        (["load"], "missing argument 'directory': `sociallive load --help` says what it takes"),
        (["run", "2026-11-02"], "got unexpected extra argument(s) (2026-11-02): `sociallive run"),
        (["status", "--[red]"], "no such option: --[red]: `sociallive status --help` says"),
        (["dev", "--port", "99999"], "invalid value for '--port': Input should be less than or"),
        (["demo", "--days", "0"], "invalid value for '--days': Input should be greater than or"),
        (["run", "--date"], "option '--date' requires an argument: `sociallive --help` says"),
        (["service"], "missing command: `sociallive service --help` says what it takes"),
    ],
)
def test_words_that_are_no_command_are_refused_in_one_sentence(
    sociallive: Command, arguments: list[str], sentence: str
) -> None:
    code, said = sociallive(*arguments)

    assert code == MISUSED
    assert said.startswith(f"error: {sentence}")
    assert "Usage" not in said
    assert "─" not in said


def test_the_command_alone_shows_its_help_and_no_error(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["sociallive"])
    with pytest.raises(SystemExit) as exit_:
        obey()
    shown = capsys.readouterr()

    assert exit_.value.code == MISUSED
    assert "backtest" in shown.out
    assert shown.err == ""


@pytest.mark.parametrize(
    "arguments",
    [
        ["run", "--date", "9999-12-31"],
        ["backtest", "--to", "9999-12-31"],
        ["backtest", "--from", "0001-01-01", "--to", "0001-01-02"],
        ["report", "ann", "--date", "0001-01-01", "--period", "day"],
        ["report", "ann", "--date", "0001-01-01", "--period", "month"],
        ["overview", "--from", "0001-01-05"],
        ["overview", "--to", "9999-12-31"],
        ["explain", "00000000-0000-4000-8000-000000000001", "--date", "0001-01-01"],
        ["archive", "--before", "9999-12-31", "--dry-run"],
    ],
)
def test_days_at_the_ends_of_the_calendar_are_refused_in_one_sentence(
    sociallive: Command, database: str, arguments: list[str]
) -> None:
    code, said = sociallive(*arguments, SOCIALLIVE_DATABASE_URL=database)

    assert code == MISUSED
    assert re.fullmatch(
        r"error: \d{4}-\d\d-\d\d is too far off: choose a day from 1970-01-01 to 9998-12-31", said
    )


def test_a_first_day_at_the_beginning_of_the_calendar_is_refused(
    sociallive: Command, database: str
) -> None:
    variables = {"SOCIALLIVE_FIRST_DAY": "0001-01-01", "SOCIALLIVE_DATABASE_URL": database}
    code, said = sociallive("run", "--date", "2026-11-01", **variables)

    assert code == MISUSED
    assert said.startswith("error: SOCIALLIVE_FIRST_DAY: 0001-01-01 is too far off")


@pytest.mark.parametrize(
    "arguments",
    [
        ["backtest", "--to", "9998-12-31"],
        ["backtest", "--from", "1970-01-01", "--to", "1970-01-02"],
        *(
            ["report", "ann", "--date", "1970-01-01", "--period", p]
            for p in ("day", "week", "month")
        ),
        ["overview", "--from", "1970-01-01"],
        ["overview", "--from", "9998-12-31", "--to", "9998-12-31"],
    ],
)
def test_the_outermost_days_hold_nothing_and_break_nothing(
    sociallive: Command, database: str, arguments: list[str]
) -> None:
    code, said = sociallive(*arguments, SOCIALLIVE_DATABASE_URL=database)

    assert code in {0, FAILED, MISUSED}
    assert said.startswith("error: ") or not code
    assert "Traceback" not in said


def test_an_unreachable_database_is_named_without_its_password(sociallive: Command) -> None:
    code, said = sociallive(
        "run",
        "--date",
        "2026-11-01",
        SOCIALLIVE_DATABASE_URL="postgresql://me:s3cret@127.0.0.1:1/db",
    )

    assert code == FAILED
    assert said.startswith("error: cannot connect to PostgreSQL database db at 127.0.0.1:1:")
    assert "s3cret" not in said


def test_a_wrong_password_is_told_as_such(
    sociallive: Command, database: str, tcp_url: Callable[..., str]
) -> None:
    url = tcp_url(database, password="wr0ng")

    code, said = sociallive("run", "--date", "2026-11-01", SOCIALLIVE_DATABASE_URL=url)

    assert code == FAILED
    assert "password authentication failed" in said
    assert "wr0ng" not in said


def test_a_database_without_the_schema_asks_for_a_migration(
    sociallive: Command, empty_database: str
) -> None:
    code, said = sociallive("run", "--date", "2026-11-01", SOCIALLIVE_DATABASE_URL=empty_database)

    assert code == FAILED
    assert said.endswith("does not have the platform's schema: run `sociallive migrate`")


def test_a_newer_schema_asks_for_newer_code(sociallive: Command, database: str) -> None:
    with psycopg.connect(database) as session:
        session.execute(
            "INSERT INTO pipeline.schema_migrations (name, sha256) VALUES ('9999_future', 'x')"
        )

    code, said = sociallive("run", "--date", "2026-11-01", SOCIALLIVE_DATABASE_URL=database)

    assert code == FAILED
    assert said.endswith("newer schema than this code (9999_future): upgrade the code")


def test_a_database_url_that_is_none_is_refused(sociallive: Command) -> None:
    code, said = sociallive("status", SOCIALLIVE_DATABASE_URL="not a url")

    assert code == MISUSED
    assert said.startswith("error: SOCIALLIVE_DATABASE_URL is not a PostgreSQL URL")
