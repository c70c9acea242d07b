"""What does a page per creator cost? Pages per second, bytes per page, peak memory.

python -m benchmarks.creator_pages [--creators 300] [--rounds 3]

Writes the same reports as our pages, and as what one would write first: four Plotly figures per
creator, put into a page by `to_html(include_plotlyjs="directory")`. That page has no table, no text
and no drawing for readers without script, so that its figures are all that it pays for. Each way
runs in a process of its own; the ways take turns. Seconds are those of the processor, by which
neither gains from an idle second core.
"""

import argparse
import multiprocessing
import resource
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from html import escape
from pathlib import Path

from plotly.graph_objects import Bar, Figure, Heatmap

from reports.creator.model import CreatorReport
from reports.creator.page import render_report
from reports.creator.publishing import FOLDER, publish_reports
from reports.creator.words import WEEKDAYS
from tests.fixtures.creator_reports import believable, identity

KB_PER_MB = 1024
DIFFERENT = 20


@dataclass(frozen=True, slots=True)
class Cost:
    """What one way took for all pages."""

    seconds: float
    page_bytes: float
    peak_mb: float


def reports(creators: int) -> Iterator[CreatorReport]:
    """Reports of creators that differ; not made while the time is taken."""
    some = [believable(seed) for seed in range(DIFFERENT)]
    for number in range(creators):
        yield replace(some[number % DIFFERENT], user_id=identity(number))


def render_ours(several: list[CreatorReport], folder: Path) -> None:
    """Whole pages, written as the figures are: neither synced nor renamed."""
    for report in several:
        page = folder / f"{report.user_id}.html"
        page.write_text(render_report(report), encoding="utf-8")


def publish_ours(several: list[CreatorReport], folder: Path) -> None:
    """Whole pages with each creator's history, so that they outlive a power loss."""
    publish_reports(several, folder)


def publish_figures(several: list[CreatorReport], folder: Path) -> None:
    """Four figures on a page."""
    for report in several:
        parts = [
            figure.to_html(full_html=False, include_plotlyjs="directory" if first else False)
            for first, figure in zip((True, False, False, False), figures(report), strict=True)
        ]
        title = f"<!doctype html><h1>{escape(report.username)}</h1>"
        page = folder / f"{report.user_id}.html"
        page.write_text("\n".join([title, *parts]), encoding="utf-8")


def figures(report: CreatorReport) -> list[Figure]:
    """The charts of our page."""
    days, series = list(report.days), report.series
    lost = [-count for count in series["followers_lost"]]
    levels = [[report.audience.hours.get((d, h), 0) for h in range(24)] for d in range(7)]
    return [
        Figure([Bar(x=days, y=list(series["post_impressions"]))]),
        Figure([Bar(x=days, y=list(series["post_engagements"]))]),
        Figure([Bar(x=days, y=list(series["followers_gained"])), Bar(x=days, y=lost)]),
        Figure([Heatmap(z=levels, y=WEEKDAYS)]),
    ]


WAYS: dict[str, Callable[[list[CreatorReport], Path], None]] = {
    "ours": render_ours,
    "ours, durable": publish_ours,
    "figure.to_html": publish_figures,
}


def measure(way: str, creators: int) -> Cost:
    """Run one way in this process, in a folder that is thrown away."""
    several = list(reports(creators))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        # What is loaded and compiled once is not what a page costs.
        WAYS[way](several[:1], folder)
        shutil.rmtree(folder / FOLDER, ignore_errors=True)
        started = time.process_time()
        WAYS[way](several, folder)
        seconds = time.process_time() - started
        pages = list(folder.rglob("*.html"))
        size = sum(path.stat().st_size for path in pages) / len(pages)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / KB_PER_MB
    return Cost(seconds, size, peak)


def run(creators: int, rounds: int) -> None:
    """Let the ways take turns, each time in a new process; print the best of each and the ratio."""
    costs: dict[str, list[Cost]] = {way: [] for way in WAYS}
    context = multiprocessing.get_context("spawn")
    for _ in range(rounds):
        for way, seen in costs.items():
            with context.Pool(1) as pool:
                seen.append(pool.apply(measure, (way, creators)))
    best = {way: min(seen, key=lambda cost: cost.seconds) for way, seen in costs.items()}
    print(f"{creators:,} creators, best of {rounds}")
    for way, cost in best.items():
        print(
            f"{way:>15}: {creators / cost.seconds:8.1f} pages/s  "
            f"{cost.page_bytes / KB_PER_MB:7.1f} kB/page  {cost.peak_mb:6.0f} MB at most"
        )
    plain = best.pop("figure.to_html").seconds
    for way, cost in best.items():
        print(f"{way}: {plain / cost.seconds:.1f} times as fast as figure.to_html")


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--creators", type=int, default=300)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    run(given.creators, given.rounds)


if __name__ == "__main__":
    main()
