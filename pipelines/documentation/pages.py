"""Every page of the reference, by its place below `docs/`."""

from pathlib import Path


def made_pages() -> dict[Path, str]:
    return {}
