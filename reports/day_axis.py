"""An axis of days: between few of them Plotly puts hours, of which there are no numbers."""

from datetime import date
from typing import Any

from schema.windows import ONE_DAY

FEW_DAYS = 7
MS_PER_S = 1_000


def steps_of_days(first: date, last: date) -> dict[str, Any]:
    """One step for each of few days; of many, as they fit."""
    is_few = last - first < FEW_DAYS * ONE_DAY
    return {"dtick": ONE_DAY.total_seconds() * MS_PER_S} if is_few else {}
