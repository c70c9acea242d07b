from pathlib import Path

import pytest

from pipelines.alerts.kinds import Kind
from pipelines.settings import REPOSITORY

RUNBOOK = REPOSITORY / "docs" / "runbook"
QUESTIONS = ("## What it means", "## How to see it", "## What to do", "## When it is over")


def pages() -> list[Path]:
    return [path for path in RUNBOOK.glob("*.md") if path.stem != "index"]


def test_each_kind_has_a_page_and_each_page_a_kind() -> None:
    assert {path.stem for path in pages()} == {kind.value for kind in Kind}
    assert all((REPOSITORY / kind.page).exists() for kind in Kind)


@pytest.mark.parametrize("page", pages(), ids=lambda path: path.stem)
def test_a_page_answers_four_questions_in_order(page: Path) -> None:
    lines = page.read_text(encoding="utf-8").splitlines()

    assert [line for line in lines if line.startswith("## ")] == list(QUESTIONS)
    assert len(lines) < 60, "whoever reads it is in a hurry"


def test_the_index_lists_every_page() -> None:
    index = (RUNBOOK / "index.md").read_text(encoding="utf-8")

    assert all(f"]({kind}.md)" in index for kind in Kind)
