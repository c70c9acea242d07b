"""What a part of the overview consists of: a finding in a sentence, charts, tables, definitions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from reports.overview.charts import NOTHING_MORE, bar_chart, line_chart
from reports.overview.daily import Daily
from reports.overview.figures import Figure, Line, lines_of
from reports.overview.tables import Table

# How the numbers along an axis are written.
SHARES = {"tickformat": ".0%"}
HOURS = {"ticksuffix": " h"}
# "500MB" and "1GB"; without, the drawing library writes a billion as "1B".
BYTES = {"tickformat": "~s", "ticksuffix": "B"}


@dataclass(frozen=True, slots=True)
class Chart:
    """A figure, and in words what it shows."""

    figure: Figure
    label: str


@dataclass(frozen=True, slots=True)
class Subject:
    """One part of the page. `metrics` are defined by the registry, `terms` here.

    Without anything to show it has no charts, and its finding says so. A wide one takes the whole
    width of the page.
    """

    key: str
    title: str
    finding: str
    charts: Sequence[Chart] = ()
    tables: Sequence[Table] = ()
    metrics: Sequence[str] = ()
    terms: Sequence[tuple[str, str]] = ()
    is_wide: bool = False


@dataclass(frozen=True, slots=True)
class Chapter:
    """Subjects that belong together."""

    key: str
    title: str
    subjects: Sequence[Subject]


def line_charts(
    numbers: Daily, names: Mapping[str, str], label: str, yaxis: Mapping[str, str] = NOTHING_MORE
) -> list[Chart]:
    """One chart of lines; none where there is nothing but zeros."""
    if not numbers.is_drawable:
        return []
    figure = line_chart(numbers.shown, lines_of(names), numbers.facts.unsettled, yaxis)
    return [Chart(figure, label)]


def bar_charts(
    numbers: Daily,
    lines: Sequence[Line],
    label: str,
    *,
    down: Sequence[str] = (),
    as_shares: bool = False,
    yaxis: Mapping[str, str] = NOTHING_MORE,
) -> list[Chart]:
    """One chart of stacked bars; none where there is nothing but zeros."""
    if not numbers.is_drawable:
        return []
    unsettled = numbers.facts.unsettled
    figure = bar_chart(numbers.shown, lines, unsettled, down=down, as_shares=as_shares, yaxis=yaxis)
    return [Chart(figure, label)]
