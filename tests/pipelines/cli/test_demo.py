import json

import pytest

from assets.resources.clock import utc_today
from pipelines.cli.demo import NOTE
from tests.fixtures.command import Command
from tests.fixtures.installation import Installation

SMALL = ["demo", "--days", "2", "--users", "30"]


def test_a_demo_that_the_database_refuses_leaves_the_note_of_the_one_that_is_there(
    command_here: Command, installation: Installation
) -> None:
    installation.execute(
        "INSERT INTO users (username, email, password_hash) VALUES ('a', 'a@example.org', 'hash')"
    )
    note = installation.settings.home / NOTE
    note.parent.mkdir()
    note.write_text(json.dumps({"days": 30, "users": 2_000, "last_day": "2024-03-01"}))
    before = note.read_bytes()

    code, said = command_here(*SMALL)

    assert code == 2
    assert "holds 1 accounts that are not of this demo" in said
    assert note.read_bytes() == before


def test_a_demo_of_days_before_the_first_partition_is_refused_before_it_is_loaded(
    command_here: Command, installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOCIALLIVE_FIRST_DAY", str(utc_today()))

    code, said = command_here(*SMALL)

    assert code == 2
    assert "lies before the first partition" in said
    assert installation.rows("SELECT FROM users") == []


@pytest.mark.parametrize("text", ["{", "[]", '{"days": 2, "users": 30}', "\x00"])
def test_a_note_of_a_demo_that_nobody_can_read_is_refused_by_its_name(
    command_here: Command, installation: Installation, text: str
) -> None:
    note = installation.settings.home / NOTE
    note.parent.mkdir()
    note.write_text(text)

    code, said = command_here(*SMALL)

    assert code == 1
    assert f"{note} is not readable: remove it" in said
