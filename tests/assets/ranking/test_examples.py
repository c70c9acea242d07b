from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from assets.ranking import examples
from assets.ranking.candidates import RankingTables, collect_candidates
from assets.ranking.examples import Past, collect_examples
from assets.ranking.features import FEATURES
from assets.ranking.weights import WEIGHTS
from assets.resources.engine import PolarsEngine
from schema.windows import DayRange
from tests.fixtures.ranked_platform import random_ranking_frames
from tests.fixtures.ranking_frames import RankingFrames

HELD = DayRange(date(2024, 2, 1), date(2024, 2, 20))
GIANT = b"G" * 16


@pytest.fixture(scope="module")
def platform() -> RankingFrames:
    return random_ranking_frames(9, HELD)


def owned_by_one(platform: RankingFrames, posts: set[bytes]) -> RankingFrames:
    """The same platform, these posts being by one author."""

    def of(frame: pl.DataFrame, post: str, author: str) -> pl.DataFrame:
        is_giant = pl.col(post).is_in(list(posts))
        giant = pl.when(is_giant).then(pl.lit(GIANT)).otherwise(author)
        return frame.with_columns(giant.alias(author))

    return RankingFrames(
        of(platform.post_engagement_daily, "post_id", "author_id"),
        of(platform.post_engagement_hourly, "post_id", "author_id"),
        of(platform.post_audience_daily, "post_id", "author_id"),
        of(platform.post_states, "id", "user_id"),
        platform.follows,
    )


@pytest.fixture(scope="module")
def known(platform: RankingFrames) -> pl.DataFrame:
    return collect(platform, HELD)


def collect(
    platform: RankingFrames, held: DayRange, made: dict[Any, pl.DataFrame] | None = None
) -> pl.DataFrame:
    return collect_examples(past_of(platform, held, made))


def past_of(
    platform: RankingFrames, held: DayRange, made: dict[Any, pl.DataFrame] | None = None
) -> Past:
    seen = platform.until(held.last)
    touched, eventful = (
        dict(rows.group_by("date").len().iter_rows())
        for rows in (seen.post_states, seen.post_engagement_hourly)
    )
    lazy = PolarsEngine().lazy
    return Past(seen.lazy(), held, touched, eventful, lazy, {} if made is None else made)


@pytest.mark.parametrize(
    ("days", "expected"),
    [(2, None), (3, 1), (4, 2), (65, 63), (66, 63), (200, 63)],
)
def test_examples_are_of_nine_weeks_that_have_a_day_before_and_a_day_after(
    platform: RankingFrames, days: int, expected: int | None
) -> None:
    held = DayRange(HELD.first, HELD.first + timedelta(days=days - 1))
    past = replace(past_of(platform, held), eventful=dict.fromkeys(held, 1))

    found = past.days

    assert (found and len(found)) == expected
    assert len(past.rows_after) == (expected or 0)
    if found:
        assert found.last == held.last - timedelta(days=1)


@pytest.mark.parametrize(("quiet", "first"), [(1, 1), (2, 2), (12, 12), (18, 18), (19, None)])
def test_days_before_anything_happened_are_no_examples_but_are_looked_back_on(
    platform: RankingFrames, quiet: int, first: int | None
) -> None:
    """The posts are older than all engagement, as where a platform's log begins late."""
    began = HELD.first + timedelta(days=quiet)
    late = replace(
        platform,
        post_engagement_hourly=platform.post_engagement_hourly.filter(pl.col("date") >= began),
    )

    known = collect(late, HELD)

    days = known["date"].unique().sort().to_list()
    assert days[:1] == ([] if first is None else [HELD.first + timedelta(days=first)])
    if first == 2:
        assert set(known["post_id"]) & set(
            platform.post_states.filter(pl.col("date") == HELD.first)["id"]
        )


def test_each_example_has_every_feature_the_prior_and_a_target(
    platform: RankingFrames, known: pl.DataFrame
) -> None:
    days = past_of(platform, HELD).days
    assert days
    assert set(known["date"]) == set(days)
    assert {*FEATURES, "prior", "target", "age_hours", "post_id"} <= set(known.columns)
    assert known["target"].null_count() == 0
    assert known.select("date", "post_id").is_duplicated().sum() == 0
    assert known["target"].sum() > 100


