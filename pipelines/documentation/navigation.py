"""The navigation of the site, from its folders: a page that is put into one appears."""

from collections.abc import MutableMapping
from pathlib import Path
from typing import Any, TypeAlias

Config: TypeAlias = MutableMapping[str, Any]

SECTIONS = {
    "tutorial": "Tutorial",
    "how-to": "How to",
    "reference": "Reference",
    "explanation": "Explanation",
    "runbook": "Runbook",
    "decisions": "Decisions",
}
# Pages that come first in their section, in this order; the others follow by name.
FIRST = (
    *("index.md", "ask-in-sql.md", "ten-questions.md", "creators-reports.md", "backfill.md"),
    *("metrics.md", "tables.md", "views.md", "commands.md", "settings.md", "how-it-works.md"),
)


def on_config(config: Config) -> Config:
    """Let MkDocs, which calls this, show the pages of each folder that there is."""
    folder = Path(config["docs_dir"])
    pages = {name: pages_of(folder / name) for name in SECTIONS}
    config["nav"] = [
        {"Start": "index.md"},
        *(
            {SECTIONS[name]: [f"{name}/{page}" for page in found]}
            for name, found in pages.items()
            if found
        ),
    ]
    return config


def pages_of(folder: Path) -> list[str]:
    """Names of the pages of a folder, in their order."""
    names = sorted(path.name for path in folder.glob("*.md"))
    return sorted(names, key=lambda name: FIRST.index(name) if name in FIRST else len(FIRST))
