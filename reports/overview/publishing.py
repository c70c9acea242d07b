"""From the lake and the books to the files of the overview."""

from dataclasses import dataclass
from pathlib import Path

import polars as pl

from assets.lifecycle.erasure_lock import without_erasures
from assets.resources.postgres import Postgres
from assets.resources.published import Published
from reports.overview.exports import write_overview
from reports.overview.facts import PlatformFacts
from reports.overview.gathering import gather_facts
from reports.overview.page import chapters, render_overview, tables_of
from schema.windows import DayRange

FOLDER = "overview"


@dataclass(frozen=True, slots=True)
class WrittenOverview:
    """What was shown, and where its page is."""

    facts: PlatformFacts
    page: Path
    tables: int


def publish_overview(
    published: Published, postgres: Postgres, days: DayRange, checks: pl.DataFrame, folder: Path
) -> WrittenOverview:
    """Write the overview of the days and all its tables into a folder.

    Raises:
        CorruptPartitionError: a file of the lake is missing or changed.
        DatabaseUnavailableError: the books cannot be read.
        PartitionLockedError: an erasure is running.
        StorageError: the folder cannot be written.
    """
    with without_erasures(postgres):
        facts = gather_facts(published, postgres, days, checks)
        parts = chapters(facts)
        tables = tables_of(facts, parts)
        page = write_overview(folder, render_overview(facts, parts), tables)
    return WrittenOverview(facts, page, len(tables))
