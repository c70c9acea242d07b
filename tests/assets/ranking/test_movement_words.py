from assets.ranking.movement_words import WORDS, movement_text
from schema.tables.popular_posts import CAUSES, RankCause

STILL = dict.fromkeys(CAUSES, 0)


def test_a_movement_tells_its_causes_largest_first() -> None:
    parts = {
        RankCause.OWN_GROWTH: 3,
        RankCause.DECAY: -1,
        RankCause.OTHERS_GROWTH: -1_200,
        RankCause.ELIGIBILITY: 0,
    }

    assert movement_text(-1_198, parts) == [
        "down 1,198 places since the day before",
        "-1,200 places: how the other posts did",
        "+3 places: what people did with the post that day",
        "-1 place: what a day without any engagement would have cost",
    ]


def test_one_place_is_one_place() -> None:
    assert movement_text(1, {**STILL, RankCause.ELIGIBILITY: 1}) == [
        "up 1 place since the day before",
        "+1 place: posts that joined or left the ranking",
    ]


def test_a_post_that_stood_still_may_have_been_moved_to_and_fro() -> None:
    assert movement_text(0, STILL) == ["where it was the day before"]
    moved = movement_text(0, {**STILL, RankCause.OWN_GROWTH: 2, RankCause.OTHERS_GROWTH: -2})
    assert len(moved) == 3


def test_a_new_post_has_no_movement() -> None:
    assert movement_text(None, {}) == ["new: not among the popular posts the day before"]


def test_every_cause_has_words() -> None:
    assert set(WORDS) == set(CAUSES)
