"""The page of a creator's report: works alone, without script, on paper, and loads nothing else.

Its Content-Security-Policy allows the shared scripts, the style sheet that stands in it by its
digest, and an empty one, which Plotly fills through the DOM, and images within the page, of which
Plotly makes heat maps. `script-src 'self'` holds for files as well. A reader without the shared
files sees the same charts and numbers.
"""

import base64
import hashlib
from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from reports.creator.asides import (
    days_before,
    finality,
    last_numbers,
    milestone_words,
    provisional_days,
    restatement_row,
)
from reports.creator.audience_view import LEVELS, TOO_FEW, WHY, view_audience
from reports.creator.charts import Chart, draw_chart
from reports.creator.comparison import WHY_NO_WEEK
from reports.creator.daily_rows import daily_rows
from reports.creator.headline import NO_VIEWS, best_post, headline, summary
from reports.creator.model import NUMBERS, WEEKS_BEFORE, CreatorReport
from reports.creator.page_data import page_data
from reports.creator.page_stamp import page_stamp
from reports.creator.palette import DARK, LIGHT, style_variables
from reports.creator.post_views import view_post
from reports.creator.shared_files import DRAWING, REPORT, shared_name
from reports.creator.types_chart import counts_by_type, draw_share
from reports.creator.words import (
    NUMBER_NAMES,
    PERIOD_NAMES,
    THIS_PERIOD,
    TYPE_NAMES,
    WITHIN_PERIOD,
    counted,
    long_day,
    span,
    spans,
)
from reports.user_text import is_blank, isolated, one_line
from schema.metrics import metrics_named

LONGEST_NAME = 60


def render_report(report: CreatorReport) -> str:
    """The whole page.

    What the templates call safe is markup of ours, of numbers and words; all else is escaped.
    """
    return _template().render(
        report=report,
        stamp=page_stamp(report),
        name=shown_name(report),
        data=page_data(report),
        charts={chart.value: draw_chart(report, chart) for chart in Chart},
        cards=list(headline(report)),
        summary=summary(report),
        best=best_post(report),
        provisional=provisional_days(report),
        types=_types(report),
        rows=daily_rows(report),
        posts=[view_post(post) for post in report.posts],
        audience=view_audience(report.audience),
        before=last_numbers(report),
        days_before=days_before(report),
        finality=list(finality(report)),
    )


def shown_name(report: CreatorReport) -> str:
    """The username on one line, or a name of ours where nothing of it could be seen."""
    name = one_line(report.username, LONGEST_NAME)
    return f"Creator {report.user_id.hex[:8]}" if is_blank(name) else name


def _types(report: CreatorReport) -> list[tuple[str, str, str]]:
    counts = counts_by_type(report)
    most = max(counts.values())
    return [
        (TYPE_NAMES[kind], f"{count:,}", draw_share(count, most)) for kind, count in counts.items()
    ]


@cache
def _template() -> Template:
    environment = Environment(
        loader=PackageLoader("reports", "templates/creator"),
        autoescape=True,
        undefined=StrictUndefined,
        auto_reload=False,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals |= _constants()
    return environment.get_template("report.html")


def _constants() -> dict[str, Any]:
    style = _style()
    return {
        "style": style,
        "style_digest": _digest(style),
        "empty_digest": _digest(""),
        "drawing_script": shared_name(DRAWING),
        "report_script": shared_name(REPORT),
        "definitions": metrics_named(NUMBERS),
        "number_names": NUMBER_NAMES,
        "type_names": TYPE_NAMES,
        "long_day": long_day,
        "period_names": {period.value: name for period, name in PERIOD_NAMES.items()},
        "this_period": {period.value: name for period, name in THIS_PERIOD.items()},
        "within_period": {period.value: words for period, words in WITHIN_PERIOD.items()},
        "why_no_week": WHY_NO_WEEK,
        "no_views": NO_VIEWS,
        "weeks_before": WEEKS_BEFORE,
        "levels": LEVELS,
        "too_few": TOO_FEW,
        "why_too_few": WHY,
        "isolated": isolated,
        "counted": counted,
        "span": span,
        "spans": spans,
        "milestone_words": milestone_words,
        "restatement_row": restatement_row,
    }


def _style() -> str:
    template = files("reports") / "templates" / "creator" / "report.css"
    text = template.read_text(encoding="utf-8")
    colours = {"/* light */": LIGHT, "/* dark */": DARK}
    for mark, palette in colours.items():
        text = text.replace(mark, style_variables(palette))
    return text


def _digest(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
