"""`sociallive backtest`: how well the published scores predict, beside heuristics."""

from pathlib import Path

import polars as pl

from assets.ranking.backtest import MEASURES, Kind, backtest
from assets.ranking.backtest_summary import NAMES, Summary, summarize, verdict
from assets.resources.clock import utc_today
from assets.resources.lake import Lake
from pipelines.backtest_days import SeenDays, chosen_days, refuse_days_without_tables
from pipelines.backtesting import read_judged
from pipelines.chosen_engine import published_of
from pipelines.cli.console import console, say, show
from pipelines.settings import read_settings
from reports.backtest_json import backtest_json
from reports.backtest_page import render_backtest
from reports.views.whole_file import whole_file


def run_backtest(first: str | None, last: str | None) -> None:
    """Judge the days, then show the result and write the page and the file for machines.

    Raises:
        UsageError: a text is no date, or the days are not over.
        MissingPartitionError: a day that is read has not been run.
        StorageError: the page or the file cannot be written.
    """
    settings = read_settings()
    lake = Lake(settings.lake)
    seen = SeenDays(lake, settings.first_day)
    days = chosen_days(seen, first, last, today=utc_today())
    refuse_days_without_tables(seen, days)
    published = published_of(settings)
    with console.status("") as status:
        judged = read_judged(
            published,
            days,
            settings.first_day,
            lambda chunk: status.update(f"judging {chunk.first} to {chunk.last} …"),
        )
        summary = summarize(backtest(judged), days)
    tell(summary, write_reports(settings.reports, summary))


def tell(summary: Summary, paths: tuple[Path, Path]) -> None:
    """One screen: methods by measures, then what they say."""
    overall = summary.means.filter(pl.col("kind") == Kind.ALL)
    rows = [
        (row["method"], *("" if row[name] is None else f"{row[name]:.3f}" for name in MEASURES))
        for row in overall.iter_rows(named=True)
    ]
    if rows:
        show("Back-test, mean over days", ["method", *(NAMES[name] for name in MEASURES)], rows)
    for sentence in verdict(summary):
        say(sentence)
    for path in paths:
        say(str(path))


def write_reports(folder: Path, summary: Summary) -> tuple[Path, Path]:
    """Write the page and, beside it, the file for machines.

    Raises:
        StorageError: one of them cannot be written.
    """
    page = folder / f"backtest-{summary.days.first}-to-{summary.days.last}.html"
    numbers = page.with_suffix(".json")
    for path, content in ((page, render_backtest(summary)), (numbers, backtest_json(summary))):
        with whole_file(path) as unfinished:
            unfinished.parent.mkdir(parents=True, exist_ok=True)
            unfinished.write_text(content, encoding="utf-8")
    return page, numbers
