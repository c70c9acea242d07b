import polars as pl

from assets.seeding.demo import Platform
from schema.vocabulary import MediaType, Visibility


def test_few_authors_write_much(platform: Platform) -> None:
    per_author = platform.posts.group_by("user_id").len()["len"].sort(descending=True)

    assert per_author.head(12).sum() > 0.10 * len(platform.posts)
    assert per_author.median() <= 3  # type: ignore[operator]
    assert len(per_author) < 0.8 * len(platform.users)


def test_nobody_posts_before_the_account_exists_or_after_it_went(platform: Platform) -> None:
    posts = platform.posts.join(platform.users, left_on="user_id", right_on="id", suffix="_user")

    assert (posts["created_at"] > posts["created_at_user"]).all()
    assert posts.filter(pl.col("created_at") >= pl.col("deleted_at_user")).is_empty()


def test_every_kind_of_media_and_visibility_occurs(platform: Platform) -> None:
    assert set(platform.posts["media_type"]) == {None, *MediaType}
    assert set(platform.posts["visibility"]) == set(Visibility)
    assert (platform.posts["visibility"] == "PUBLIC").mean() > 0.7  # type: ignore[operator]


def test_media_has_an_address_and_text_has_none(platform: Platform) -> None:
    posts = platform.posts

    assert (posts["media_type"].is_null() == posts["media_url"].is_null()).all()


def test_posts_are_deleted_after_they_were_written(platform: Platform) -> None:
    deleted = platform.posts.filter(pl.col("deleted_at").is_not_null())

    assert 0 < len(deleted) < len(platform.posts) / 10
    assert (deleted["deleted_at"] > deleted["created_at"]).all()
    assert (deleted["updated_at"] >= deleted["deleted_at"]).all()


def test_content_varies_in_several_scripts_and_some_is_hostile(platform: Platform) -> None:
    content = platform.posts["content"]

    assert content.str.len_bytes().min() > 0  # type: ignore[operator]
    assert content.n_unique() > len(content) / 4
    for part in ("<script>", "DNS", r"\p{Arabic}", r"\p{Hiragana}", r"\p{Devanagari}", "[¡äç]"):
        assert content.str.contains(part).any(), part


def test_tags_range_from_none_to_three(platform: Platform) -> None:
    assert set(platform.posts["tags"].list.len()) == {0, 1, 2, 3}
    assert 'say "hi"' in set(platform.posts["tags"].explode())


def test_evenings_are_busier_than_nights_and_weekends_than_mondays(platform: Platform) -> None:
    hours = platform.posts["created_at"].dt.hour()
    weekdays = platform.user_engagement["created_at"].dt.weekday()

    assert (hours == 20).sum() > 3 * (hours == 4).sum()
    assert weekdays.is_in([6, 7]).sum() / 2 > weekdays.is_in([1, 2]).sum() / 2
