"""The assets that rank: the model of each day, scores, popular posts and their receipts."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import dagster as dg
import polars as pl

from assets.metadata import (
    Belonging,
    Stopwatch,
    clear_failures,
    note_publication,
    table_metadata,
    table_specs,
    table_tags,
)
from assets.partitions import (
    HISTORY_DAYS,
    days_around,
    selected_days,
)
from assets.ranking.model_days import INPUTS, TABLE, ModelDays
from assets.ranking.model_days import SOURCES_OF_COLUMNS as SOURCES_OF_MODELS
from assets.ranking.popular_posts import SCORES_LOOKBACK_DAYS
from assets.ranking.ranked_days import RANKINGS, SOURCES_OF_COLUMNS, RankedDays
from assets.ranking.write_back import write_scores
from assets.resources.lineage import Lineage
from assets.resources.manifest import Computation
from assets.resources.postgres import Postgres, Role
from assets.resources.published import Published
from assets.resources.publishing import Output, Publisher
from schema.sql import load_sql
from schema.tables.engagement_models import EngagementModels
from schema.windows import DayRange, consecutive

GROUP = "ranking"
OWNERS = ["team:ranking"]
# Days before D that its scores and the ranks of the day before read.
LOOKING_BACK = dict.fromkeys(INPUTS, HISTORY_DAYS)
# The ranks of the day before are by its own model, where one was chosen.
MOVED_BY = {TABLE: SCORES_LOOKBACK_DAYS}
# Some weeks of decisions at a time: what a killed run has to learn again.
DECIDED_DAYS = 28
# A decision never follows later changes of what it was taken from.
FROZEN = Computation({}, is_final=True)


def engagement_models_asset(
    partitions: dg.DailyPartitionsDefinition, *, first_day: date, lookback_days: int
) -> dg.AssetsDefinition:
    """Build the registry of models on daily partitions."""

    @dg.asset(
        name=TABLE,
        description=EngagementModels.__doc__,
        deps=list(INPUTS),
        group_name=GROUP,
        owners=OWNERS,
        kinds={"lightgbm", "parquet"},
        tags=table_tags(EngagementModels),
        metadata=table_metadata(EngagementModels, SOURCES_OF_MODELS),
        partitions_def=partitions,
        backfill_policy=dg.BackfillPolicy.single_run(),
    )
    def engagement_models(
        context: dg.AssetExecutionContext,
        published: dg.ResourceParam[Published],
        publisher: dg.ResourceParam[Publisher],
    ) -> dg.MaterializeResult[None]:
        """Choose the model of each day that has none; one that was chosen is never chosen again."""
        asked, stopwatch = selected_days(context), Stopwatch()
        models = ModelDays(published, first_day)
        with clear_failures():
            around = days_around(asked, lookback=lookback_days, first_day=first_day)
            lost = publisher.lost([TABLE], DayRange(around.first, asked.last))
            # A decision that the lake still has is kept, and booked again.
            undecided = {*publisher.lake.missing_days(TABLE, asked), *lost}
            for piece in DayRange(min([asked.first, *lost]), asked.last).chunks(DECIDED_DAYS):
                unnoted = publisher.unnoted([TABLE], piece)
                for days in consecutive(sorted({*undecided & {*piece}, *unnoted})):
                    rows = models.decide(list(days))
                    manifests = publisher.publish(
                        [Output(TABLE, EngagementModels, rows)],
                        days,
                        run_id=context.run.run_id,
                        computed_from=dict.fromkeys(days, FROZEN),
                    )
                    note_publication(context, manifests, stopwatch, asked=asked)
                    _note_decisions(context, rows.filter(pl.col("date") >= asked.first))
        return dg.MaterializeResult()

    return engagement_models


def ranking_asset(
    partitions: dg.DailyPartitionsDefinition, *, first_day: date, lookback_days: int
) -> dg.AssetsDefinition:
    """Build the rankings on daily partitions."""
    specs = table_specs(
        RANKINGS,
        Belonging(GROUP, OWNERS, {"postgres", "parquet"}),
        partitions=partitions,
        deps=[TABLE, *INPUTS],
        sources=SOURCES_OF_COLUMNS,
    )

    @dg.multi_asset(name="ranking", specs=specs, backfill_policy=dg.BackfillPolicy.single_run())
    def ranking(
        context: dg.AssetExecutionContext,
        postgres: dg.ResourceParam[Postgres],
        published: dg.ResourceParam[Published],
        publisher: dg.ResourceParam[Publisher],
    ) -> Iterator[dg.MaterializeResult[None]]:
        """Score and rank the days; the newest day's scores go into `posts`."""
        asked, stopwatch = selected_days(context), Stopwatch()
        newest: tuple[date, pl.DataFrame] | None = None
        lineage = Lineage(
            publisher.lake, {**LOOKING_BACK, TABLE: 0}, first_day, where_published=MOVED_BY
        )
        work = RankedDays(ModelDays(published, first_day), first_day)
        with clear_failures():
            around = days_around(asked, lookback=lookback_days, first_day=first_day)
            lost = publisher.lost(list(RANKINGS), DayRange(around.first, asked.last))
            stale = lineage.stale(list(RANKINGS), around, lost=lost)
            for piece in publisher.days_to_publish(list(RANKINGS), asked, again=stale):
                for days in work.chunks(piece):
                    computed_from = lineage.computations(days)
                    outputs = work.rank(days)
                    manifests = publisher.publish(
                        outputs, days, run_id=context.run.run_id, computed_from=computed_from
                    )
                    note_publication(context, manifests, stopwatch, asked=asked)
                    scores = outputs[0].frame
                    newest = days.last, scores.filter(pl.col("date") == days.last)
            # Once: every time takes a scan of all posts. Stopped before, the next run does it.
            if newest:
                outcome = write_newest(postgres, *newest)
                context.log.info("posts.engagement_score on %s: %s", newest[0], outcome)
        for table in RANKINGS:
            yield dg.MaterializeResult(asset_key=table)

    return ranking


def _note_decisions(context: dg.AssetExecutionContext, rows: pl.DataFrame) -> None:
    """Show what was decided, and on which evidence, with each day."""
    for row in rows.drop("model").iter_rows(named=True):
        day = row.pop("date").isoformat()
        facts: dict[str, Any] = {
            name: _shown(value) for name, value in row.items() if value is not None
        }
        context.add_asset_metadata(facts, asset_key=TABLE, partition_key=day)


def _shown(value: object) -> object:
    return value.isoformat() if isinstance(value, date) else value


def write_newest(postgres: Postgres, day: date, scores: pl.DataFrame) -> str:
    """Bring the platform's posts to the scores of the day, unless a newer day is there already."""
    with postgres.session(Role.WRITER, autocommit=True) as connection:
        newest = connection.execute(load_sql(__package__, "select_newest_scored_day")).fetchone()
        if newest and newest[0] and newest[0] > day:
            return f"left at those of {newest[0]}"
        outcome = write_scores(connection, day, scores)
        connection.execute(load_sql(__package__, "refresh_popular_posts"))
    return str(outcome)
