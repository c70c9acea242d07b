import polars as pl

from assets.seeding.demo import Platform
from schema.vocabulary import EngagementType


def test_each_account_engages_once_per_post_and_type(platform: Platform) -> None:
    keys = platform.user_engagement.select("user_id", "post_id", "engagement_type")

    assert keys.is_duplicated().sum() == 0


def test_all_types_occur_and_views_dominate(events: pl.DataFrame) -> None:
    counts = events["engagement_type"].value_counts(sort=True)

    assert set(counts["engagement_type"]) == set(EngagementType)
    assert counts["engagement_type"][0] == "VIEW"
    assert 0.65 < counts["count"][0] / len(events) < 0.9


def test_every_type_occurs_on_every_day(platform: Platform, events: pl.DataFrame) -> None:
    days = events.group_by("engagement_type").agg(pl.col("created_at").dt.date().n_unique())

    assert set(days["created_at"]) == {len(platform.days)}


def test_almost_every_reaction_follows_a_view(events: pl.DataFrame) -> None:
    key = ["user_id", "post_id"]
    views = events.filter(pl.col("engagement_type") == "VIEW").select(*key, seen="created_at")
    reactions = events.filter(pl.col("engagement_type") != "VIEW").join(views, on=key, how="left")

    assert 0 < reactions["seen"].null_count() < 0.05 * len(reactions)
    assert reactions.filter(pl.col("created_at") < pl.col("seen")).is_empty()


def test_only_media_is_clicked(platform: Platform, events: pl.DataFrame) -> None:
    texts = platform.posts.filter(pl.col("media_type").is_null()).select(post_id="id")
    clicks = events.filter(pl.col("engagement_type") == "CLICK")

    assert clicks.join(texts, on="post_id", how="semi").is_empty()


def test_values_are_mostly_one(events: pl.DataFrame) -> None:
    values = events["value"].cast(pl.Float64)

    assert events.schema["value"] == pl.Decimal(5, 2)
    assert 0.9 < (values == 1).mean() < 1  # type: ignore[operator]
    assert values.is_between(0, 999.99).all()


def test_metadata_names_source_and_device(events: pl.DataFrame) -> None:
    written = pl.Struct({"source": pl.String, "device": pl.String, "app": pl.String})
    metadata = events["metadata"].str.json_decode(written).struct.unnest()

    assert set(metadata["source"].drop_nulls()) == {"feed", "profile", "search", "share"}
    assert set(metadata["device"].drop_nulls()) == {"mobile", "desktop", "tablet"}
    assert 0 < metadata["source"].null_count() < 0.02 * len(events)
    assert events["metadata"].null_count() > 0


def test_events_are_ordered_by_time(platform: Platform) -> None:
    assert platform.user_engagement["created_at"].is_sorted()
