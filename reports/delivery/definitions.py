"""The asset that sends what is queued."""

from collections.abc import Callable, Sequence
from typing import Any

import dagster as dg

from assets.metadata import clear_failures
from reports.delivery.delivery import Delivered
from schema.errors import DeliveryStoppedError

GROUP = "reports"
OWNERS = ["team:data-platform"]
DELIVERIES = "report_deliveries"


def deliveries_asset(sources: Sequence[str]) -> dg.AssetsDefinition:
    """Build the asset, without partitions: whatever is due goes out."""

    @dg.asset(
        name=DELIVERIES,
        deps=sources,
        group_name=GROUP,
        owners=OWNERS,
        kinds={"postgres", "email"},
        tags={"personal_data": "pseudonymous_ids"},
    )
    def report_deliveries(
        context: dg.AssetExecutionContext, deliver: dg.ResourceParam[Callable[..., Delivered]]
    ) -> dg.MaterializeResult[None]:
        """Reports on their way to creators: one mail each, however often this runs or dies.

        - Grain: one row per creator and report in `pipeline.report_deliveries`.
        - States: queued, sending, sent, failed, stopped (no longer wanted), uncertain (the server
          may have taken it; never sent again by itself).
        - Held until every day of the report is final, for two weeks at most.
        - The page that a mail links to is written first, from the same report.
        - Fails when: the mail server cannot be used, or a published day cannot be read, once the
          mails about all others are sent; what is queued stays so.
        """
        with clear_failures():
            done = deliver(progress=context.log.info)
            if done.trouble:
                raise DeliveryStoppedError(done.trouble)
        return dg.MaterializeResult(metadata=delivery_metadata(done))

    return report_deliveries


def delivery_metadata(done: Delivered) -> dict[str, Any]:
    """Mails per state that they came to."""
    return {f"mails_{state}": mails for state, mails in sorted(done.states.items())}
