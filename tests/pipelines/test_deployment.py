import re
import shlex
import subprocess
from collections.abc import Iterator
from configparser import ConfigParser
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml

from assets.resources.embedded_binaries import find_package
from pipelines import settings
from pipelines.cli.main import app
from pipelines.settings import REPOSITORY, read_settings
from tests.fixtures.listening import free_port
from tests.fixtures.postgres import PostgresServer

FOLDER = REPOSITORY / "pipelines" / "deployment"
UNITS = sorted((FOLDER / "systemd").glob("*.service"))
KNOWN = set(re.findall(r"SOCIALLIVE_[A-Z_]+", Path(settings.__file__).read_text()))
GUIDE = (REPOSITORY / "docs" / "how-to" / "production.md").read_text(encoding="utf-8")
OURS = ("code", "daemon", "webserver", "links")


def compose() -> dict[str, Any]:
    read: dict[str, Any] = yaml.safe_load((FOLDER / "compose.yaml").read_text())
    return read


class UnitParser(ConfigParser):
    """Keeps names as systemd writes them."""

    def optionxform(self, optionstr: str) -> str:
        return optionstr


def unit(path: Path) -> ConfigParser:
    parser = UnitParser(strict=False, interpolation=None)
    parser.read_string(path.read_text())
    return parser


def commands() -> Iterator[list[str]]:
    for path in UNITS:
        program, *arguments = shlex.split(unit(path)["Service"]["ExecStart"])
        assert program == "/opt/sociallive/.venv/bin/sociallive"
        yield arguments
    for name in OURS:
        service = compose()["services"][name]
        yield service["command"]
        _how, *words = service["healthcheck"]["test"]
        program, *arguments = shlex.split(words[0]) if len(words) == 1 else words
        if program == "sociallive":
            yield arguments[: arguments.index(">")]


def unknown_words(arguments: list[str]) -> list[str]:
    """Words of a command line that the command does not know."""
    found: Any = typer.main.get_command(app)
    left = list(arguments)
    while left and left[0] in getattr(found, "commands", {}):
        found = found.commands[left.pop(0)]
    if hasattr(found, "commands"):
        return left
    options = {name for parameter in found.params for name in parameter.opts}
    return [word for word in left if word.startswith("--") and word not in options]


@pytest.mark.parametrize("arguments", list(commands()), ids=" ".join)
def test_what_is_started_is_a_command_of_ours(arguments: list[str]) -> None:
    assert unknown_words(arguments) == []


@pytest.mark.parametrize("name", ["compose.yaml", "Dockerfile", "sociallive.env.example"])
def test_what_is_set_is_a_setting_of_ours(name: str) -> None:
    assert set(re.findall(r"SOCIALLIVE_[A-Z_]+", (FOLDER / name).read_text())) <= KNOWN


def test_the_example_of_settings_is_understood_and_a_shell_reads_what_was_filled_in(
    tmp_path: Path,
) -> None:
    example = (FOLDER / "sociallive.env.example").read_text().replace("#SOCIAL", "SOCIAL")
    filled_in = re.sub(
        r"(?m)(_URL=.*\d/\w+)", r"\1?sslmode=require&application_name=$HOME", example
    )
    (tmp_path / "sociallive.env").write_text(filled_in)

    shell = ["/bin/sh", "-c", "set -a; . ./sociallive.env; env"]
    read = subprocess.run(shell, cwd=tmp_path, env={}, check=True, capture_output=True, text=True)
    understood = read_settings(dict(line.split("=", 1) for line in read.stdout.splitlines()))

    assert understood.database_url
    assert understood.database_url.endswith("/platform?sslmode=require&application_name=$HOME")
    assert understood.dagster_database_url
    assert understood.smtp
    assert understood.public_url


def test_nothing_is_published_beyond_this_machine() -> None:
    ports = [
        port for service in compose()["services"].values() for port in service.get("ports", [])
    ]

    assert sorted(ports) == ["127.0.0.1:3000:3000", "127.0.0.1:8025:8025"]


@pytest.mark.parametrize("name", OURS)
def test_a_container_of_ours_has_no_rights_that_it_does_not_need(name: str) -> None:
    service = compose()["services"][name]

    assert service["read_only"]
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["healthcheck"]
    assert service["restart"] == "unless-stopped"
    assert "USER sociallive" in (FOLDER / "Dockerfile").read_text()


