"""Parts of scores in hundredths that sum exactly to the scores they explain."""

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from schema.errors import ContractError

Floats: TypeAlias = npt.NDArray[np.float64]
Integers: TypeAlias = npt.NDArray[np.int64]

HUNDREDTHS = 100
# A float tells a score in hundredths to five more digits: what lies beyond is noise.
DIGITS = 5
# The parts of a score miss it by its own rounding, never by more.
TOLERANCE = 1 + 10**-DIGITS


def round_to_sum(parts: Floats, totals_hundredths: Integers) -> Integers:
    """Round each row's parts (n x k, in units) to hundredths that sum exactly to the row's total.

    By largest remainder: all parts are rounded down, and what is missing goes, a hundredth each, to
    those that lost most; among equals to the first. A part moves by no more than two hundredths.

    Raises:
        ContractError: parts are not finite, or miss their total by more than a hundredth.
    """
    exact = np.round(parts * HUNDREDTHS, DIGITS)
    _refuse_other_sums(exact, totals_hundredths)
    rounded = np.floor(exact).astype(np.int64)
    missing = totals_hundredths - rounded.sum(axis=1)
    for_all, for_some = np.divmod(missing, parts.shape[1])
    is_due = _places(np.floor(exact) - exact) < for_some[:, np.newaxis]
    settled: Integers = rounded + for_all[:, np.newaxis] + is_due
    return settled


def _places(losses: Floats) -> Integers:
    """Place of each part within its row, from 0 for the most negative loss; the first of equals."""
    order = np.argsort(losses, axis=1, kind="stable")
    return np.argsort(order, axis=1, kind="stable")


def _refuse_other_sums(exact: Floats, totals: Integers) -> None:
    with np.errstate(invalid="ignore"):
        gaps = np.abs(exact.sum(axis=1) - totals)
    # Negated, so that a gap that is not a number is refused too.
    wrong = np.flatnonzero(~(gaps <= TOLERANCE))
    if wrong.size:
        row = wrong[0]
        raise ContractError(
            f"the parts of {wrong.size} of {len(totals)} scores do not sum to them: in row {row} "
            f"they are {exact[row].tolist()} hundredths of {totals[row]}. Nothing was explained: "
            "what computed the parts has to be corrected"
        )
