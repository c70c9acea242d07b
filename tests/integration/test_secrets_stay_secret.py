"""Passwords and keys in a whole installation's files, messages and processes: nowhere."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

import pytest

from pipelines.dagster_home import open_instance
from pipelines.link_targets import link_targets_of
from pipelines.platform import open_platform
from pipelines.runs import run_daily_job
from pipelines.settings import REPOSITORY, Settings
from reports.delivery.smtp_url import parse_smtp_url
from schema.errors import PipelineError
from schema.windows import DayRange, parse_day
from tests.fixtures.installation import Installation
from tests.fixtures.postgres import PASSWORD

DAY = parse_day("2024-03-02")
SMTP_PASSWORD = "canary-of-the-mail-server"
WRONG = "canary-of-a-wrong-password"


@pytest.fixture
def settings(installation: Installation, tcp_url: Callable[[str], str]) -> Settings:
    """Over TCP, where the password is asked for; the days before are left out."""
    return replace(
        installation.settings,
        database_url=tcp_url(installation.url),
        first_day=DAY,
        smtp=parse_smtp_url(f"smtp://someone:{SMTP_PASSWORD}@127.0.0.1:1"),
        mail_from="reports@example.org",
        public_url="https://reports.example",
    )


def told_by(work: Callable[[], object]) -> str:
    """What a refusal says, with all that it was raised from."""
    with pytest.raises(PipelineError) as refusal:
        work()
    return str(refusal.getrepr(showlocals=False, style="long", chain=True))


def run(settings: Settings) -> None:
    with open_instance(settings) as instance:
        run_daily_job(settings, DayRange(DAY, DAY), instance=instance)


def holders(folder: Path, secrets: set[bytes]) -> list[Path]:
    """Files with a secret in them, in any of its spellings."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert len(files) > 20
    return [path for path in files if any(secret in path.read_bytes() for secret in secrets)]


def spellings(secret: bytes) -> set[bytes]:
    return {secret, secret.hex().encode(), quote(secret).encode()}


def test_no_file_of_the_home_and_no_message_holds_a_password_or_a_key(
    settings: Settings, installation: Installation
) -> None:
    key = link_targets_of(settings, open_platform(settings)).key
    run(settings)
    said = told_by(lambda: run(replace(settings, database_url=wrong(settings))))
    installation.execute("ALTER TABLE users RENAME COLUMN role TO duty")
    said += told_by(lambda: run(settings))

    secrets = {PASSWORD.encode(), SMTP_PASSWORD.encode(), WRONG.encode()} | spellings(key)
    assert holders(settings.home, secrets) == [settings.link_key]
    assert "users.role (user_role) is missing" in said
    assert not [one for one in secrets if one in said.encode()]
    assert PASSWORD not in repr(settings)
    assert SMTP_PASSWORD not in repr(settings)


def wrong(settings: Settings) -> str:
    return str(settings.database_url).replace(PASSWORD, WRONG)


def command_lines() -> Iterator[bytes]:
    for process in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            yield process.read_bytes()
        except OSError:
            continue


def test_no_command_line_of_a_backup_shows_the_password(settings: Settings) -> None:
    seen: set[bytes] = set()

    with subprocess.Popen(
        [sys.executable, "-m", "pipelines.cli", "backup", "--dump-only"],
        cwd=REPOSITORY,
        env=os.environ
        | {
            "SOCIALLIVE_HOME": str(settings.home),
            "SOCIALLIVE_DATABASE_URL": str(settings.database_url),
        },
        stdout=subprocess.DEVNULL,
    ) as process:
        while process.poll() is None:
            with suppress(subprocess.TimeoutExpired):
                process.wait(0.02)
            seen |= set(command_lines())

    assert process.returncode == 0
    assert [line for line in seen if b"pg_dump" in line]
    assert [line for line in seen if PASSWORD.encode() in line] == []
    assert list(settings.backups.rglob("*service*")) == []
