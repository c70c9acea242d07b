from dataclasses import replace
from datetime import date
from decimal import Decimal
from uuid import UUID

import pytest

from pipelines.cli.explain import explanation_lines, show_explanation
from pipelines.cli.explained_score import ExplainedScore, Place
from schema.errors import UnexplainedDifferenceError
from schema.tables.popular_posts import RankCause

POST = UUID("0190f3a2-7c1e-7d3b-9a55-3f2b8c6d4e10")
RISEN = {
    RankCause.OWN_GROWTH: 4,
    RankCause.DECAY: -1,
    RankCause.OTHERS_GROWTH: 0,
    RankCause.ELIGIBILITY: 0,
}
EXPLAINED = ExplainedScore(
    post_id=POST,
    day=date(2026, 3, 31),
    score=Decimal("1234.50"),
    model_id="lightgbm-2026-03-30",
    interval=(Decimal("900.00"), Decimal("1600.25")),
    place=Place(rank=12, rank_change=3, parts=RISEN),
    receipt=[("LAST_DAY", Decimal("1240.00")), ("COORDINATED", Decimal("-5.50"))],
)


def test_a_score_is_explained_with_its_interval_place_and_receipt() -> None:
    assert explanation_lines(EXPLAINED) == [
        "Post 0190f3a2-7c1e-7d3b-9a55-3f2b8c6d4e10 at the end of 2026-03-31 (UTC)",
        "Score: 1,234.50, in 4 of 5 cases between 900.00 and 1,600.25",
        "Model: lightgbm-2026-03-30",
        "Place: 12, up 3 places since the day before",
        "  +4 places: what people did with the post that day",
        "  -1 place: what a day without any engagement would have cost",
        "The score is made of:",
        "  +1,240.00  engagement of the last 24 hours",
        "      -5.50  set aside: coordinated accounts",
        "   1,234.50  expected in the next 24 hours, where a like counts 1.00",
    ]


def test_a_score_without_interval_and_place_says_so() -> None:
    lines = explanation_lines(replace(EXPLAINED, interval=None, place=None))

    assert "Score: 1,234.50" in lines
    assert "Place: not among the popular posts" in lines


def test_a_new_popular_post_has_no_movement() -> None:
    lines = explanation_lines(replace(EXPLAINED, place=Place(rank=1)))

    assert "Place: 1, new: not among the popular posts the day before" in lines


def test_what_is_printed_is_what_was_said(capsys: pytest.CaptureFixture[str]) -> None:
    odd = replace(EXPLAINED, model_id="[red]model[/red]")

    show_explanation(odd)

    assert capsys.readouterr().out.splitlines() == explanation_lines(odd)


def test_a_receipt_that_does_not_sum_to_the_score_is_refused() -> None:
    with pytest.raises(UnexplainedDifferenceError, match=r"sums to 1234\.50, but its score is 2"):
        explanation_lines(replace(EXPLAINED, score=Decimal(2)))
