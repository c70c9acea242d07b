"""Scripts that all pages share: one copy of each on disk, named by its content.

A page written before an upgrade goes on with the files it was written for.
"""

import hashlib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from plotly.offline import get_plotlyjs

DRAWING, REPORT = "plotly", "creator-report"
NAME_DIGITS = 12


@cache
def shared_files() -> Mapping[str, bytes]:
    """Content of every shared file, by file name."""
    return {_named(stem, text): text for stem, text in _contents().items()}


@cache
def shared_name(stem: str) -> str:
    """File name of DRAWING or REPORT."""
    return _named(stem, _contents()[stem])


@cache
def _contents() -> Mapping[str, bytes]:
    script = files("reports") / "templates" / "creator" / "report.js"
    return {DRAWING: get_plotlyjs().encode(), REPORT: script.read_bytes()}


def _named(stem: str, content: bytes) -> str:
    return f"{stem}-{hashlib.sha256(content).hexdigest()[:NAME_DIGITS]}.js"
