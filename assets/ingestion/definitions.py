"""The asset that reads PostgreSQL: all source tables of a day, in one snapshot."""

from collections.abc import Iterator
from datetime import date

import dagster as dg

from assets.ingestion.drift import refuse_drift
from assets.ingestion.ingest import Ingest
from assets.ingestion.lookback import Lookback
from assets.ingestion.source_tables import SOURCE_TABLES
from assets.metadata import Belonging, clear_failures, note_partition, table_specs
from assets.partitions import SOURCE_HISTORY_DAYS, days_around, history_before, selected_days
from assets.resources.cold_months import ColdStore
from assets.resources.postgres import Postgres
from assets.resources.published import Published
from assets.resources.publishing import Publisher
from schema.windows import DayRange

GROUP = "ingestion"
OWNERS = ["team:data-platform"]
# Tag of a run that may publish less than before although nothing tells of the rows' deletion.
ACCEPT_LOSS = "sociallive/accept_loss"


def ingestion_asset(
    partitions: dg.DailyPartitionsDefinition, *, first_day: date, lookback_days: int
) -> dg.AssetsDefinition:
    """Build the source tables on daily partitions."""
    specs = table_specs(
        SOURCE_TABLES,
        Belonging(GROUP, OWNERS, {"postgres", "parquet"}),
        partitions=partitions,
    )

    @dg.multi_asset(name="ingest", specs=specs, backfill_policy=dg.BackfillPolicy.single_run())
    def ingest(
        context: dg.AssetExecutionContext,
        postgres: dg.ResourceParam[Postgres],
        published: dg.ResourceParam[Published],
        publisher: dg.ResourceParam[Publisher],
        cold: dg.ResourceParam[ColdStore],
    ) -> Iterator[dg.MaterializeResult[None]]:
        """Read all source tables of the days, of unseen history and of recent days that changed."""
        days = selected_days(context)
        work = Ingest(
            postgres,
            publisher,
            published.engine,
            run_id=context.run.run_id,
            accept_loss=ACCEPT_LOSS in context.run.tags,
            cold=cold,
        )
        with clear_failures():
            refuse_drift(postgres)
            lookback = Lookback(postgres, publisher.lake, tuple(SOURCE_TABLES), lookback_days)
            around = days_around(days, lookback=lookback_days, first_day=first_day)
            lost = publisher.lost(list(SOURCE_TABLES), DayRange(around.first, days.last))
            again = sorted({*lookback.reopened(days, first_day=first_day), *lost})
            if again:
                context.log.info("read again: %s", ", ".join(map(str, again)))
            with_lost = DayRange(min([days.first, *lost]), days.last)
            history = history_before(with_lost, first_day=first_day, length=SOURCE_HISTORY_DAYS)
            for piece in publisher.days_to_publish(
                list(SOURCE_TABLES), days, history=history, again=again
            ):
                for manifest in work.publish(piece):
                    note_partition(context, manifest, asked=manifest.day in days)
        for table in SOURCE_TABLES:
            yield dg.MaterializeResult(asset_key=table)

    return ingest
