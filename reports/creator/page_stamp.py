"""A page's stamp: the same for as long as its report, and what makes pages of reports, are."""

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from importlib.resources import files

from reports.creator.model import NUMBERS, CreatorReport
from schema.metrics import metrics_named

# Everything that has a part in what a page says.
MADE_BY = (("creator",), ("templates", "creator"), ())
SUFFIXES = (".py", ".html", ".css", ".js")
STAMP_BYTES = 16


def page_stamp(report: CreatorReport) -> str:
    """Digest of all facts of a report and of the code and templates that show them."""
    # A set has no order that two processes agree on.
    told = (replace(report, final_days=frozenset()), sorted(report.final_days))
    return hashlib.blake2b(repr(told).encode(), digest_size=STAMP_BYTES, key=_made_by()).hexdigest()


@cache
def _made_by() -> bytes:
    digest = hashlib.blake2b(repr(metrics_named(NUMBERS)).encode(), digest_size=STAMP_BYTES)
    for content in _sources():
        digest.update(content)
    return digest.digest()


def _sources() -> Iterator[bytes]:
    for folder in MADE_BY:
        found = files("reports").joinpath(*folder).iterdir()
        for path in sorted(found, key=lambda path: path.name):
            if path.name.endswith(SUFFIXES):
                yield path.read_bytes()
