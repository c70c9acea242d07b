import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.ranking.exact_parts import round_to_sum
from schema.errors import ContractError
from schema.tables.post_scores import MAX_SCORE

NAN, INF = float("nan"), float("inf")
# Parts are drawn in millionths: so many are a hundredth.
MILLIONTHS = 10_000


def rounded(*parts: float, total: int) -> list[int]:
    answer: list[int] = round_to_sum(np.array([parts]), np.array([total]))[0].tolist()
    return answer


AMOUNTS = st.integers(-(10**13), 10**13) | st.integers(-30_000, 30_000)
ROWS = st.integers(1, 6).flatmap(
    lambda width: st.lists(st.lists(AMOUNTS, min_size=width, max_size=width), min_size=1)
)


@given(ROWS, st.sampled_from([0, MILLIONTHS // 2, MILLIONTHS - 1]))
def test_parts_sum_exactly_and_none_moves_by_more_than_a_hundredth(
    rows: list[list[int]], upwards: int
) -> None:
    parts = np.array(rows) / 1_000_000
    totals = np.array([(sum(row) + upwards) // MILLIONTHS for row in rows])

    answer = round_to_sum(parts, totals)

    assert answer.dtype == np.int64
    assert answer.sum(axis=1).tolist() == totals.tolist()
    moved = np.abs(answer - np.array(rows) / MILLIONTHS)
    assert moved.max() <= 1 + 1e-4


@given(ROWS)
def test_no_other_rounding_down_or_up_loses_less(rows: list[list[int]]) -> None:
    """A part that was rounded up never had the smaller remainder of two."""
    totals = np.array([(sum(row) + MILLIONTHS // 2) // MILLIONTHS for row in rows])

    for row, answer in zip(rows, round_to_sum(np.array(rows) / 1e6, totals), strict=True):
        whole = [amount // MILLIONTHS for amount in row]
        lost = [amount % MILLIONTHS for amount in row]
        extra = (answer - whole).tolist()
        order = sorted(range(len(row)), key=lambda column: (-lost[column], column))
        assert [extra[column] for column in order] == sorted(extra, reverse=True)
        assert max(extra) - min(extra) <= 1


@given(st.lists(st.integers(-(10**10), 10**10), min_size=1, max_size=12))
def test_parts_in_whole_hundredths_stay_as_they_are(hundredths: list[int]) -> None:
    assert rounded(*(part / 100 for part in hundredths), total=sum(hundredths)) == hundredths


def test_the_largest_remainder_is_rounded_up_and_the_first_of_equals() -> None:
    assert rounded(0.004, 0.008, 0.008, total=2) == [0, 1, 1]
    assert rounded(0.005, 0.005, total=1) == [1, 0]
    assert rounded(0.003, -0.003, total=0) == [0, 0]
    assert rounded(-0.005, -0.005, 0.01, total=0) == [0, -1, 1]


def test_the_noise_of_floats_is_no_remainder() -> None:
    # 0.29 * 100 is 28.999999999999996, 0.07 * 100 is 7.000000000000001.
    assert rounded(0.29, 0.07, total=36) == [29, 7]
    assert rounded(0.07, 0.05, total=13) == [8, 5]


def test_halves_of_the_greatest_score_are_equals_whatever_noise_is_in_them() -> None:
    half = int(MAX_SCORE) * 100 / 2 + 0.5
    below = np.nextafter(half, 0)

    assert rounded(below / 100, half / 100, total=int(2 * half)) == [half + 0.5, half - 0.5]


@pytest.mark.parametrize("side", [-1, 1])
def test_noise_is_not_held_against_parts_that_miss_by_a_hundredth(side: int) -> None:
    assert rounded((20 + side * 1.00001) / 100, total=20) == [20]
    with pytest.raises(ContractError, match="do not sum to them"):
        rounded((20 + side * 1.00002) / 100, total=20)


def test_a_total_that_was_rounded_is_kept_on_either_side() -> None:
    assert rounded(0.10, 0.20, total=29) == [10, 19]
    assert rounded(0.10, 0.20, total=31) == [11, 20]


def test_no_rows_are_rounded_to_none() -> None:
    assert round_to_sum(np.empty((0, 3)), np.empty(0, dtype=np.int64)).shape == (0, 3)


@pytest.mark.parametrize("parts", [(0.10, 0.23), (NAN, 0.31), (INF, 0.0), (INF, -INF)])
def test_parts_that_do_not_explain_their_total_are_refused(parts: tuple[float, float]) -> None:
    with pytest.raises(ContractError, match="1 of 2 scores do not sum to them: in row 1"):
        round_to_sum(np.array([(0.30, 0.01), parts]), np.array([31, 31]))
