import os
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pipelines.settings import REPOSITORY

Command = Callable[..., str]


@pytest.fixture
def sociallive(tmp_path: Path, empty_database: str) -> Command:
    """Run the installed command in a process of its own; returns what it printed."""
    environment = {
        **os.environ,
        "SOCIALLIVE_HOME": str(tmp_path / "home"),
        "SOCIALLIVE_DATABASE_URL": empty_database,
        "SOCIALLIVE_FIRST_DAY": str(datetime.now(UTC).date() - timedelta(days=3)),
        "COLUMNS": "160",
    }

    def call(*arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "pipelines.cli", *arguments],
            cwd=REPOSITORY,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            umask=0o022,
        )
        assert done.returncode == 0, done.stderr
        assert done.stderr == ""
        return done.stdout

    return call


def test_the_demo_can_be_repeated_and_then_looked_at(sociallive: Command, tmp_path: Path) -> None:
    first = sociallive("demo", "--days", "2", "--users", "30")
    again = sociallive("demo", "--days", "2", "--users", "30")

    assert "platform loaded" in first
    assert "platform is there already" in again
    assert f"lake        {tmp_path / 'home' / 'lake'}" in first
    page = tmp_path / "home" / "reports" / "overview" / "index.html"
    assert f"overview    {page}" in first
    assert page.exists()
    assert "http://127.0.0.1:3000" in first
    assert "daily_active_users" in first
    assert "user_analytics" in sociallive("status")
    pages = list((tmp_path / "home" / "reports" / "creators").glob("*/week-*.html"))
    [shown] = [page for page in pages if f"creators    {page}" in first]
    delivered = sociallive("deliver")
    assert f"mail lies in {tmp_path / 'home' / 'outbox'}" in " ".join(delivered.split())
    assert len(list((tmp_path / "home" / "outbox").glob("week-*/*.eml"))) == len(pages)
    out = tmp_path / "out"
    said = sociallive("report", shown.parent.name, "--period", "day", "--out", str(out))
    [written] = out.rglob("day-*.html")
    assert str(written) in "".join(said.split())
    assert open_to_others(tmp_path / "home") == []
    assert open_to_others(out) == []


def open_to_others(folder: Path) -> list[Path]:
    found = [folder, *folder.rglob("*")]
    assert len(found) > 5
    return [path for path in found if path.lstat().st_mode & 0o077]


def test_migrating_says_what_it_did(sociallive: Command) -> None:
    assert "applied 0001_database" in sociallive("migrate")
    assert "0 migrations applied" in sociallive("migrate")


def test_help_lists_the_commands_by_what_they_are_for(sociallive: Command) -> None:
    shown = sociallive("--help")

    assert all(name in shown for name in ("demo", "dev", "migrate", "load", "run", "backtest"))
    groups = ("Begin", "Publish and watch", "Ask and report", "Keep in order", "On a server")
    places = [shown.index(f"─ {group} ─") for group in groups]
    assert places == sorted(places)
    assert "─ Commands ─" not in shown
