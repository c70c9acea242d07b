"""What reports take from the lake, for some creators at once: each table is read set by set."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

import polars as pl

from assets.analytics.rows import Rows, row_count
from assets.resources.engine import run
from assets.resources.published import Published
from reports.creator.audience import count_audience, count_hours, hours_of_day, level_hours
from reports.creator.equal_age import (
    compare_at_equal_age,
    count_until_ages,
    hours_of_posting,
    young_posts,
)
from reports.creator.model import NUMBERS
from reports.creator.report_days import ReportDays, compared_days
from reports.creator.top_posts import choose_posts, count_by_post, newest_states
from reports.creator.totals import count_by_type
from schema.tables.author_audience_daily import AuthorAudienceDaily
from schema.tables.columns import Contract
from schema.tables.popular_posts import PopularPosts
from schema.tables.post_engagement_daily import PostEngagementDaily
from schema.tables.post_engagement_hourly import PostEngagementHourly
from schema.tables.post_scores import PostScores
from schema.tables.post_states import PostStates
from schema.tables.posts import Posts
from schema.tables.score_receipts import ScoreReceipts
from schema.tables.user_analytics import UserAnalytics


@dataclass(frozen=True, slots=True)
class LakeFacts:
    """Published tables, as far as they are about these creators; `creators` has their user_id."""

    published: Published
    days: ReportDays
    creators: pl.DataFrame

    def numbers(self) -> pl.DataFrame:
        """NUMBERS per (user_id, date), of the days shown."""
        rows = self._rows("user_analytics", UserAnalytics, self.days.shown, creator="user_id")
        return run(rows.select("user_id", "date", *NUMBERS))

    def types(self) -> pl.DataFrame:
        """Engagements per type and (author_id, date), of the days shown."""
        rows = self._rows("post_engagement_daily", PostEngagementDaily, self.days.shown)
        return run(count_by_type(rows, "author_id", "date"))

    def audience(self) -> pl.DataFrame:
        """Accounts reached and returning per author_id."""
        visits = self._rows("author_audience_daily", AuthorAudienceDaily, self.days.audience)
        return run(count_audience(visits, first=self.days.period.days.first))

    def hours(self) -> pl.DataFrame:
        """Levels of the hours of the week in which enough of an author's audience is active."""
        visits = self._rows("author_audience_daily", AuthorAudienceDaily, self.days.habits)
        return level_hours(run(count_hours(visits, self.published.engine.lazy(hours_of_day()))))

    def posts_created(self) -> pl.DataFrame:
        """Posts created in the period per user_id."""
        posts = self._rows("posts", Posts, self.days.counted, creator="user_id")
        return run(posts.group_by("user_id").agg(posts_created=row_count()))

    def top_posts(self) -> pl.DataFrame:
        """The posts that a report shows, as `choose_posts` has them."""
        days = self.days.counted
        engagement = self._rows("post_engagement_daily", PostEngagementDaily, days)
        states = self._rows("post_states", PostStates, days, creator="user_id")
        return choose_posts(run(count_by_post(engagement)), run(newest_states(states)))

    def scores(self, posts: pl.DataFrame) -> pl.DataFrame:
        """Score, interval and place of the posts at the end of the period."""
        scores = self._of_posts("post_scores", PostScores, posts).select(
            "post_id", "engagement_score", "lower_score", "upper_score"
        )
        places = self._of_posts("popular_posts", PopularPosts, posts).select(
            "post_id", "rank", "rank_change"
        )
        return run(scores).join(run(places), on="post_id", how="left")

    def receipts(self, posts: pl.DataFrame) -> pl.DataFrame:
        """Parts of the posts' scores, as far as receipts are published."""
        rows = self._of_posts("score_receipts", ScoreReceipts, posts)
        return run(rows.select("post_id", "part", "contribution"))

    def equal_ages(self, shown: pl.DataFrame) -> pl.DataFrame:
        """The young ones of the posts beside their author's earlier ones."""
        created = pl.col("created_at").dt.timestamp("us")
        young = young_posts(shown.with_columns(created_us=created), compared_days(self.days.period))
        posts = self._rows("posts", Posts, self.days.lives, creator="user_id")
        known = run(posts.select("created_us", author_id="user_id", post_id="id"))
        of_young = known.join(young, on="author_id", how="semi")
        lazy = self.published.engine.lazy
        counts = count_until_ages(
            self._rows("post_engagement_hourly", PostEngagementHourly, self.days.lives),
            lazy(hours_of_posting(of_young)),
            lazy(young.select("author_id", "hours").unique()),
        )
        return compare_at_equal_age(young, of_young, run(counts), self.days.lives)

    def _rows(
        self,
        table: str,
        contract: type[Contract],
        days: Iterable[date],
        *,
        creator: str = "author_id",
    ) -> Rows:
        rows = self.published.scan(table, contract, days)
        ids = self.published.engine.lazy(self.creators.select("user_id"))
        return rows.join(ids, left_on=creator, right_on="user_id", how="semi")

    def _of_posts(self, table: str, contract: type[Contract], posts: pl.DataFrame) -> Rows:
        rows = self.published.scan(table, contract, [self.days.period.last])
        ids = self.published.engine.lazy(posts.select("post_id"))
        return rows.join(ids, on="post_id", how="semi")
