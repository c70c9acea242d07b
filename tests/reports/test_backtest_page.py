import json
import re
from html import unescape
from html.parser import HTMLParser
from typing import Any

import pytest

from assets.ranking.backtest import METHODS
from assets.ranking.backtest_summary import NAMES, Summary, verdict
from assets.ranking.heuristics import HEURISTICS
from reports.backtest_page import interval, number, percent, render_backtest
from tests.fixtures.backtest_summaries import random_summary

VOID = {"meta", "br", "hr", "img", "input", "link"}


@pytest.fixture(scope="module")
def summary() -> Summary:
    return random_summary(seed=1, days=20)


@pytest.fixture(scope="module")
def page(summary: Summary) -> str:
    return render_backtest(summary)


class Balance(HTMLParser):
    """Elements that are open, and whether each was closed in its turn."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:  # noqa: ARG002  # as inherited
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def figures(page: str) -> list[dict[str, Any]]:
    facts = re.findall(r'<script type="application/json">(.*?)</script>', page, re.DOTALL)
    return [json.loads(text) for text in facts]


def test_the_page_is_well_formed(page: str) -> None:
    parser = Balance()
    parser.feed(page)

    assert parser.open == []


def test_the_page_says_what_the_screen_says(page: str, summary: Summary) -> None:
    assert all(sentence in unescape(page) for sentence in verdict(summary))


def test_every_number_of_a_method_is_in_its_table(page: str, summary: Summary) -> None:
    for row in summary.means.filter(kind="all").iter_rows(named=True):
        cells = "".join(f"<td>{number(row[name])}</td>" for name in NAMES)
        assert f'<th scope="row">{row["method"]}</th>{cells}' in page


def test_every_difference_stands_with_its_interval(page: str, summary: Summary) -> None:
    assert len(summary.differences) == 2 * (len(METHODS) - 1)
    for row in summary.differences:
        assert f"<td>{row.mean:+.3f}</td><td>{interval(row.lower, row.upper)}</td>" in page


def test_every_heuristic_has_its_formula_on_the_page(page: str) -> None:
    for heuristic in HEURISTICS:
        assert f"<dt>{heuristic.name}</dt><dd>{heuristic.formula}.</dd>" in page
    assert "{" not in page[page.index("How to read it") : page.index("</main>")]


def test_charts_show_the_numbers_of_the_tables(page: str, summary: Summary) -> None:
    methods, ahead, by_age, by_author, per_day, silence = figures(page)

    overall = {row["method"]: row for row in summary.means.filter(kind="all").to_dicts()}
    for trace, measure in zip(methods["data"], ("spearman", "ndcg_100"), strict=True):
        assert trace["x"] == [overall[str(name)][measure] for name in _list(trace["y"])]
    assert [len(_list(trace["x"])) for trace in ahead["data"]] == [len(METHODS) - 1] * 2
    assert [len(chart["data"]) for chart in (by_age, by_author, per_day)] == [3, 3, 3]
    assert silence["data"][0]["y"] == summary.judged["got_nothing"].to_list()


def _list(values: object) -> list[object]:
    assert isinstance(values, list)
    return values


def test_a_few_days_have_no_interval_but_a_page() -> None:
    page = render_backtest(random_summary(seed=2, days=4))

    assert "error_x" not in json.dumps(figures(page)[1]["data"])
    told = page[page.index("How far the score is ahead") : page.index("By age of the post")]
    assert told.count("interval") == 1
    assert "Fewer than 14 judged days are too few for 95 % intervals." in unescape(told)


@pytest.mark.parametrize(("days", "step"), [(4, 86_400_000), (7, 86_400_000), (8, None)])
def test_no_hours_stand_between_few_days(days: int, step: int | None) -> None:
    axes = [
        chart["layout"]["xaxis"]
        for chart in figures(render_backtest(random_summary(seed=2, days=days)))
    ]

    assert [axis.get("dtick") for axis in axes[-2:]] == [step, step]


def test_without_a_judged_day_the_page_says_so_and_still_explains() -> None:
    page = render_backtest(random_summary(seed=3, days=2, posts=2))

    assert "There is nothing to compare." in page
    assert figures(page) == []
    assert "How to read it" in page


def test_what_does_not_exist_is_a_dash() -> None:
    assert (number(None), percent(None)) == ("–", "–")  # noqa: RUF001
    assert (number(0.12345), percent(0.256)) == ("0.123", "26 %")
