"""A day whose engagement was archived runs again, and is audited, as if nothing had moved."""

from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from assets.lifecycle.archive import Pace, archive_engagement
from assets.resources.postgres import Postgres
from schema.windows import DayRange
from tests.fixtures.command import command_of
from tests.fixtures.installation import Installation

FIRST, LAST = "2024-02-29", "2024-03-01"
DAYS = DayRange(date.fromisoformat(FIRST), date.fromisoformat(LAST))
# February whole, then March divided twice.
CUT_OFFS = (date(2024, 3, 1), date(2024, 3, 2), date(2024, 3, 3))


def published(installation: Installation) -> list[Any]:
    files = installation.lake.files("user_engagement", DAYS)
    return [
        installation.user_analytics(),
        installation.system_metrics(),
        sorted(pl.read_parquet(files).rows()),
    ]


def test_a_day_has_the_same_numbers_before_and_after_its_engagement_is_archived(
    recent_installation: Installation,
) -> None:
    installation = recent_installation.since(DAYS.first)
    installation.run(FIRST, LAST)
    before = published(installation)

    for cut_off in CUT_OFFS:
        archive_engagement(Postgres(installation.url), cut_off, pace=Pace(rows_per_statement=1_000))

    assert installation.rows("SELECT * FROM pipeline.day_changes") == []
    assert installation.rows("SELECT count(*) FROM user_engagement") == [(0,)]
    for file in installation.lake.files("user_engagement", DAYS):
        Path(file).unlink()
    installation.run(FIRST, LAST)
    assert published(installation) == before
    assert installation.rows("SELECT * FROM pipeline.restatements") == []
    code, said = command_of(installation)("audit")
    assert code == 0, said
