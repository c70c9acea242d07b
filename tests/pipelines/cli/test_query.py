import io
import json
import sys
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from assets.resources.lake import Lake
from pipelines.cli.console import console
from pipelines.cli.main import obey
from pipelines.cli.query import MOST_ROWS
from pipelines.cli.refusals import FAILED, MISUSED
from schema.tables.user_engagement import UserEngagement
from tests.fixtures.quick_lake import put_days
from tests.fixtures.small_tables import day, event, table

Command = Callable[..., tuple[int, str, str]]
HOSTILE = "[red]\x1b[2Jboo[/red]"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    home = tmp_path / "home"
    rows = [event("bob", "LIKE", author="ann", source=HOSTILE)]
    put_days(Lake(home / "lake"), "user_engagement", table(UserEngagement, rows), [day()])
    return home


@pytest.fixture
def sql(home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """`sociallive sql`: its exit code, what it printed, and what it said was wrong."""
    monkeypatch.setenv("SOCIALLIVE_HOME", str(home))
    monkeypatch.setattr(console, "width", 160)

    def call(*arguments: str, asked: str = "") -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["sociallive", "sql", *arguments])
        monkeypatch.setattr(sys, "stdin", io.StringIO(asked))
        with pytest.raises(SystemExit) as ended:
            obey()
        said = capsys.readouterr()
        return int(ended.value.code or 0), said.out, " ".join(said.err.split())

    return call


def test_an_answer_is_a_table_in_which_hostile_text_is_only_text(sql: Command) -> None:
    code, shown, _ = sql("SELECT source, value, NULL AS nothing FROM user_engagement")

    assert code == 0
    assert "[red][2Jboo[/red]" in shown
    assert "\x1b" not in shown
    assert " 1.00 │ NULL" in shown
    assert shown.endswith("1 row\n")


def test_long_answers_are_cut_and_say_so(sql: Command) -> None:
    _, shown, _ = sql("SELECT i FROM range(501) AS t(i), days LIMIT 501")

    assert f"the first {MOST_ROWS} rows; --format csv writes all" in shown


def test_an_answer_for_programs_goes_to_standard_output(sql: Command) -> None:
    code, shown, _ = sql("SELECT engagement_type AS kind FROM user_engagement", "--format", "json")

    assert (code, json.loads(shown)) == (0, [{"kind": "LIKE"}])


def test_the_ending_of_a_file_tells_its_form(sql: Command, tmp_path: Path) -> None:
    path = tmp_path / "answer.md"

    code, shown, _ = sql("SELECT 1 AS one FROM days", "--out", str(path))

    assert (code, "".join(shown.split())) == (0, str(path))
    assert path.read_text() == "| one |\n| --- |\n| 1 |\n"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["SELECT x FROM days"], "error: line 1, column 8: Referenced column"),
        (["SELECT 1", "--format", "parquet"], "error: Parquet is no text: say where to write it"),
        (["SELECT 1", "--out", "answer.xlsx"], "error: answer.xlsx: say --format csv, json"),
        (["--describe", "nothing"], "error: there is no view 'nothing': `sociallive sql --views`"),
        (["SELECT 1", "--out", ".", "--format", "csv"], "error: . is a folder: name a file in it"),
        (["SELECT 1", "--views"], "error: a query, --views, --describe and --file are four"),
        (["--describe", "days", "--file", "x.sql"], "error: a query, --views, --describe and"),
        (["--file", "views.txt"], "error: views.txt: let the name end in .duckdb or in .sql"),
    ],
)
def test_mistakes_are_refused_in_one_sentence(
    sql: Command, arguments: list[str], sentence: str
) -> None:
    code, _, said = sql(*arguments)

    assert code == MISUSED
    assert said.startswith(sentence)


def test_the_views_are_listed_with_grain_and_meaning(sql: Command) -> None:
    _, shown, _ = sql("--views")

    [line] = [line for line in shown.splitlines() if line.startswith("│ days ")]
    assert "│ (table_name, date) " in line
    assert "One row per table and day that is published, with its finality." in line


def test_a_view_is_described_with_types_units_and_meanings(sql: Command) -> None:
    _, shown, _ = sql("--describe", "post_engagement_daily")

    [line] = [line for line in shown.splitlines() if line.startswith("│ events ")]
    assert [cell.strip() for cell in line.split("│")[2:5]] == [
        "BIGINT",
        "count",
        "events, the author's own included",
    ]


@pytest.mark.parametrize("explain", ["EXPLAIN ", "explain\n", " Explain\t "])
def test_a_query_is_explained(sql: Command, explain: str) -> None:
    _, shown, _ = sql(f"{explain}SELECT id FROM user_engagement WHERE date = '2024-01-01'")

    assert "Scanning Files: 0/1" in shown or "Empty Result" in shown


def test_the_views_are_written_for_other_tools(sql: Command, tmp_path: Path) -> None:
    path = tmp_path / "views.duckdb"

    code, shown, _ = sql("--file", str(path))

    assert code == 0
    assert str(path) in "".join(shown.split())
    with duckdb.connect(path, read_only=True) as other:
        assert other.execute("SELECT count(*) FROM user_engagement").fetchall() == [(1,)]


def test_the_prompt_answers_one_query_after_the_other_and_goes_on_after_mistakes(
    sql: Command,
) -> None:
    asked = "SELECT 11\n+ 1 AS n;\n.nonsense\nSELECT b;\n.describe days\nSELECT 40 + 2 AS last"

    code, shown, said = sql(asked=asked)

    assert code == MISUSED
    assert "│ 12 │" in shown
    assert "error: there is no .nonsense: .views lists the views" in said
    assert "error: line 1, column 8: Referenced column" in said
    assert "error: 2 of what was asked had no answer" in said
    assert "error" not in shown
    assert "days: One row per table and day" in shown
    assert "│   42 │" in shown


def test_the_prompt_ends_when_it_is_told_to(sql: Command) -> None:
    _, shown, _ = sql(asked=".quit\nSELECT 42;\n")

    assert shown == ""


def test_queries_from_a_file_that_are_all_answered_end_well(sql: Command) -> None:
    code, shown, said = sql(asked="SELECT 11 AS n;\nSELECT 12 AS n;\n")

    assert (code, said) == (0, "")
    assert "│ 12 │" in shown


def test_a_home_where_nothing_can_be_written_is_one_sentence(sql: Command, home: Path) -> None:
    (home / "scratch").write_text("a file")

    code, _, said = sql("SELECT 1")

    assert code == FAILED
    assert said.startswith(f"error: {home / 'scratch'} cannot be written")
