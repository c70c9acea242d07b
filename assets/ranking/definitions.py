"""The assets that rank: scores of posts, and the popular posts of each day."""

from collections.abc import Iterator
from datetime import date

import dagster as dg
import polars as pl

from assets.metadata import clear_failures, note_partition, table_specs
from assets.partitions import (
    HISTORY_DAYS,
    days_around,
    history_mapping,
    selected_days,
    with_history,
)
from assets.ranking.popular_posts import SCORES_LOOKBACK_DAYS, rank_popular_posts
from assets.ranking.post_scores import score_posts
from assets.ranking.write_back import write_scores
from assets.resources.engine import collect
from assets.resources.lineage import Lineage
from assets.resources.postgres import Postgres, Role
from assets.resources.published import Published
from assets.resources.publishing import Output, Publisher
from schema.sql import load_sql
from schema.tables.columns import Contract
from schema.tables.popular_posts import PopularPosts
from schema.tables.post_engagement_daily import PostEngagementDaily
from schema.tables.post_scores import PostScores
from schema.tables.post_states import PostStates
from schema.windows import DayRange

GROUP = "ranking"
OWNERS = ["team:ranking"]
PACKAGE = "assets.ranking"
RANKINGS: dict[str, type[Contract]] = {"post_scores": PostScores, "popular_posts": PopularPosts}
# Days before D that its scores and the ranks of the day before read.
INPUTS = dict.fromkeys(("post_engagement_daily", "post_states"), HISTORY_DAYS)
# Each scored day looks back on 30: a fortnight at once keeps their product small.
CHUNK_DAYS = 14


def ranking_asset(
    partitions: dg.DailyPartitionsDefinition, *, first_day: date, lookback_days: int
) -> dg.AssetsDefinition:
    """Build the rankings on daily partitions."""
    looking_back = [dg.AssetDep(table, partition_mapping=history_mapping()) for table in INPUTS]
    specs = table_specs(
        RANKINGS,
        partitions=partitions,
        group=GROUP,
        owners=OWNERS,
        kinds={"postgres", "parquet"},
        deps=looking_back,
    )

    @dg.multi_asset(name="ranking", specs=specs, backfill_policy=dg.BackfillPolicy.single_run())
    def ranking(
        context: dg.AssetExecutionContext,
        postgres: dg.ResourceParam[Postgres],
        published: dg.ResourceParam[Published],
        publisher: dg.ResourceParam[Publisher],
    ) -> Iterator[dg.MaterializeResult[None]]:
        """Score and rank the days; the newest day's scores go into `posts`."""
        asked = selected_days(context)
        lineage = Lineage(publisher.lake, INPUTS, first_day)
        with clear_failures():
            around = days_around(asked, lookback=lookback_days, first_day=first_day)
            stale = lineage.stale(list(RANKINGS), around)
            pieces = publisher.lake.days_to_publish(RANKINGS, asked, again=stale)
            for days in (chunk for piece in pieces for chunk in piece.chunks(CHUNK_DAYS)):
                computed_from = lineage.computations(days)
                history = with_history(days, first_day=first_day)
                scores, popular = rank(published, days, history=history)
                outputs = [
                    Output("post_scores", PostScores, scores),
                    Output("popular_posts", PopularPosts, popular),
                ]
                for manifest in publisher.publish(
                    outputs,
                    days,
                    run_id=context.run.run_id,
                    computed_from=computed_from,
                ):
                    note_partition(context, manifest, asked=manifest.day in asked)
                outcome = write_newest(postgres, scores, days.last)
                context.log.info("posts.engagement_score on %s: %s", days.last, outcome)
        for table in RANKINGS:
            yield dg.MaterializeResult(asset_key=table)

    return ranking


def rank(
    published: Published, days: DayRange, *, history: DayRange
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Scores and popular posts of the days, which do not depend on what ran before."""
    states = published.scan("post_states", PostStates, history)
    engagement = published.scan("post_engagement_daily", PostEngagementDaily, history)
    with_day_before = days.preceded_by(SCORES_LOOKBACK_DAYS)
    scores = collect(score_posts(engagement, states, days=with_day_before), PostScores)
    popular = rank_popular_posts(published.engine.lazy(scores), states, days=days)
    return scores.filter(pl.col("date") >= days.first), collect(popular, PopularPosts)


def write_newest(postgres: Postgres, scores: pl.DataFrame, day: date) -> str:
    """Bring the platform's posts to the scores of the day, unless a newer day is there already."""
    with postgres.session(Role.WRITER, autocommit=True) as connection:
        newest = connection.execute(load_sql(PACKAGE, "select_newest_scored_day")).fetchone()
        if newest and newest[0] and newest[0] > day:
            return f"left at those of {newest[0]}"
        outcome = write_scores(connection, day, scores.filter(pl.col("date") == day))
        connection.execute(load_sql(PACKAGE, "refresh_popular_posts"))
    return str(outcome)
