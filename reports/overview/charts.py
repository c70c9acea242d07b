"""Charts of the overview, from frames that hold their numbers already."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from types import MappingProxyType
from typing import Any

import polars as pl

from reports.day_axis import steps_of_days
from reports.overview.figures import MARGIN, Figure, Line, figure
from reports.plotly_text import plotly_text
from schema.windows import ONE_DAY, DayRange, consecutive

SHADE = "rgba(138, 148, 163, 0.22)"
HALF_A_DAY = "T12:00:00"
HEIGHT = 270
ROW_PIXELS = 26
FEW_STEPS = 5
NOTHING_MORE: Mapping[str, str] = MappingProxyType({})


def line_chart(
    frame: pl.DataFrame,
    lines: Sequence[Line],
    unsettled: Sequence[date],
    yaxis: Mapping[str, str],
) -> Figure:
    """Numbers per day as lines; a day without a number is a gap."""
    traces = [
        {
            "type": "scatter",
            "name": plotly_text(line.name),
            "mode": "lines+markers",
            "x": _days(frame),
            "y": _heights(frame[line.column]),
            "line": {"color": line.colour, "width": 2},
            "marker": {"size": 4},
            "connectgaps": False,
        }
        for line in _there(frame, lines)
    ]
    most = frame.select(pl.max_horizontal(line.column for line in lines)).to_series()
    return figure(traces, _over_days(frame, unsettled, {**_steps(most), **yaxis}))


def bar_chart(
    frame: pl.DataFrame,
    lines: Sequence[Line],
    unsettled: Sequence[date],
    *,
    down: Sequence[str] = (),
    as_shares: bool = False,
    yaxis: Mapping[str, str] = NOTHING_MORE,
) -> Figure:
    """Amounts per day as stacked bars; the columns `down` hang below zero."""
    traces = [_bars(frame, line, is_down=line.column in down) for line in _there(frame, lines)]
    most = frame.select(pl.sum_horizontal(line.column for line in lines)).to_series()
    layout = _over_days(frame, unsettled, {**_steps(most), **yaxis})
    layout |= {"barmode": "relative", "bargap": 0.12}
    if as_shares:
        layout["barnorm"] = "percent"
        layout["yaxis"] |= {"ticksuffix": " %"}
        traces = [trace | {"hovertemplate": "%{y:.1f} %"} for trace in traces]
    return figure(traces, layout)


def _bars(frame: pl.DataFrame, line: Line, *, is_down: bool) -> dict[str, Any]:
    heights = _heights(frame[line.column])
    sign = -1 if is_down else 1
    return {
        "type": "bar",
        "name": plotly_text(line.name),
        "x": _days(frame),
        "y": [None if height is None else sign * height for height in heights],
        "customdata": heights,
        "hovertemplate": "%{customdata:,}",
        "marker": {"color": line.colour, "line": {"width": 0}},
    }


def triangle_chart(cohorts: pl.DataFrame) -> Figure:
    """Share of each weekly cohort that was active, week by week."""
    names = cohorts.select("cohort", "accounts").unique().sort("cohort")
    weeks = sorted(cohorts["weeks_later"].unique())
    cells = cohorts.select("cohort", "weeks_later", "share").rows()
    shares = {(cohort, week): share for cohort, week, share in cells}
    grid = [[shares.get((cohort, week)) for week in weeks] for cohort in names["cohort"]]
    trace = {
        "type": "heatmap",
        "x": [f"{week}" for week in weeks],
        "y": [f"{cohort} ({accounts:,})" for cohort, accounts in names.iter_rows()],
        "z": [[None if share is None else float(share * 100) for share in row] for row in grid],
        "texttemplate": "%{z:.0f}",
        "hovertemplate": "created in the week of %{y}<br>%{x} weeks later: %{z:.1f} %"
        "<extra></extra>",
        "colorscale": [[0, "#eaf3fb"], [0.5, "#5b9fd2"], [1, "#0b4a86"]],
        "zmin": 0,
        "zmax": float(max(shares.values()) * 100) or 1,
        "showscale": False,
        "hoverongaps": False,
        "xgap": 2,
        "ygap": 2,
    }
    category = {"type": "category", "showgrid": False, "dtick": 1}
    layout = {
        "xaxis": category | {"title": {"text": "per cent active so many weeks later"}},
        "yaxis": category | {"autorange": "reversed"},
        "height": ROW_PIXELS * names.height + 80,
        "hovermode": "closest",
    }
    return figure([trace], layout)


def ranking_chart(
    labels: Sequence[str], scores: Sequence[Decimal], groups: Sequence[str], lines: Sequence[Line]
) -> Figure:
    """Scores from the best down; the columns of `lines` are the groups that have a colour."""
    shown = [plotly_text(label) for label in labels]
    traces = []
    for line in lines:
        places = [place for place, group in enumerate(groups) if group == line.column]
        trace = {
            "type": "bar",
            "name": plotly_text(line.name),
            "orientation": "h",
            "y": [shown[place] for place in places],
            "x": [float(scores[place]) for place in places],
            "hovertemplate": "%{y}: %{x:,.2f}<extra></extra>",
            "texttemplate": "%{x:,.2f}",
            "textposition": "outside",
            "cliponaxis": False,
            "marker": {"color": line.colour},
        }
        traces += [trace] if places else []
    order = {"type": "category", "categoryorder": "array", "categoryarray": shown}
    layout = {
        "yaxis": {**order, "autorange": "reversed", "dtick": 1, "showgrid": False},
        "bargap": 0.25,
        "height": ROW_PIXELS * len(shown) + 70,
        "margin": MARGIN | {"r": 40},
        "hovermode": "closest",
    }
    return figure(traces, layout)


def _there(frame: pl.DataFrame, lines: Sequence[Line]) -> list[Line]:
    """Series with any number: a legend need not name the others."""
    return [line for line in lines if frame[line.column].null_count() < frame.height]


def _days(frame: pl.DataFrame) -> list[str]:
    return [day.isoformat() for day in frame["date"]]


def _heights(values: pl.Series) -> list[Any]:
    """Numbers for the eye: a chart takes no exact decimals."""
    exact = values.dtype.is_decimal()
    heights: list[Any] = (values.cast(pl.Float64) if exact else values).to_list()
    return heights


def _steps(heights: pl.Series) -> dict[str, Any]:
    """Steps of one along an axis of few: there is no half of a user."""
    is_of_few = heights.dtype.is_integer() and not (heights > FEW_STEPS).any()
    return {"dtick": 1} if is_of_few else {}


def _over_days(
    frame: pl.DataFrame, unsettled: Sequence[date], yaxis: Mapping[str, str]
) -> dict[str, Any]:
    first, last = frame["date"][0], frame["date"][-1]
    spans = consecutive(sorted(unsettled))
    return {
        "xaxis": {
            "type": "date",
            "range": [f"{first - ONE_DAY}{HALF_A_DAY}", f"{last}{HALF_A_DAY}"],
            "tickformat": "%-d %b",
            "hoverformat": "%a %-d %b %Y",
            "nticks": 7,
            "showgrid": False,
            **steps_of_days(first, last),
        },
        "yaxis": {"rangemode": "tozero", "nticks": 6, **yaxis},
        "shapes": [_shade(span) for span in spans],
        "annotations": [_caption(span) for span in spans],
        "height": HEIGHT,
    }


def _shade(span: DayRange) -> dict[str, Any]:
    return {
        "type": "rect",
        "layer": "below",
        "xref": "x",
        "yref": "paper",
        "x0": f"{span.first - ONE_DAY}{HALF_A_DAY}",
        "x1": f"{span.last}{HALF_A_DAY}",
        "y0": 0,
        "y1": 1,
        "fillcolor": SHADE,
        "line": {"width": 0},
    }


def _caption(span: DayRange) -> dict[str, Any]:
    return {
        "text": "provisional",
        "x": f"{span.last}{HALF_A_DAY}",
        "xanchor": "right",
        "y": 1,
        "yref": "paper",
        "yanchor": "top",
        "showarrow": False,
        "font": {"size": 11},
    }
