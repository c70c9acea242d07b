import psycopg
import pytest

from assets.resources.identifiers import uuid_of
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
    assert "there is no account" in said


def test_a_preference_is_of_the_account_that_a_report_is_of(
    command_here: Command, installation: Installation
) -> None:
    settle(installation)
    installation.execute("UPDATE users SET id = %s", [uuid_of("author-7")])

    chosen = [command_here("preferences", "author-7", "off"), command_here("preferences", "ANN")]

    assert chosen == [(0, "Reports by mail: off")] * 2