@pytest.mark.parametrize(("said", "is_healthy"), [(0, True), (3, True), (4, False), (5, True)])
def test_the_daemon_is_unhealthy_only_when_it_does_not_beat(
    said: int, is_healthy: bool, tmp_path: Path
) -> None:
    (tmp_path / "sociallive").write_text(f"#!/bin/sh\necho why\nexit {said}\n")
    (tmp_path / "sociallive").chmod(0o700)
    how, command = compose()["services"]["daemon"]["healthcheck"]["test"]

    # Compose writes $$ for $.
    shell = ["/bin/sh", "-c", command.replace("$$", "$")]
    done = subprocess.run(shell, check=False, env={"PATH": str(tmp_path)})

    assert how == "CMD-SHELL"
    assert (done.returncode == 0) is is_healthy


def test_the_database_of_dagster_is_healthy_only_when_others_reach_it(
    postgres_server: PostgresServer, tmp_path: Path
) -> None:
    """While the image makes a new database, a server answers on the socket alone, then ends."""
    socket, unreached = f".s.PGSQL.{postgres_server.port}", free_port()
    (tmp_path / f".s.PGSQL.{unreached}").symlink_to(postgres_server.folder / socket)

    assert is_ready(postgres_server.folder, postgres_server.port)
    assert not is_ready(tmp_path, unreached)


def is_ready(sockets: Path, port: int) -> bool:
    """What the container's own look says, where sockets and port are elsewhere."""
    how, program, *arguments = compose()["services"]["dagster-database"]["healthcheck"]["test"]
    assert how == "CMD"
    environment = {"PGHOST": str(sockets), "PGPORT": str(port)}
    command = [find_package().program(program), *arguments]
    return subprocess.run(command, check=False, env=environment).returncode == 0


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.stem)
def test_a_unit_runs_as_a_user_of_its_own_and_writes_its_state_only(path: Path) -> None:
    service = unit(path)["Service"]

    assert service["User"] == "sociallive"
    assert service["ProtectSystem"] == "strict"
    assert service["NoNewPrivileges"] == "yes"
    assert service["CapabilityBoundingSet"] == ""
    assert service["StateDirectory"] == "sociallive"
    assert service["Environment"] == "SOCIALLIVE_HOME=/var/lib/sociallive"


def test_commands_by_hand_leave_the_home_of_root_behind() -> None:
    """Below it libpq looks for certificates, and without the right to read them does no TLS."""
    by_hand = [line for line in GUIDE.splitlines() if "sudo -u sociallive" in line]

    assert by_hand
    assert all("--set-home --preserve-env" in line for line in by_hand)


def test_the_home_is_made_before_the_first_command_that_writes_below_it() -> None:
    """Units make it too, but only once one of them starts."""
    steps = GUIDE.partition("## With systemd")[2]
    made = re.search(r"^install -d .*-o sociallive .* /var/lib/sociallive$", steps, re.MULTILINE)

    assert made
    assert made.start() < steps.index("/.venv/bin/sociallive")


def test_the_image_holds_every_package_and_what_installing_reads() -> None:
    copied = re.findall(r"^COPY (?!--)(.+) \S+$", (FOLDER / "Dockerfile").read_text(), re.MULTILINE)
    names = {name for line in copied for name in line.split()}
    let_through = (REPOSITORY / ".dockerignore").read_text().splitlines()

    assert {"schema", "assets", "reports", "pipelines"} <= names
    assert all((REPOSITORY / name).exists() for name in names)
    assert {f"!{name}" for name in names} <= set(let_through)


def test_files_with_passwords_reach_neither_the_image_nor_the_repository() -> None:
    secrets = [secret["file"] for secret in compose()["secrets"].values()]
    paths = [
        f"pipelines/deployment/{name}" for name in (compose()["x-service"]["env_file"], *secrets)
    ]
    left_out = (REPOSITORY / ".dockerignore").read_text().partition("!pipelines\n")[2].splitlines()
    untracked = (REPOSITORY / ".gitignore").read_text().splitlines()

    assert len(paths) == 2
    assert "pipelines/deployment" in left_out
    assert set(paths) <= set(untracked)


def test_the_image_holds_programs_that_back_up_every_server_that_the_platform_may_have() -> None:
    """PostgreSQL 15 to 18, with TLS, which the embedded programs do not speak."""
    image = (FOLDER / "Dockerfile").read_text()

    assert "\nARG POSTGRES=18\n" in image
    assert 'install --yes --no-install-recommends "postgresql-$POSTGRES"' in image


def test_the_proxy_asks_for_a_login_before_the_interface_and_logs_no_key() -> None:
    front, links = (FOLDER / "nginx.conf.example").read_text().split("server {")[1:]

    assert "auth_basic_user_file" in front
    assert "proxy_pass http://127.0.0.1:3000;" in front
    assert "proxy_pass http://127.0.0.1:8025;" in links
    assert "access_log off;" in links
    assert all("listen 443 ssl;" in part for part in (front, links))
