"""How many followers creators had at the end of a period."""

from collections.abc import Sequence
from uuid import UUID

import polars as pl

from assets.resources.postgres import Postgres, Role
from reports.creator.report_days import ReportDays
from schema.sql import load_sql
from schema.windows import start_of

SCHEMA = {"user_id": pl.Binary, "followers": pl.Int64}


def count_followers(postgres: Postgres, creators: Sequence[UUID], days: ReportDays) -> pl.DataFrame:
    """One row per account that is there. The reader counts: the reporter sees nobody's follows.

    Raises:
        DatabaseUnavailableError: the server cannot be reached or entered, or gave up.
    """
    facts = {
        "creators": list(creators),
        "last": days.period.last,
        "open_from": days.open_from,
        "opening": start_of(days.open_from).replace(tzinfo=None),
    }
    with postgres.session(Role.READER) as connection:
        found = connection.execute(load_sql(__package__, "select_followers"), facts).fetchall()
    return pl.DataFrame(found, schema=SCHEMA, orient="row")
