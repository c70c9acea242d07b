"""What the commands did, in the history of the assets that do the same by schedule."""

from collections.abc import Mapping
from typing import Any

import dagster as dg

from pipelines.dagster_home import open_instance
from pipelines.settings import Settings


def note_materialization(settings: Settings, asset: str, metadata: Mapping[str, Any]) -> None:
    """Put a command's outcome beside those of the asset's runs.

    Raises:
        StorageError: Dagster's storage cannot be written.
    """
    with open_instance(settings) as instance:
        instance.report_runless_asset_event(dg.AssetMaterialization(asset, metadata=dict(metadata)))
