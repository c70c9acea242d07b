import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.ranking.logarithmic_mean import logarithmic_mean

positive = st.floats(1e-6, 1e9)


@given(positive, positive)
def test_the_logarithmic_mean_turns_a_quotient_into_a_difference(one: float, other: float) -> None:
    mean = float(logarithmic_mean(np.array([one]), np.array([other]))[0])

    assert mean * np.log(other / one) == pytest.approx(other - one, rel=1e-6, abs=1e-9 * one)
    assert min(one, other) * (1 - 1e-6) <= mean <= max(one, other) * (1 + 1e-6)


@given(positive)
def test_the_logarithmic_mean_of_equals_is_what_they_are(one: float) -> None:
    assert logarithmic_mean(np.array([one]), np.array([one])).tolist() == [one]
