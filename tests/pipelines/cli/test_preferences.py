import psycopg
import pytest

from tests.fixtures.command import Command
from tests.fixtures.installation import Installation
from tests.fixtures.platform_rows import add_user


def settle(installation: Installation) -> str:
    with psycopg.connect(installation.url) as session:
        return str(add_user(session, "ann"))


def test_a_preference_is_shown_and_chosen_by_name_or_id(
    command_here: Command, installation: Installation
) -> None:
    ann = settle(installation)

    assert command_here("preferences", "ann") == (0, "Reports by mail: weekly")
    assert command_here("preferences", "ann", "monthly") == (0, "Reports by mail: monthly")
    assert command_here("preferences", ann, "off") == (0, "Reports by mail: off")
    assert command_here("preferences", "ann") == (0, "Reports by mail: off")

    kept = installation.rows("SELECT frequency, changed_by FROM pipeline.report_preferences")
    assert kept == [("off", "operator")]


def test_a_choice_that_there_is_not_is_refused_before_anything_is_asked(
    command_here: Command,
) -> None:
    code, said = command_here("preferences", "ann", "hourly")

    assert code == 2
    assert "'hourly' is not a choice: give one of daily, weekly, monthly, off" in said


@pytest.mark.parametrize("name", ["nobody", "\udcff"])
def test_nobody_has_the_name(command_here: Command, installation: Installation, name: str) -> None:
    code, said = command_here("preferences", name, "off")

    assert code == 2
    assert "nobody has this username or id" in said


def test_a_name_that_is_another_s_id_is_refused(
    command_here: Command, installation: Installation
) -> None:
    ann = settle(installation)
    installation.execute(
        "INSERT INTO users (username, email, password_hash) VALUES (%s, 'b@example.org', 'hash')",
        [ann],
    )

    code, said = command_here("preferences", ann)

    assert code == 2
    assert "username of one account and the id of another" in said
