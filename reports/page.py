"""A page that needs nothing else: charts, tables and their drawing library in one file."""

import re
from base64 import b64encode
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from hashlib import sha256
from html import escape
from importlib.resources import files
from json import dumps
from string import Template
from typing import Any

from plotly.graph_objects import Figure
from plotly.offline import get_plotlyjs

DAY = re.compile(r"\d{4}-\d\d-\d\d")


def render_page(title: str, body: Iterable[str], *, kind: str = "") -> str:
    """Put sections of HTML into a whole page; the title is plain text, `kind` a class of it."""
    script, plotly = _template("page.js"), get_plotlyjs()
    return Template(_template("page.html")).substitute(
        title=escape(title),
        heading=DAY.sub(r"<time>\g<0></time>", escape(title)),
        kind=escape(kind),
        style=_template("page.css"),
        script=script,
        plotly=plotly,
        scripts=f"{_permission(plotly)} {_permission(script)}",
        body="\n".join(body),
    )


def heading(text: str) -> str:
    """Title of a section."""
    return f"<h2>{escape(text)}</h2>"


def paragraph(text: str, *, kind: str = "") -> str:
    """A paragraph of plain text; `kind` is a class of the style sheet."""
    return f'<p class="{escape(kind)}">{escape(text)}</p>' if kind else f"<p>{escape(text)}</p>"


def chart(figure: Figure | Mapping[str, Any], label: str) -> str:
    """A figure to be drawn by the page; `label` says in words what it shows."""
    facts = figure.to_json() if isinstance(figure, Figure) else dumps(figure, allow_nan=False)
    # A slash may be escaped in JSON, and no text in it can then end the element.
    facts = facts.replace("</", "<\\/").replace("<!--", "<\\u0021--")
    return (
        f'<div class="chart" role="img" aria-label="{escape(label)}">'
        f'<script type="application/json">{facts}</script></div>'
    )


def table(
    caption: str,
    columns: Sequence[str],
    rows: Iterable[Sequence[str]],
    *,
    marked: Iterable[str] = (),
) -> str:
    """A table of plain texts; rows whose first cell is `marked` stand out."""
    strong = set(marked)
    head = "".join(f'<th scope="col">{escape(column)}</th>' for column in columns)
    body = "\n".join(_row(row, is_marked=row[0] in strong) for row in rows)
    return (
        f'<div class="table" role="region" tabindex="0" aria-label="{escape(caption)}">'
        f"<table><caption>{escape(caption)}</caption>"
        f"<thead><tr>{head}</tr></thead>\n<tbody>{body}</tbody></table></div>"
    )


def folded(summary: str, content: str) -> str:
    """Content that opens on demand."""
    return f"<details><summary>{escape(summary)}</summary>{content}</details>"


def definitions(terms: Iterable[tuple[str, str]]) -> str:
    """A list of terms and what they mean."""
    lines = (f"<dt>{escape(term)}</dt><dd>{escape(meaning)}</dd>" for term, meaning in terms)
    return f"<dl>{''.join(lines)}</dl>"


def _row(cells: Sequence[str], *, is_marked: bool) -> str:
    first, *others = map(escape, cells)
    texts = f'<th scope="row">{first}</th>' + "".join(f"<td>{cell}</td>" for cell in others)
    return f'<tr class="mark">{texts}</tr>' if is_marked else f"<tr>{texts}</tr>"


@cache
def _permission(script: str) -> str:
    """What lets a browser run exactly this script, and none that text brings into the page."""
    return f"'sha256-{b64encode(sha256(script.encode()).digest()).decode()}'"


@cache
def _template(name: str) -> str:
    return (files("reports") / "templates" / name).read_text(encoding="utf-8")
