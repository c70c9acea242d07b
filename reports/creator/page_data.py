"""The numbers of a report for the script of its page: nothing that a user wrote is in it."""

import json
from typing import Any

from reports.creator.model import CreatorReport

# Nothing in the text can end the element that holds it, nor start another.
ESCAPES = str.maketrans({letter: f"\\u{ord(letter):04x}" for letter in "<>&\u2028\u2029"})


def page_data(report: CreatorReport) -> str:
    """JSON that may stand in a `<script>` element."""
    facts: dict[str, Any] = {
        "days": [day.isoformat() for day in report.days],
        "period": [report.period.days.first.isoformat(), report.period.last.isoformat()],
        "final": [day in report.final_days for day in report.days],
        "series": {name: list(counts) for name, counts in report.series.items()},
        "by_type": {kind: list(counts) for kind, counts in report.by_type.items()},
        "totals": dict(report.totals),
        "followers": report.followers,
        "hours": [[*place, level] for place, level in sorted(report.audience.hours.items())],
    }
    return json.dumps(facts, separators=(",", ":"), allow_nan=False).translate(ESCAPES)
