"""The page of the overview: one file that loads nothing."""

from collections.abc import Iterator, Sequence
from fractions import Fraction
from html import escape

from reports.overview.attention import sentences
from reports.overview.content import content
from reports.overview.facts import WEEKS_COMPARED, PlatformFacts
from reports.overview.key_figures import KeyFigure, key_figures
from reports.overview.operations import operations
from reports.overview.people import people
from reports.overview.quality import quality
from reports.overview.ranking import ranking
from reports.overview.safety import safety
from reports.overview.sparklines import sparkline
from reports.overview.subjects import Chapter, Subject
from reports.overview.tables import DAY, Column, Kind, Table
from reports.overview.words import FEW, NOTHING, signed, signed_per_cent, signed_points
from reports.page import chart, definitions, folded, paragraph, render_page, table
from schema.metrics import metrics_named

WITHOUT_SCRIPT = "Charts need script; every table is here without."
METRIC_COLUMNS = (
    DAY,
    Column("metric_name", "metric", Kind.TEXT),
    Column("tags", "tags", Kind.TEXT),
    Column("metric_value", "value"),
)


def chapters(facts: PlatformFacts) -> list[Chapter]:
    """Everything that the page shows, in its order."""
    parts = (people, content, ranking, safety, operations, quality)
    return [part(facts) for part in parts]


def tables_of(facts: PlatformFacts, parts: Sequence[Chapter]) -> list[Table]:
    """Every table of the page, and the published metrics themselves."""
    shown = [shown for part in parts for subject in part.subjects for shown in subject.tables]
    return [*shown, metrics_table(facts)]


def metrics_table(facts: PlatformFacts) -> Table:
    """All numbers of the days as they were published."""
    return Table("system_metrics", "All metrics", facts.shown_metrics, METRIC_COLUMNS)


def render_overview(facts: PlatformFacts, parts: Sequence[Chapter]) -> str:
    """The whole page; without a published day, only that there is none, and what to do."""
    title = f"Social Live, {facts.days.first} to {facts.days.last}"
    body = _body(facts, parts) if facts.published else _nothing(facts)
    return render_page(title, body, kind="wide")


def _nothing(facts: PlatformFacts) -> Iterator[str]:
    days = facts.days
    yield '<div class="verdict">'
    yield paragraph("There is nothing to show yet: no day of these has been published.")
    yield paragraph(f"`sociallive run --from {days.first} --to {days.last}` publishes them.")
    yield "</div>"


def _body(facts: PlatformFacts, parts: Sequence[Chapter]) -> Iterator[str]:
    yield _summary(facts)
    yield _strip(facts)
    links = (f'<a href="#{part.key}">{escape(part.title)}</a>' for part in parts)
    yield f"<nav>{''.join(links)}</nav>"
    yield f"<noscript>{paragraph(WITHOUT_SCRIPT, kind='note')}</noscript>"
    for part in parts:
        yield f'<section id="{part.key}"><h2>{escape(part.title)}</h2><div class="subjects">'
        yield from (_subject(subject, facts) for subject in part.subjects)
        yield "</div></section>"
    yield from _closing(facts)


def _summary(facts: PlatformFacts) -> str:
    told = sentences(facts)
    if len(told) == 1:
        return f'<div class="verdict">{paragraph(told[0])}</div>'
    lines = "".join(f"<li>{escape(sentence)}</li>" for sentence in told)
    return f'<div class="verdict"><ul>{lines}</ul></div>'


def _strip(facts: PlatformFacts) -> str:
    figures = key_figures(facts)
    day = figures[0].day
    note = (
        f"{day:%A}, {facts.named(day)}, beside the mean of the same weekday in up to "
        f"{WEEKS_COMPARED} weeks before. Days are UTC."
    )
    cards = "".join(_card(figure) for figure in figures)
    return f'{paragraph(note, kind="note")}<div class="strip">{cards}</div>'


def _card(figure: KeyFigure) -> str:
    value = NOTHING if figure.value is None else figure.show(figure.value)
    return (
        f'<div class="card"><div class="name">{escape(figure.title)}</div>'
        f'<div class="value">{escape(value)}</div>'
        f'<div class="change">{escape(compared(figure))}</div>{sparkline(figure.history)}</div>'
    )


def compared(figure: KeyFigure) -> str:
    """How a figure stands beside the usual."""
    if figure.usual is None:
        return "nothing to compare with yet"
    usual = f"usually {figure.show_usual(figure.usual)}"
    if figure.value is not None and figure.is_share:
        return f"{signed_points(Fraction(figure.value) - figure.usual)}, {usual}"
    if figure.value is not None and max(figure.value, figure.usual) < FEW:
        return f"{signed(Fraction(figure.value) - figure.usual)}, {usual}"
    return f"{signed_per_cent(figure.change)}, {usual}" if figure.change is not None else usual


def _subject(subject: Subject, facts: PlatformFacts) -> str:
    parts = [
        f"<h3>{escape(subject.title)}</h3>",
        paragraph(subject.finding, kind="finding"),
        *(chart(shown.figure, shown.label) for shown in subject.charts),
        *(_table(shown, facts) for shown in subject.tables),
        _definitions(subject),
    ]
    kind = "subject whole" if subject.is_wide else "subject"
    return f'<article id="{escape(subject.key)}" class="{kind}">{"".join(parts)}</article>'


def _table(shown: Table, facts: PlatformFacts) -> str:
    rows = shown.frame.height
    if not rows:
        return ""
    count = "" if shown.shown.height == rows else f", {shown.shown.height:,} of {rows:,} rows"
    open_days = {f"{day}": facts.named(day) for day in facts.unsettled}
    cells = ([open_days.get(first, first), *others] for first, *others in shown.cells())
    content = table(f"{shown.title}{count}", shown.headings, cells) + links(shown)
    return folded(
        f"Table: {shown.title}", f'<div data-table="{escape(shown.name)}">{content}</div>'
    )


def links(shown: Table) -> str:
    """Where the files of a table are."""
    name = escape(shown.name)
    return (
        f'<p class="note">Whole table: <a href="{name}.csv" download>CSV</a>, '
        f'<a href="{name}.parquet" download>Parquet</a></p>'
    )


def _definitions(subject: Subject) -> str:
    told = metrics_named(subject.metrics)
    terms = [(f"{metric.name}, in {metric.unit}", f"{metric.definition}.") for metric in told]
    terms += subject.terms
    return folded("What it means", definitions(terms)) if terms else ""


def _closing(facts: PlatformFacts) -> Iterator[str]:
    yield '<section id="metrics"><h2>All metrics</h2>'
    yield paragraph(
        "Days are UTC calendar days. A number is absent where its definition says so; a chart has "
        "a gap there, and a table a dash."
    )
    yield links(metrics_table(facts))
    yield "</section>"
