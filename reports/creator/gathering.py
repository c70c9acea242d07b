"""Everything that creators' reports say, for all creators of a period at once.

Belongs here: which facts are read for which creators. What the numbers mean is in the files beside
this one; how they look, in none of them.
"""

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from uuid import UUID

import duckdb
import polars as pl

from assets.resources.postgres import Postgres
from assets.resources.published import Published
from reports.creator.assembling import Facts, assemble
from reports.creator.finding import find_creator
from reports.creator.followers import count_followers
from reports.creator.lake_facts import LakeFacts
from reports.creator.model import CreatorReport, ReportPeriod
from reports.creator.platform_facts import PlatformFacts, open_platform_facts
from reports.creator.report_days import ReportDays, find_report_days
from reports.creator.restatements import net_restatements
from reports.creator.totals import lay_out
from schema.errors import CorruptPartitionError

__all__ = ["find_creator", "gather_reports"]

# Creators whose facts are in memory at a time.
CREATORS_AT_ONCE = 5_000


def gather_reports(
    published: Published,
    postgres: Postgres,
    period: ReportPeriod,
    *,
    creators: Sequence[UUID] | None = None,
    held: Collection[date] = frozenset(),
) -> Iterator[CreatorReport]:
    """One report per creator, in the order of their ids: of all creators, or of those given.

    Without `creators`: active accounts with a post or a number in the period or the four weeks
    before. Given ones get a report however quiet they were, unless they are gone, or were created
    after the period. Nothing is shown of `held` days before the period. Computed some thousands at
    a time, while the reports are taken.

    Raises:
        MissingPartitionError: a day of the period has not been published.
        CorruptPartitionError: a published file is gone, has another size, or cannot be read.
        DatabaseUnavailableError: the server cannot be reached or entered, or gave up.
        UnexplainedDifferenceError: a published receipt does not sum to its score.
    """
    days = find_report_days(published.lake, period, held)
    with open_platform_facts(postgres, period) as platform:
        ids = platform.creator_ids() if creators is None else sorted(set(creators))
        for place in range(0, len(ids), CREATORS_AT_ONCE):
            some = ids[place : place + CREATORS_AT_ONCE]
            followers = count_followers(postgres, some, days)
            with _clear_unreadable(period):
                facts = _read(published, platform, days, some, followers)
            yield from assemble(facts, days)


@contextmanager
def _clear_unreadable(period: ReportPeriod) -> Iterator[None]:
    """Tell a file that has its size and that no engine can read in one sentence."""
    try:
        yield
    except (duckdb.Error, pl.exceptions.PolarsError) as error:
        raise CorruptPartitionError(
            f"the lake's files for the {period.period} that ends with {period.last} cannot be read "
            f"({type(error).__name__}): see by `sociallive audit` which are damaged, then run "
            "their days again"
        ) from error


def _read(
    published: Published,
    platform: PlatformFacts,
    days: ReportDays,
    ids: Sequence[UUID],
    followers: pl.DataFrame,
) -> Facts:
    named = platform.creators(ids).join(followers, on="user_id", how="left", maintain_order="left")
    creators = named.with_columns(
        # An account that does not say since when has always been there.
        pl.col("created_day").fill_null(days.period.shown.first),
        # One that went between the two sessions has nobody left.
        pl.col("followers").fill_null(0),
    )
    lake = LakeFacts(published, days, creators)
    shown, restated = lake.top_posts(), platform.restatements(ids)
    return Facts(
        creators=creators,
        daily=lay_out(creators, days.shown, lake.numbers(), lake.types()),
        posts_created=lake.posts_created(),
        audience=lake.audience(),
        hours=lake.hours(),
        posts=_described(shown, platform.texts(shown), lake.scores(shown)),
        receipts=lake.receipts(shown),
        equal_ages=lake.equal_ages(shown),
        restatements=net_restatements(restated.filter(pl.col("date").is_in(days.shown))),
    )


def _described(shown: pl.DataFrame, texts: pl.DataFrame, scores: pl.DataFrame) -> pl.DataFrame:
    """The shown posts with their texts and scores; those that the platform forgot are deleted."""
    return (
        shown.join(texts, on="post_id", how="left", maintain_order="left")
        .join(scores, on="post_id", how="left", maintain_order="left")
        .with_columns(pl.col("is_deleted").fill_null(value=True))
    )
