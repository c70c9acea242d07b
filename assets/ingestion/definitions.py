"""The asset that reads PostgreSQL: all source tables of a day, in one snapshot."""

from collections.abc import Iterator
from datetime import date

import dagster as dg

from assets.ingestion.ingest import Ingest
from assets.ingestion.source_tables import SOURCE_TABLES
from assets.metadata import clear_failures, note_partition, table_specs
from assets.partitions import history_before, selected_days
from assets.resources.postgres import Postgres
from assets.resources.publishing import Publisher

GROUP = "ingestion"
OWNERS = ["team:data-platform"]


def ingestion_asset(
    partitions: dg.DailyPartitionsDefinition, *, first_day: date
) -> dg.AssetsDefinition:
    """Build the source tables on daily partitions."""
    specs = table_specs(
        SOURCE_TABLES,
        partitions=partitions,
        group=GROUP,
        owners=OWNERS,
        kinds={"postgres", "parquet"},
    )

    @dg.multi_asset(name="ingest", specs=specs, backfill_policy=dg.BackfillPolicy.single_run())
    def ingest(
        context: dg.AssetExecutionContext,
        postgres: dg.ResourceParam[Postgres],
        publisher: dg.ResourceParam[Publisher],
    ) -> Iterator[dg.MaterializeResult[None]]:
        """Read all source tables of the days, and of history that the lake has never seen."""
        days = selected_days(context)
        work = Ingest(postgres, publisher, run_id=context.run.run_id)
        with clear_failures():
            history = history_before(days, first_day=first_day)
            for piece in publisher.lake.days_to_publish(SOURCE_TABLES, days, history=history):
                for manifest in work.publish(piece):
                    note_partition(context, manifest, asked=manifest.day in days)
        for table in SOURCE_TABLES:
            yield dg.MaterializeResult(asset_key=table)

    return ingest
