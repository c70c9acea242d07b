from datetime import date

import pytest

from pipelines.cli.console import console, say, show
from pipelines.cli.status import COLUMNS


@pytest.mark.parametrize("sentence", ["lake  /srv/[demo]/lake", "[/red]", r"C:\[bold]"])
def test_what_looks_like_markup_is_said_as_it_is(
    capsys: pytest.CaptureFixture[str], sentence: str
) -> None:
    say(sentence)

    assert capsys.readouterr().out == f"{sentence}\n"


def test_a_table_for_a_file_or_another_program_has_every_row_on_a_line(
    capsys: pytest.CaptureFixture[str],
) -> None:
    show("Tables", ["name", "what it says"], [("a_name_of_some_length", "word " * 40 + "end")])

    [row] = [line for line in capsys.readouterr().out.splitlines() if "a_name" in line]
    assert "a_name_of_some_length" in row
    assert "word end" in row


def test_a_narrow_screen_cuts_no_name_and_no_value(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(console, "_force_terminal", True)
    monkeypatch.setattr(console, "width", 40)

    show("Tables", ["name", "day"], [("a_name_of_some_length", "2024-02-29 12:00:00.123456")])

    said = capsys.readouterr().out
    assert "a_name_of_some_length" in said
    assert "…" not in said


def test_a_usual_screen_has_room_for_every_table_and_date(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(console, "_force_terminal", True)
    monkeypatch.setattr(console, "width", 80)
    late = "late: 2024-02-29 is missing, and 6 before it"

    show(
        "Published tables", COLUMNS, [("post_engagement_hourly", 31, date(2024, 2, 27), late, 0, 0)]
    )

    said = capsys.readouterr().out
    assert all(column in said for column in COLUMNS)
    assert "post_engagement_hourly" in said
    assert "2024-02-27" in said
    assert "2024-02-29" in said


def test_a_title_that_is_wider_than_its_table_stays_one_line(
    capsys: pytest.CaptureFixture[str],
) -> None:
    show("Reports by mail", ["state", "mails"], [("sent", 423)])

    assert capsys.readouterr().out.splitlines()[0] == "Reports by mail"
