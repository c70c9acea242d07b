from datetime import date
from pathlib import Path

import pytest

from assets.resources.lake import Lake
from pipelines.cli.report import newest_day
from schema.errors import UsageError
from tests.fixtures.command import Command
from tests.fixtures.quick_lake import put_day, put_reading


def test_a_report_of_nobody_is_refused_in_one_sentence(command_here: Command) -> None:
    code, said = command_here("report", "nobody", "--date", "2024-03-02")

    assert code == 2
    assert "'nobody'" in said
    assert "Traceback" not in said


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--date", "2.3.2024"], "'2.3.2024' is not a date: write it as YYYY-MM-DD"),
        (
            ["--date", "1970-01-01", "--period", "week"],
            "1970-01-01 lies before the first partition",
        ),
        (["--date", "9998-12-31"], "9998-12-31 is in the future"),
        (["--period", "year"], "'year' is no period of a report: take one of day, week, month"),
        ([], "no day has been published yet: run one with `sociallive run --date D`"),
    ],
)
def test_what_cannot_be_reported_is_said_before_anything_starts(
    command_here: Command, arguments: list[str], sentence: str
) -> None:
    code, said = command_here("report", "mira", *arguments)

    assert code == 2
    assert sentence in said


def test_without_a_date_the_newest_published_day_is_the_last(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    with pytest.raises(UsageError, match="no day has been published"):
        newest_day(lake)
    put_day(lake, "user_analytics", date(2024, 3, 1))
    put_day(lake, "user_analytics", date(2024, 3, 2))

    assert newest_day(lake) == date(2024, 3, 2)


def test_a_day_that_was_read_before_it_had_ended_is_not_the_last_unless_there_is_no_other(
    tmp_path: Path,
) -> None:
    lake = Lake(tmp_path)
    put_day(lake, "user_analytics", date(2024, 3, 2))
    put_reading(lake, date(2024, 3, 2), hour=12)
    alone = newest_day(lake)
    put_day(lake, "user_analytics", date(2024, 3, 1))

    assert (alone, newest_day(lake)) == (date(2024, 3, 2), date(2024, 3, 1))
