"""Publish a step's days to the lake and PostgreSQL together, with what Dagster shows of them."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

import dagster as dg
import polars as pl
import psycopg

from assets.analytics.write_back import WriteBack, restated_numbers
from assets.metadata import Stopwatch, note_publication
from assets.resources.day_chunks import chunks_that_fit
from assets.resources.lineage import Lineage
from assets.resources.manifest import Computation
from assets.resources.publishing import CHUNK_DAYS, Output, Publisher
from schema.windows import DayRange

# Rows of a result are in memory while they are written back; each counts one row here or more.
MOST_ROWS = 5_000_000


@dataclass(frozen=True, slots=True)
class WrittenStep:
    """One step's way of publishing days to the lake and PostgreSQL together."""

    context: dg.AssetExecutionContext
    publisher: Publisher
    lineage: Lineage
    asked: DayRange
    write: Callable[[psycopg.Connection, pl.DataFrame, DayRange, str], WriteBack]
    stopwatch: Stopwatch = field(default_factory=Stopwatch)

    def pieces(
        self, table: str, around: DayRange, *, sized_by: Sequence[str] = ()
    ) -> Iterator[tuple[DayRange, dict[date, Computation]]]:
        """The asked days, lost ones, and those whose inputs have changed since, some at a time.

        As many as have few enough rows in the tables `sized_by`, which are those that the rows of
        the result grow with.
        Their inputs are noted before they are read: one that is published anew meanwhile makes
        the day stale.
        """
        lost = self.publisher.lost([table], DayRange(around.first, self.asked.last))
        stale = self.lineage.stale([table], around, lost=lost)
        for piece in self.publisher.days_to_publish([table], self.asked, again=stale):
            for days in chunks_that_fit(
                self.publisher.lake, sized_by, piece, most_rows=MOST_ROWS, most_days=CHUNK_DAYS
            ):
                yield days, self.lineage.computations(days)

    def publish(
        self, output: Output, days: DayRange, computed_from: Mapping[date, Computation]
    ) -> None:
        """Publish and note what was written."""
        run_id = self.context.run.run_id
        restated: dict[date, int] = {}

        def write_back(connection: psycopg.Connection) -> None:
            outcome = self.write(connection, output.frame, days, run_id)
            restated.update(restated_numbers(connection, output.table, days, run_id))
            self.context.log.info("%s %s to %s: %s", output.table, days.first, days.last, outcome)

        manifests = self.publisher.publish(
            [output],
            days,
            run_id=run_id,
            computed_from=computed_from,
            write_back=write_back,
        )
        note_publication(
            self.context, manifests, self.stopwatch, asked=self.asked, restated=restated
        )
