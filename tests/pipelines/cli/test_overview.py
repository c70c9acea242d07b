from pathlib import Path

from schema.windows import DayRange, parse_day
from tests.fixtures.command import Command
from tests.fixtures.installation import Installation

DAYS = DayRange(parse_day("2024-03-01"), parse_day("2024-03-02"))


def test_the_command_says_where_the_page_is(
    command_here: Command, installation: Installation, tmp_path: Path
) -> None:
    code, said = command_here("overview", "--from", str(DAYS.first), "--to", str(DAYS.last))
    page = installation.settings.reports / "overview" / "index.html"
    assert code == 0, said
    assert str(page) in said
    assert "2024-03-01 to 2024-03-02" in said
    assert "There is nothing to show yet" in page.read_text()

    code, said = command_here("overview", "--out", str(tmp_path / "elsewhere"))
    assert code == 0, said
    assert (tmp_path / "elsewhere" / "index.html").exists()


def test_a_date_that_is_none_is_refused(command_here: Command) -> None:
    code, said = command_here("overview", "--from", "yesterday")

    assert code == 2
    assert "'yesterday' is not a date" in said
