"""Charts of a back-test."""

from collections.abc import Sequence

import polars as pl
from plotly.graph_objects import Bar, Figure, Scatter

from assets.ranking.backtest import METHODS, PRIOR, SCORE, SLICES, Kind
from assets.ranking.backtest_summary import NAMES, Summary
from assets.ranking.backtest_verdict import JUDGED_BY
from reports.day_axis import steps_of_days
from reports.series_colours import AMBER, BLUE, PINK

MEASURE_COLOURS = {"ndcg_100": BLUE, "spearman": AMBER}
METHOD_COLOURS = (BLUE, PINK, AMBER)
ROW_PIXELS = 38


def methods_chart(summary: Summary) -> Figure:
    """Every method in the two measures that decide, the best on top."""
    overall = summary.means.filter(pl.col("kind") == Kind.ALL).sort("ndcg_100")
    bars = [
        Bar(
            name=NAMES[measure],
            orientation="h",
            y=overall["method"].to_list(),
            x=overall[measure].to_list(),
            marker_color=MEASURE_COLOURS[measure],
        )
        for measure in reversed(JUDGED_BY)
    ]
    return _styled(Figure(bars), rows=len(METHODS)).update_layout(legend_traceorder="reversed")


def differences_chart(summary: Summary) -> Figure:
    """How far the score is ahead of each method, with 95 % intervals; right of 0 it is ahead."""
    figure = Figure()
    for measure in JUDGED_BY:
        rows = [row for row in summary.differences if row.measure == measure]
        known = [row for row in rows if row.lower is not None and row.upper is not None]
        spans = {
            "array": [(row.upper or 0) - row.mean for row in known],
            "arrayminus": [row.mean - (row.lower or 0) for row in known],
        }
        figure.add_trace(
            Scatter(
                name=NAMES[measure],
                mode="markers",
                x=[row.mean for row in rows],
                y=[row.method for row in rows],
                error_x=spans if known else None,
                marker={"color": MEASURE_COLOURS[measure], "size": 9},
                # The range ends at the outermost ones: they would be cut in half.
                cliponaxis=False,
            )
        )
    figure.update_layout(scattermode="group", yaxis_autorange="reversed", xaxis_zeroline=True)
    return _styled(figure, rows=len(METHODS))


def days_chart(summary: Summary) -> Figure:
    """NDCG@100 of each day: the score beside the prior and the best heuristic."""
    overall = summary.outcome.results.filter(pl.col("kind") == Kind.ALL)
    figure = Figure()
    for method, colour in zip(compared(summary), METHOD_COLOURS, strict=False):
        rows = overall.filter(pl.col("method") == method)
        days = [day.isoformat() for day in rows["date"]]
        figure.add_trace(
            Scatter(
                name=method,
                mode="lines+markers",
                x=days,
                y=rows["ndcg_100"].to_list(),
                line={"color": colour},
            )
        )
    return _over_days(figure, summary)


def bands_chart(summary: Summary, kind: Kind) -> Figure:
    """NDCG@100 per band of posts: the score beside the prior and the best heuristic."""
    means = summary.means.filter(pl.col("kind") == kind)
    bands = [name for name in SLICES[kind] if name in set(means["slice"])]
    figure = Figure()
    for method, colour in zip(compared(summary), METHOD_COLOURS, strict=False):
        rows = means.filter(pl.col("method") == method)
        values = dict(rows.select("slice", "ndcg_100").iter_rows())
        heights = [values[band] for band in bands]
        figure.add_trace(Bar(name=method, x=bands, y=heights, marker_color=colour))
    return _styled(figure, rows=8)


def silence_chart(summary: Summary) -> Figure:
    """Share of posts that got nothing the day after, and of scores that tie, per day."""
    days = [day.isoformat() for day in summary.judged["date"]]
    names = {"got_nothing": "got nothing", "ties": "share their score"}
    figure = Figure()
    for (column, name), colour in zip(names.items(), METHOD_COLOURS, strict=False):
        shares = summary.judged[column].to_list()
        line = Scatter(name=name, mode="lines+markers", x=days, y=shares, line={"color": colour})
        figure.add_trace(line)
    return _over_days(figure, summary).update_layout(
        yaxis={"tickformat": ".0%", "range": [0, 1.02]}
    )


def compared(summary: Summary) -> Sequence[str]:
    """Score, prior and the heuristic that is best in NDCG@100."""
    best = summary.best("ndcg_100")
    return (SCORE, PRIOR, best.method) if best else (SCORE, PRIOR)


def _over_days(figure: Figure, summary: Summary) -> Figure:
    steps = steps_of_days(summary.days.first, summary.days.last)
    return _styled(figure, rows=8).update_layout(xaxis=steps)


def _styled(figure: Figure, *, rows: int) -> Figure:
    """Readable on a phone, and in the page's colours, which its script sets."""
    return figure.update_layout(
        template="none",
        height=ROW_PIXELS * rows + 90,
        margin={"l": 10, "r": 10, "t": 40, "b": 40},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        barmode="group",
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
        xaxis_automargin=True,
        yaxis_automargin=True,
        xaxis_ticklabelstandoff=6,
        yaxis_ticklabelstandoff=6,
        font={"size": 13},
    )
