"""What all charts of the overview look like: margins, legends, how they behave under a finger."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from reports.series_colours import PALETTE

MARGIN = {"l": 4, "r": 8, "t": 8, "b": 4}
STYLE = {
    "margin": MARGIN,
    "paper_bgcolor": "rgba(0,0,0,0)",
    "plot_bgcolor": "rgba(0,0,0,0)",
    "legend": {
        "orientation": "h",
        "y": 1.02,
        "yanchor": "bottom",
        "x": 0,
        "traceorder": "normal",
        "bgcolor": "rgba(0,0,0,0)",
    },
    "font": {"size": 12, "family": "system-ui, -apple-system, Segoe UI, Roboto, sans-serif"},
    "dragmode": False,
    "hovermode": "x unified",
}

# As Plotly's JavaScript takes it: building its Python objects would take most of the time.
Figure: TypeAlias = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Line:
    """One series of a chart: its column, its name for people, its colour."""

    column: str
    name: str
    colour: str


def lines_of(names: Mapping[str, str], colours: Sequence[str] = PALETTE) -> list[Line]:
    """A series per column; where the colours run out they begin anew."""
    return [
        Line(column, name, colours[place % len(colours)])
        for place, (column, name) in enumerate(names.items())
    ]


def figure(traces: Sequence[dict[str, Any]], layout: dict[str, Any]) -> Figure:
    """Readable on a phone, where a finger scrolls the page and not the chart."""
    axis = {
        "ticklabelstandoff": 4,
        "automargin": True,
        "fixedrange": True,
        "ticks": "",
        "zeroline": False,
    }
    upright = axis | {"zeroline": True, "separatethousands": True}
    return {
        "data": list(traces),
        "layout": STYLE
        | {"showlegend": len(traces) > 1}
        | layout
        | {"xaxis": axis | layout.get("xaxis", {}), "yaxis": upright | layout.get("yaxis", {})},
    }
