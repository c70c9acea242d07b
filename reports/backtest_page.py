"""The page of a back-test: how well the scores predict, beside heuristics, and how to read it."""

from collections.abc import Iterator

import polars as pl

from assets.ranking.backtest import SCORE, SLICES, Kind
from assets.ranking.backtest_summary import NAMES, Summary, verdict
from assets.ranking.backtest_verdict import FEWEST_DAYS
from reports.backtest_charts import (
    bands_chart,
    days_chart,
    differences_chart,
    methods_chart,
    silence_chart,
)
from reports.backtest_terms import define_terms, how_to_read
from reports.page import chart, definitions, folded, heading, paragraph, render_page, table

NOTHING = "\N{EN DASH}"
BARS = "Bars are 95 % intervals."
TOO_FEW_DAYS = f"Fewer than {FEWEST_DAYS} judged days are too few for 95 % intervals."


def render_backtest(summary: Summary) -> str:
    """The whole page, in one file that loads nothing."""
    title = f"How well the scores predict: {summary.days.first} to {summary.days.last}"
    return render_page(title, [*_opening(summary), *_findings(summary), *_closing()])


def _opening(summary: Summary) -> Iterator[str]:
    yield '<div class="verdict">'
    yield from (paragraph(sentence) for sentence in verdict(summary))
    yield "</div>"


def _findings(summary: Summary) -> Iterator[str]:
    if summary.judged.is_empty():
        return
    yield from _methods(summary)
    yield from _differences(summary)
    yield from _bands(summary)
    yield from _days(summary)


def _methods(summary: Summary) -> Iterator[str]:
    yield heading("Which method puts the posts in the best order")
    yield paragraph("Mean over days; 1 is the order that came true.", kind="note")
    yield chart(methods_chart(summary), "NDCG@100 and Spearman of each method")
    overall = summary.means.filter(pl.col("kind") == Kind.ALL)
    columns = ["method", *NAMES.values()]
    rows = [[row["method"], *measured(row)] for row in overall.iter_rows(named=True)]
    yield table("Mean over the judged days", columns, rows, marked=[SCORE])


def _differences(summary: Summary) -> Iterator[str]:
    yield heading("How far the score is ahead")
    with_intervals = any(row.lower is not None for row in summary.differences)
    said = BARS if with_intervals else TOO_FEW_DAYS
    yield paragraph(f"Right of 0 the score is ahead. {said}", kind="note")
    yield chart(differences_chart(summary), "How far the score is ahead of each method")
    intervals = ["95 % interval"] if with_intervals else []
    columns = ["method", "measure", "difference", *intervals, "score", "method's"]
    rows = [
        [
            f"{row.method} (best)" if row.is_best else row.method,
            NAMES[row.measure],
            f"{row.mean:+.3f}",
            *(interval(row.lower, row.upper) for _ in intervals),
            number(row.score),
            number(row.other),
        ]
        for row in summary.differences
    ]
    marked = {f"{row.method} (best)" for row in summary.differences if row.is_best}
    yield table("Score minus method, mean over the judged days", columns, rows, marked=marked)


def _bands(summary: Summary) -> Iterator[str]:
    headings = {Kind.AGE: "By age of the post", Kind.AUTHOR: "By size of the author"}
    for kind, text in headings.items():
        yield heading(text)
        yield paragraph("NDCG@100, mean over the days on which the band had posts.", kind="note")
        yield chart(bands_chart(summary, kind), f"NDCG@100: {text.lower()}")
        yield _band_table(summary, kind)


def _band_table(summary: Summary, kind: Kind) -> str:
    order = pl.col("slice").cast(pl.Enum(SLICES[kind]))
    rows = summary.means.filter(pl.col("kind") == kind).sort(order, maintain_order=True)
    columns = ["band", "method", "days", "posts", *NAMES.values()]
    cells = [
        [row["slice"], row["method"], f"{row['days']:,}", f"{row['posts']:,}", *measured(row)]
        for row in rows.iter_rows(named=True)
    ]
    return folded("All methods per band", table("Mean over days", columns, cells))


def _days(summary: Summary) -> Iterator[str]:
    yield heading("Day by day")
    yield paragraph("NDCG@100 of the posts scored at the end of each day.", kind="note")
    yield chart(days_chart(summary), "NDCG@100 per day")
    yield heading("Posts that got nothing, and scores that tie")
    yield chart(silence_chart(summary), "Shares per day")
    columns = ["day", "posts", "judged", "got nothing", "ties", "learned", "within interval"]
    cells = [
        [
            str(row["date"]),
            f"{row['posts']:,}",
            "yes" if row["is_judged"] else "no",
            *(percent(row[name]) for name in ("got_nothing", "ties", "learned", "coverage")),
        ]
        for row in summary.outcome.days.iter_rows(named=True)
    ]
    yield folded("All days", table("Candidates of each day", columns, cells))


def _closing() -> Iterator[str]:
    yield heading("How to read it")
    yield from (paragraph(text) for text in how_to_read())
    yield heading("Definitions")
    yield definitions(define_terms().items())


def measured(row: dict[str, float | None]) -> list[str]:
    """Cells of all measures."""
    return [number(row[name]) for name in NAMES]


def number(value: float | None) -> str:
    """Three digits; a dash where there is nothing."""
    return NOTHING if value is None else f"{value:.3f}"


def percent(share: float | None) -> str:
    """Whole per cent; a dash where there is nothing."""
    return NOTHING if share is None else f"{100 * share:.0f} %"


def interval(lower: float | None, upper: float | None) -> str:
    """Both ends with their signs."""
    return "too few days" if lower is None or upper is None else f"{lower:+.3f} to {upper:+.3f}"
