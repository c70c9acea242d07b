from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.overview.words import (
    MINUS,
    Number,
    change_in_words,
    data_size,
    days_in_words,
    duration,
    exact_number,
    exact_per_cent,
    number,
    rounded,
    signed_per_cent,
    signed_points,
)

FIRST = date(2024, 3, 1)


@pytest.mark.parametrize(
    ("value", "before", "told"),
    [
        (1_204, 1_168, "3.1 % more than"),
        (1_168, 1_204, "3.0 % less than"),
        (100, 100, "the same as"),
        (3, 0, "3 more than"),
        (1, 3, "2 fewer than"),
        (0, 19, "19 fewer than"),
        (0, 20, "100.0 % less than"),
        (2_400, 100, "24 times as many as"),
        (Decimal("2.4000"), Decimal("0.1000"), "24 times as much as"),
        (Decimal("0.5000"), Decimal(0), "0.5 more than"),
        (Decimal("0.4200"), Decimal("0.2100"), "100.0 % more than"),
    ],
)
def test_changes_are_told_in_what_says_most(value: Number, before: Number, told: str) -> None:
    assert change_in_words(value, before).replace("\N{NO-BREAK SPACE}", " ") == told


@given(st.integers(-(10**12), 10**12), st.integers(1, 10**6), st.integers(0, 4))
def test_rounding_is_half_away_from_zero_and_never_further_than_half_a_step(
    numerator: int, denominator: int, decimals: int
) -> None:
    value = Fraction(numerator, denominator)
    written = rounded(value, decimals)

    assert abs(Fraction(written) - value) <= Fraction(1, 2 * 10**decimals)
    assert rounded(-value, decimals) == -written


def test_halves_go_away_from_zero() -> None:
    assert [number(Fraction(n, 2)) for n in (1, 3, -1, -3)] == ["1", "2", f"{MINUS}1", f"{MINUS}2"]


def test_exact_numbers_lose_nothing() -> None:
    assert exact_number(Decimal("1234.5000")) == "1,234.5"
    assert exact_number(Decimal("-0.1234")) == f"{MINUS}0.1234"
    assert exact_number(1_200) == "1,200"
    assert exact_per_cent(Decimal("0.2484")) == "24.84\N{NO-BREAK SPACE}%"


def test_signs_are_spelled_out() -> None:
    shown = [signed_per_cent(Fraction(n, 1_000)) for n in (31, -31, 0)]

    assert [text.replace("\N{NO-BREAK SPACE}", " ") for text in shown] == [
        "+3.1 %",
        f"{MINUS}3.1 %",
        "±0.0 %",
    ]


def test_sizes_and_lengths_of_time_have_units_of_their_own() -> None:
    assert [data_size(n) for n in (0, 999, 1_000, 107_078_325)] == [
        "0 bytes",
        "999 bytes",
        "1.0 kB",
        "107.1 MB",
    ]
    assert [duration(n) for n in (5, 120, 9_000, 200_000)] == [
        "5 seconds",
        "2.0 minutes",
        "2.5 hours",
        "2.3 days",
    ]


def test_many_spans_of_days_are_cut_short() -> None:
    every_other = [FIRST + timedelta(days=2 * n) for n in range(7)]

    assert days_in_words([FIRST, FIRST + timedelta(days=1)]) == "2024-03-01 to 2024-03-02"
    assert days_in_words(every_other).endswith("2024-03-07 and 3 later days")


def test_a_share_differs_from_another_by_points_with_a_sign() -> None:
    shown = [signed_points(Fraction(n, 10_000)) for n in (310, -314, 0)]

    assert shown == ["+3.1 points", f"{MINUS}3.1 points", "\N{PLUS-MINUS SIGN}0.0 points"]
