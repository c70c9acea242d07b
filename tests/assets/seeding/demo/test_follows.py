import polars as pl

from assets.seeding.demo import Platform

PAIR = ["follower_id", "following_id"]


def test_each_account_follows_another_at_most_once(platform: Platform) -> None:
    follows = platform.user_followers

    assert follows.select(PAIR).is_duplicated().sum() == 0
    assert (follows["follower_id"] != follows["following_id"]).all()


def test_follows_begin_when_both_accounts_exist(platform: Platform) -> None:
    opened = platform.users.select("id", opened="created_at")
    for column in PAIR:
        follows = platform.user_followers.join(opened, left_on=column, right_on="id")
        assert (follows["created_at"] >= follows["opened"]).all()


def test_few_accounts_have_most_followers(platform: Platform) -> None:
    followers = platform.user_followers.group_by("following_id").len()["len"]

    top = followers.sort(descending=True).head(len(platform.users) // 100).sum()
    assert top > 0.08 * len(platform.user_followers)


def test_follows_begin_and_end_on_every_day(platform: Platform) -> None:
    days = list(platform.days)

    begun = platform.user_followers["created_at"].dt.date()
    ended = platform.audit_log["timestamp"].dt.date()
    assert set(days) <= set(begun)
    assert set(days) <= set(ended)


def test_an_unfollow_is_recorded_as_the_trigger_would(platform: Platform) -> None:
    unfollows = platform.audit_log
    recorded = recorded_follows(platform)

    assert set(unfollows["table_name"]) == {"user_followers"}
    assert set(unfollows["operation"]) == {"DELETE"}
    assert (recorded["followed_at"] < recorded["timestamp"]).all()
    known = {user.hex() for user in platform.users["id"]}
    assert {text.replace("-", "") for column in PAIR for text in recorded[column]} <= known


def test_some_follow_again_after_they_unfollowed(platform: Platform) -> None:
    living = platform.user_followers.with_columns(pl.col(PAIR).bin.encode("hex"))
    ended = recorded_follows(platform).with_columns(pl.col(PAIR).str.replace_all("-", ""))

    again = ended.join(living, on=PAIR)
    assert len(again) > 0
    assert (again["created_at"] > again["timestamp"]).all()


def recorded_follows(platform: Platform) -> pl.DataFrame:
    fields = ("id", *PAIR, "created_at")
    recorded = pl.col("old_values").str.json_decode(pl.Struct(dict.fromkeys(fields, pl.String)))
    frame = platform.audit_log.select(recorded, "timestamp").unnest("old_values")
    followed_at = pl.col("created_at").str.to_datetime("%Y-%m-%dT%H:%M:%S%.f", time_zone="UTC")
    return frame.select(*PAIR, "timestamp", followed_at=followed_at)
