"""The asset that keeps erased accounts erased; its history has amounts, never names or ids.

Nobody is erased through Dagster: it keeps the configuration of a run for good.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import dagster as dg

from assets.lifecycle.erasure import Erasure
from assets.lifecycle.erasure_again import erase_again
from assets.lifecycle.erasure_receipt import Receipt
from assets.metadata import clear_failures

GROUP = "lifecycle"
OWNERS = ["team:data-platform"]
ERASURES = "erasures"


@dataclass(frozen=True, slots=True)
class Erasing:
    """What the asset needs: the work, and the way to compute an account's days again."""

    erasure: Erasure
    correct: Callable[[dg.DagsterInstance], None]


def erasures_asset() -> dg.AssetsDefinition:
    """Build the asset, without partitions: an erasure is about every day."""

    @dg.asset(
        name=ERASURES,
        group_name=GROUP,
        owners=OWNERS,
        kinds={"postgres", "parquet"},
        tags={"personal_data": "keyed_hashes"},
    )
    def erasures(
        context: dg.AssetExecutionContext, erasing: dg.ResourceParam[Erasing]
    ) -> dg.MaterializeResult[None]:
        """Accounts that were erased, and stay so: unfinished erasures end, returned accounts go.

        - Grain: one row per erased account in `pipeline.erasures`: a keyed hash, states, amounts.
        - Source: the tombstones of the home, compared with the ids of all accounts.
        - Fails when: a run holds a partition that has to be published without the account, or the
          tombstones were made with another key.
        """
        with clear_failures(), erasing.erasure.alone():
            receipts = list(erase_again(erasing.erasure, sweep=False))
        with clear_failures():
            erasing.correct(context.instance)
        return dg.MaterializeResult(metadata=receipt_metadata(receipts))

    return erasures


def receipt_metadata(receipts: Sequence[Receipt]) -> dict[str, Any]:
    """Amounts of some erasures, as Dagster shows them."""
    return {
        "accounts": len(receipts),
        "rows": sum(receipt.rows for receipt in receipts),
        "places": sum(len(receipt.targets) for receipt in receipts),
        "days_to_run": sum(len(receipt.days_to_run) for receipt in receipts),
    }
