"""The check that the cold store is as it was written: chain, manifests and every byte."""

import dagster as dg

from assets.metadata import clear_failures
from assets.quality.cold_files import SUBJECT, verify_cold_store
from assets.quality.reconciliation_checks import check_result
from assets.resources.cold_months import ColdStore
from assets.resources.postgres import Postgres

ARCHIVE_MANIFESTS = "archive_manifests"


def archive_manifests_check() -> dg.AssetChecksDefinition:
    """Build the check of the cold store."""

    @dg.asset_check(
        asset=SUBJECT,
        name=ARCHIVE_MANIFESTS,
        description="Every manifest follows from the one before it, every file has its digest, and "
        "every month that was dropped from PostgreSQL is there.",
    )
    def archive_manifests(
        postgres: dg.ResourceParam[Postgres], cold: dg.ResourceParam[ColdStore]
    ) -> dg.AssetCheckResult:
        """Read the store again, and tell what is not as it was written."""
        key = dg.AssetCheckKey(dg.AssetKey(SUBJECT), ARCHIVE_MANIFESTS)
        with clear_failures():
            findings = verify_cold_store(postgres, cold)
        return check_result(key, findings, severity=dg.AssetCheckSeverity.ERROR)

    return archive_manifests
