"""The mean that turns parts of a quotient's logarithm into parts of a difference."""

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Values: TypeAlias = npt.NDArray[np.float64]

# Logarithms closer than this make the quotient of differences noise; the mean is then either.
SAME = 1e-9


def logarithmic_mean(one: Values, other: Values) -> Values:
    """(other - one) / log(other / one): times the logarithm, it gives the difference."""
    ratio = np.log(other / one)
    is_same = np.abs(ratio) < SAME
    mean: Values = np.where(is_same, one, (other - one) / np.where(is_same, 1.0, ratio))
    return mean