def test_a_target_is_what_the_audience_did_on_the_next_day(
    platform: RankingFrames, known: pl.DataFrame
) -> None:
    """Counted again, from the rows of the hours; coordinated events and take-backs are nothing."""
    weights = {kind.value: weight / 100 for kind, weight in WEIGHTS.items()}
    honest = (pl.col("audience_value") - pl.col("coordinated_value")) / 100
    worth = pl.col("engagement_type").replace_strict(weights) * honest
    of_days = platform.post_engagement_hourly.group_by("date", "post_id").agg(worth=worth.sum())
    after = of_days.with_columns(pl.col("date").dt.offset_by("-1d"))

    told = known.join(after, on=["date", "post_id"], how="left")

    expected = told["worth"].fill_null(0).clip(0).to_list()
    assert told["target"].to_list() == pytest.approx(expected, abs=1e-9)


def test_pieces_of_days_change_nothing(
    platform: RankingFrames, known: pl.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(examples, "CHUNK_DAYS", 2)
    monkeypatch.setattr(examples, "POSTS_AT_ONCE", 1)

    assert_frame_equal(collect(platform, HELD), known)


def test_examples_that_were_made_before_are_made_once_and_are_the_same(
    platform: RankingFrames, known: pl.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    collected: list[DayRange] = []
    made: dict[tuple[date, date], pl.DataFrame] = {}

    def note(tables: RankingTables, *, days: DayRange) -> pl.DataFrame:
        collected.append(days)
        return collect_candidates(tables, days=days)

    monkeypatch.setattr(examples, "collect_candidates", note)
    for last in (HELD.last - timedelta(days=3), HELD.last - timedelta(days=2), HELD.last):
        again = collect(platform, DayRange(HELD.first, last), made)

    assert again.equals(known)
    assert [day for days in collected for day in days] == list(past_of(platform, HELD).days or ())
    # Looking back on less, they are others.
    less = DayRange(HELD.first + timedelta(days=4), HELD.last)
    assert collect(platform, less, made).equals(collect(platform, less))


def test_what_came_later_changes_no_example(platform: RankingFrames, known: pl.DataFrame) -> None:
    earlier = DayRange(HELD.first, HELD.last - timedelta(days=4))

    past = collect(platform, earlier)

    assert_frame_equal(past, known.filter(pl.col("date") < earlier.last))


def test_too_many_examples_are_those_of_some_authors_with_all_their_posts(
    platform: RankingFrames, known: pl.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(examples, "MOST_EXAMPLES", known.height // 2)
    monkeypatch.setattr(examples, "GIANT_SHARE", 0.2)

    sample = collect(platform, HELD)

    authors = sample.select("author_id").unique()
    assert 0.25 * known.height < sample.height < 0.75 * known.height
    of_authors = known.join(authors, on="author_id", how="semi")
    same = ["date", "post_id", "target", "weight", "author_posts", "followers_gained"]
    assert_frame_equal(sample.select(same), of_authors.select(same))
    assert_frame_equal(collect(platform, HELD), sample)


@pytest.mark.parametrize("share_of_the_giant", [1.0, 0.5])
def test_of_an_author_with_much_of_the_platform_some_posts_are_examples(
    platform: RankingFrames, monkeypatch: pytest.MonkeyPatch, share_of_the_giant: float
) -> None:
    """A catalogue has one author: drawn or not drawn, it was all examples or none."""
    posts = platform.post_states.select("id").unique().sort("id")
    giants = set(posts.head(round(posts.height * share_of_the_giant))["id"])
    one = owned_by_one(platform, giants)
    whole = collect(one, HELD)
    monkeypatch.setattr(examples, "MOST_EXAMPLES", whole.height // 2)

    sample = collect(one, HELD)

    for is_giant in (True, False) if share_of_the_giant < 1 else (True,):
        drawn, of_all = (
            rows.filter((pl.col("author_id") == GIANT) == is_giant) for rows in (sample, whole)
        )
        assert 0.25 * of_all.height < drawn.height < 0.75 * of_all.height
    same = ["date", "post_id", "target", "weight", "accounts_all"]
    assert_frame_equal(
        sample.select(same), whole.select(same).join(sample, on=["date", "post_id"], how="semi")
    )
    assert_frame_equal(collect(one, HELD), sample)


def test_too_many_examples_are_sampled_also_where_the_platform_went_quiet_since(
    platform: RankingFrames, monkeypatch: pytest.MonkeyPatch
) -> None:
    since = DayRange(HELD.first, HELD.last + timedelta(days=45))
    whole = collect(platform, since)
    monkeypatch.setattr(examples, "MOST_EXAMPLES", whole.height // 2)

    sample = collect(platform, since)

    assert whole.filter(pl.col("date") == since.last - timedelta(days=1)).is_empty()
    assert 0.25 * whole.height < sample.height < 0.75 * whole.height


def test_a_lake_of_few_days_has_no_examples(platform: RankingFrames) -> None:
    assert collect(platform, DayRange(HELD.first, HELD.first + timedelta(days=1))).is_empty()
