import polars as pl

from assets.seeding.demo import Platform


def items_beside_posts(platform: Platform) -> pl.DataFrame:
    return platform.feed_items.join(
        platform.posts, left_on="post_id", right_on="id", suffix="_post"
    )


def test_each_post_is_fed_to_an_account_once(platform: Platform) -> None:
    assert platform.feed_items.select("user_id", "post_id").is_duplicated().sum() == 0


def test_nobody_is_fed_own_or_private_posts(platform: Platform) -> None:
    items = items_beside_posts(platform)

    assert (items["user_id"] != items["user_id_post"]).all()
    assert "PRIVATE" not in set(items["visibility"])


def test_followers_only_posts_are_fed_to_followers(platform: Platform) -> None:
    items = items_beside_posts(platform).filter(pl.col("visibility") == "FOLLOWERS_ONLY")

    assert set(items["reason"]) == {"following"}
    key = ["user_id", "user_id_post"]
    follows = platform.user_followers.select(user_id="follower_id", user_id_post="following_id")
    assert items.join(follows, on=key, how="anti").is_empty()


def test_items_come_after_their_post_and_expire(platform: Platform) -> None:
    items = items_beside_posts(platform)

    assert (items["created_at"] >= items["created_at_post"]).all()
    assert (items["expires_at"] > items["created_at"]).all()
    assert items.schema["score"] == pl.Decimal(10, 4)
