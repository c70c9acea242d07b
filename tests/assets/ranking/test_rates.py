import polars as pl
import pytest

from assets.ranking.engagement_shape import KINDS, kind_name
from assets.ranking.rates import with_engagement_rates, with_rate_priors
from tests.fixtures.ranking_frames import D


def rates(*shown: tuple[int, int]) -> pl.DataFrame:
    """Posts of which each was viewed and liked so often, all of it on the day."""
    rows = [{"date": D, "view": views, "like": likes} for views, likes in shown]
    none = {kind_name(kind, of_day=of_day): 0 for kind in KINDS for of_day in (True, False)}
    full = [
        none | {f"{kind}_{when}": row[kind] for kind in ("view", "like") for when in ("day", "all")}
        for row in rows
    ]
    frame = pl.DataFrame(full).with_columns(date=pl.lit(D))
    return with_engagement_rates(with_rate_priors(frame))


def test_a_rate_with_few_views_is_near_the_mean_and_one_with_many_its_own() -> None:
    crowd = [(100, 5), (100, 15), (100, 10), (100, 0), (100, 20)]

    few, many = rates((2, 2), (100_000, 50_000), *crowd)["engagement_rate"].to_list()[:2]

    assert many == pytest.approx(0.5, abs=0.01)
    assert 0.45 < few < 0.75


def test_a_rate_is_shrunken_by_a_prior_of_the_posts_own_moments() -> None:
    """Ten of 0.2 and ten of 0.4, a hundred views each: chance would explain 0.0021 of 0.01."""
    frame = rates(*[(100, 20)] * 10, *[(100, 40)] * 10)
    strength = 0.3 * 0.7 / (0.01 - 0.3 * 0.7 / 100) - 1

    assert frame["rate_mean"].to_list() == pytest.approx([0.3] * 20)
    assert frame["rate_strength"].to_list() == pytest.approx([strength] * 20)
    lower = (20 + 0.3 * strength) / (100 + strength)
    assert frame["engagement_rate"].to_list()[:10] == pytest.approx([lower] * 10)


def test_rates_that_chance_explains_are_all_near_the_mean() -> None:
    frame = rates(*[(10, 1)] * 10, (10, 0), (10, 2))

    assert set(frame["rate_strength"]) == {1_000}
    assert frame["engagement_rate"].to_list() == pytest.approx([0.1] * 12, abs=0.002)


def test_a_post_that_nobody_viewed_has_the_mean() -> None:
    assert rates((0, 0), (100, 10), (200, 20))["engagement_rate"][0] == pytest.approx(0.1)


def test_a_post_gets_no_more_answers_than_views() -> None:
    """What is answered without having been viewed was seen elsewhere."""
    assert rates((10, 50), (10, 10))["engagement_rate"].to_list() == [1, 1]


@pytest.mark.parametrize("shown", [[(0, 0)], [(0, 7), (0, 3)]])
def test_where_nothing_was_viewed_no_rate_is_known(shown: list[tuple[int, int]]) -> None:
    frame = rates(*shown)

    assert frame["engagement_rate"].null_count() == len(shown)
    assert frame["engagement_rate_day"].null_count() == len(shown)


@pytest.mark.parametrize("shown", [[(5, 0)], [(5, 5)], [(1, 0), (1, 1)], [(10**9, 0), (1, 1)]])
def test_extreme_rates_stay_between_nothing_and_one(shown: list[tuple[int, int]]) -> None:
    frame = rates(*shown)

    assert frame["engagement_rate"].is_between(0, 1).all()
    assert frame["rate_strength"].is_between(1, 1_000).all()


def test_the_rate_of_the_day_is_of_the_days_events_alone() -> None:
    whole = rates((100, 10), (100, 30)).with_columns(view_day=pl.lit(10), like_day=pl.lit(5))

    frame = with_engagement_rates(with_rate_priors(whole))

    assert frame["engagement_rate_day"].to_list() == pytest.approx([0.5, 0.5])
    assert frame["engagement_rate"][0] < 0.25
