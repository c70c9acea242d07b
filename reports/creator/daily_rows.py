"""Rows of the tables that stand below the charts: days, counts, and whether they are final."""

from collections.abc import Mapping, Sequence

from reports.creator.model import ENGAGEMENTS, CreatorReport
from reports.creator.words import table_day

STATES = {True: "final", False: "provisional"}


def daily_rows(report: CreatorReport) -> Mapping[str, str]:
    """HTML rows for each table, by its name, newest day first; nothing that users wrote is in."""
    series = report.series
    by_type = [report.by_type[kind] for kind in ENGAGEMENTS]
    follows = [series["followers_gained"], series["followers_lost"]]
    heads, tails = _heads(report), _tails(report)
    columns: Mapping[str, Sequence[Sequence[int]]] = {
        "impressions": [series["post_impressions"]],
        "engagements": [series["post_engagements"], *by_type],
        "followers": [*follows, series["profile_views"]],
        "quiet": [series["post_impressions"], series["post_engagements"]],
    }
    return {name: _rows(heads, counts, tails) for name, counts in columns.items()}


def _rows(heads: Sequence[str], columns: Sequence[Sequence[int]], tails: Sequence[str]) -> str:
    counts = ("".join(map(_cell, row)) for row in zip(*columns, strict=True))
    rows = list(map("".join, zip(heads, counts, tails, strict=True)))
    return "".join(reversed(rows))


def _heads(report: CreatorReport) -> list[str]:
    period = report.period.days
    kinds = {True: '<tr class="inside">', False: "<tr>"}
    return [f'{kinds[day in period]}<th scope="row">{table_day(day)}</th>' for day in report.days]


def _tails(report: CreatorReport) -> list[str]:
    return [f"<td>{STATES[day in report.final_days]}</td></tr>\n" for day in report.days]


def _cell(count: int) -> str:
    return f"<td>{count:,}</td>"
