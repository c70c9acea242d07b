import subprocess
import sys
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from schema.errors import UsageError
from schema.metric import KEYS, Metric
from schema.metric_history import MetricVersion, read_history
from schema.metric_reference import render_reference
from schema.metrics import METRICS

ROOT = Path(__file__).parents[2]
METRIC = Metric("sleep", "hours", "hours a night", ("users",))
PAGE = ROOT / "docs" / "reference" / "metrics.md"


def section(page: str, title: str) -> list[list[str]]:
    """Cells of the table below a heading, its header first."""
    body = page.partition(f"\n## {title}\n")[2].partition("\n## ")[0]
    lines = [line for line in body.splitlines() if line.startswith("|") and "---" not in line]
    return [line.removeprefix("| ").removesuffix(" |").split(" | ") for line in lines]


def test_the_committed_page_is_the_one_that_is_made_from_the_registry() -> None:
    made = subprocess.run(
        [sys.executable, "-m", "schema.metric_reference"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )

    assert PAGE.read_text(encoding="utf-8") == made.stdout, "run `make docs` and commit the page"


def test_every_metric_stands_in_the_section_of_its_table() -> None:
    page = render_reference(METRICS, read_history())

    for table in KEYS:
        header, *rows = section(page, table)
        assert header[:5] == ["metric", "version", "unit", "grain", "definition"]
        assert [row[0] for row in rows] == [m.name for m in METRICS if m.table == table]


def test_a_row_says_all_that_the_registry_does() -> None:
    page = render_reference(METRICS, read_history())

    assert (
        "| posts_created | 1 | posts | (date) and (date, media_type) "
        '| posts created on D: all, and per media type (no media = "TEXT") '
        "| never for all posts; a media type: no post of D has it "
        "| media_type | posts | analytics |\n"
    ) in page


def test_versions_are_listed_newest_first_those_of_retired_metrics_included() -> None:
    second = replace(METRIC, version=2, definition="hours a day")
    records = [
        MetricVersion("gone", 1, date(2026, 2, 1), "hours", "(date)", "", date(2026, 4, 1)),
        MetricVersion("sleep", 1, date(2026, 1, 1), "hours", "(date)", "hours a night"),
        MetricVersion("sleep", 2, date(2026, 3, 1), "hours", "(date)", "hours a day"),
    ]

    _, *rows = section(render_reference([second], records), "Versions")

    assert rows == [
        ["2026-03-01", "sleep", "2", "hours", "(date)", "hours a day", ""],
        ["2026-02-01", "gone", "1", "hours", "(date)", "", "2026-04-01"],
        ["2026-01-01", "sleep", "1", "hours", "(date)", "hours a night", ""],
    ]


def test_no_page_is_made_of_a_registry_that_contradicts_its_history() -> None:
    record = MetricVersion("sleep", 1, date(2026, 1, 1), "minutes", "(date)", "hours a night")

    with pytest.raises(UsageError, match="sleep: unit differs from the record of version 1"):
        render_reference([METRIC], [record])
