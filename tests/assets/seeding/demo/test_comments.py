import polars as pl

from assets.seeding.demo import Platform

KEY = ["user_id", "post_id"]


def test_each_comment_event_has_its_comment(platform: Platform) -> None:
    events = platform.user_engagement.filter(pl.col("engagement_type") == "COMMENT")
    key = [*KEY, "created_at"]

    assert events.join(platform.comments, on=key, how="anti").is_empty()
    assert len(events) < len(platform.comments) < 1.5 * len(events)


def test_answers_are_younger_and_on_the_same_post(platform: Platform) -> None:
    comments = platform.comments
    answers = comments.join(comments, left_on="parent_id", right_on="id", suffix="_parent")

    assert len(answers) > 0.1 * len(comments)
    assert (answers["post_id"] == answers["post_id_parent"]).all()
    assert (answers["created_at"] >= answers["created_at_parent"]).all()


def test_replies_are_counted_unless_deleted(platform: Platform) -> None:
    live = platform.comments.filter(pl.col("deleted_at").is_null())
    replies = live.drop_nulls("parent_id").group_by(id="parent_id").agg(replies=pl.len())
    facts = platform.comments.join(replies, on="id", how="left")

    assert facts.filter(pl.col("replies_count") != pl.col("replies").fill_null(0)).is_empty()


def test_some_comments_are_deleted_and_some_edited(platform: Platform) -> None:
    comments = platform.comments
    deleted = comments.filter(pl.col("deleted_at").is_not_null())

    assert 0 < len(deleted) < len(comments) / 10
    assert (deleted["deleted_at"] >= deleted["created_at"]).all()
    assert 0 < comments["is_edited"].sum() < len(comments) / 10


def test_nobody_comments_before_the_post_exists(platform: Platform) -> None:
    comments = platform.comments.join(
        platform.posts, left_on="post_id", right_on="id", suffix="_post"
    )

    assert (comments["created_at"] >= comments["created_at_post"]).all()


def test_authors_answer(platform: Platform) -> None:
    posts = platform.posts.select(post_id="id", author_id="user_id")
    comments = platform.comments.join(posts, on="post_id")

    assert (comments["user_id"] == comments["author_id"]).mean() > 0.05  # type: ignore[operator]
