"""Where an asset's code is: a file and line here, or on the web where an address is set."""

import warnings
from collections.abc import Sequence
from pathlib import Path

import dagster as dg

from pipelines.settings import REPOSITORY

CODE = "dagster/code_references"


def with_code_links(
    assets: Sequence[dg.AssetsDefinition], code_url: str | None
) -> list[dg.AssetsDefinition]:
    """The assets with links to their code; `code_url` is where the files of this code are shown."""
    with warnings.catch_warnings():
        # Code references are marked beta.
        warnings.simplefilter("ignore", dg.BetaWarning)
        linked = [
            asset
            for asset in dg.with_source_code_references(assets)
            if isinstance(asset, dg.AssetsDefinition)
        ]
        if code_url is None:
            return linked
        return [asset.map_asset_specs(lambda spec: _on_the_web(spec, code_url)) for asset in linked]


def _on_the_web(spec: dg.AssetSpec, code_url: str) -> dg.AssetSpec:
    references: list[dg.LocalFileCodeReference | dg.UrlCodeReference] = [
        _link(reference, code_url) for reference in spec.metadata[CODE].code_references
    ]
    value = dg.CodeReferencesMetadataValue(code_references=references)
    return spec.replace_attributes(metadata={**spec.metadata, CODE: value})


def _link(
    reference: dg.LocalFileCodeReference | dg.UrlCodeReference, code_url: str
) -> dg.UrlCodeReference:
    if isinstance(reference, dg.UrlCodeReference):
        return reference
    path = Path(reference.file_path).relative_to(REPOSITORY).as_posix()
    return dg.UrlCodeReference(
        url=f"{code_url}/{path}#L{reference.line_number}", label=reference.label
    )
