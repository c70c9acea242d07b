import json
import stat
from datetime import date
from pathlib import Path

import pytest
from dagster._core.workspace.load_target import PyProjectFileTarget, WorkspaceFileTarget

from assets.resources.engine import EngineName
from pipelines.code_server import LOCATION, code_socket, prepare_workspace
from pipelines.dagster_home import prepare_dagster_home
from pipelines.settings import REPOSITORY, Settings
from schema.errors import StorageError, UsageError


def settings_below(home: Path) -> Settings:
    return Settings(home, None, EngineName.DUCKDB, date(2010, 1, 1))


def test_others_are_told_where_the_definitions_are_served(reachable_path: Path) -> None:
    settings = settings_below(reachable_path)
    home = prepare_dagster_home(settings)

    workspace = json.loads(prepare_workspace(settings).read_text())

    [entry] = workspace["load_from"]
    assert entry["grpc_server"] == {
        "socket": str(reachable_path / "dagster" / "code.sock"),
        "location_name": LOCATION,
    }
    assert stat.S_IMODE(home.stat().st_mode) == 0o700


def test_commands_of_dagster_itself_mean_the_schedules_that_the_daemon_runs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(REPOSITORY)
    targets = [PyProjectFileTarget("pyproject.toml"), WorkspaceFileTarget(["workspace.yaml"])]

    names = [origin.location_name for target in targets for origin in target.create_origins()]

    assert names == [LOCATION, LOCATION]


def test_a_home_whose_path_no_socket_can_hold_is_refused() -> None:
    with pytest.raises(UsageError, match="set SOCIALLIVE_HOME to a shorter path"):
        code_socket(settings_below(Path("/", "long" * 25)))


def test_a_home_that_cannot_be_written_is_refused(reachable_path: Path) -> None:
    with pytest.raises(StorageError, match=r"workspace\.yaml cannot be written"):
        prepare_workspace(settings_below(reachable_path / "missing"))
