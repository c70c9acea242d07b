"""Every page of the reference, by its place below `docs/`."""

from pathlib import Path

from pipelines.documentation.assets_page import (
    definitions,
    render_assets,
    render_jobs,
    render_tables,
)
from pipelines.documentation.commands_page import render_commands
from pipelines.documentation.views_page import render_views
from pipelines.setting_descriptions import settings_table
from schema.metric_history import read_history
from schema.metric_reference import render_reference
from schema.metrics import METRICS

SETTINGS_INTRODUCTION = """\
# Settings

Made by `make docs` from `pipelines/setting_descriptions.py`. Settings are environment variables; an
empty one is none. A value that cannot be right is refused by every command, in one sentence.
"""
DECISIONS_INTRODUCTION = """\
# Decisions

Why things are as they are: context, decision, consequence, one page each. Listed by `make docs`.
"""
REFERENCE = Path("reference")


def made_pages(folder: Path) -> dict[Path, str]:
    """The pages that are made from the code, and from the decisions in a folder, alone."""
    known = definitions()
    pages = {
        "metrics": render_reference(METRICS, read_history()),
        "commands": render_commands(),
        "settings": f"{SETTINGS_INTRODUCTION}\n{settings_table()}",
        "assets": render_assets(known),
        "jobs": render_jobs(known),
        "tables": render_tables(),
        "views": render_views(),
    }
    made = {REFERENCE / f"{name}.md": text for name, text in pages.items()}
    return made | {Path("decisions/index.md"): render_decisions(folder / "decisions")}


def render_decisions(folder: Path) -> str:
    """The list of the decisions."""
    titles = {
        path.name: path.read_text(encoding="utf-8").splitlines()[0].removeprefix("# ")
        for path in sorted(folder.glob("[0-9]*.md"))
    }
    links = [f"- [{title}]({name})" for name, title in titles.items()]
    return "\n".join([DECISIONS_INTRODUCTION, *links, ""])
