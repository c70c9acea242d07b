"""One platform for all tests that only look at it, 29 February in its middle."""

from datetime import date

import polars as pl
import pytest

from assets.seeding.demo import Platform, generate_platform


@pytest.fixture(scope="session")
def platform() -> Platform:
    return generate_platform(users=1200, last_day=date(2024, 3, 10), days=21, seed=20)


@pytest.fixture(scope="session")
def events(platform: Platform) -> pl.DataFrame:
    """Engagement beside the post, the author and the viewer it belongs to."""
    posts = platform.posts.select(
        "visibility",
        post_id="id",
        author_id="user_id",
        post_created_at="created_at",
        post_deleted_at="deleted_at",
    )
    users = platform.users.select(
        user_id="id", user_created_at="created_at", user_deleted_at="deleted_at"
    )
    events = platform.user_engagement.join(posts, on="post_id", how="left", validate="m:1")
    return events.join(users, on="user_id", how="left", validate="m:1")


@pytest.fixture(scope="session")
def views(events: pl.DataFrame) -> pl.DataFrame:
    return events.filter(pl.col("engagement_type") == "VIEW")
