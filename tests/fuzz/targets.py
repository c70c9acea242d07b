"""What the fuzzer calls: each takes any bytes, and fails where a promise does not hold for them.

A refusal of ours is an answer; any other exception is a finding.
"""

import csv
import io
import tempfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from uuid import UUID

import polars as pl

from assets.resources.cold_manifest import read_chain, read_cold_manifest
from assets.resources.manifest import MANIFEST, read_manifest
from assets.seeding.load.columns import TABLES
from assets.seeding.load.parsing import REASON, parse_rows
from assets.seeding.load.reading import read_texts
from pipelines.setting_descriptions import DESCRIPTIONS
from pipelines.settings import read_settings
from reports.creator.page import render_report
from reports.csv_cells import csv_of
from reports.delivery.links import (
    page_token,
    read_page_token,
    read_unsubscribe_token,
    unsubscribe_token,
)
from reports.delivery.plain_line import plain_line
from reports.plotly_text import plotly_text
from reports.user_text import one_line
from schema.errors import PipelineError
from tests.fixtures.creator_reports import PAYLOADS, WEEK, believable
from tests.fixtures.read_page import read_page, shape

SETTINGS = [one.name for one in DESCRIPTIONS]
KEY = b"a key of sixteen"
SOMEBODY = UUID(int=1)
MOST = 60
FORMULA_STARTS = ("=", "+", "-", "@")
ENGAGEMENT = next(table for table in TABLES if table.name == "user_engagement")


def settings(data: bytes) -> None:
    """Any text in a setting is taken or refused."""
    place, text = data[:1], data[1:].decode("utf-8", "replace").replace("\0", "")
    name = SETTINGS[int.from_bytes(place) % len(SETTINGS)]
    with suppress(PipelineError):
        read_settings({"SOCIALLIVE_MAIL_FROM": "reports@example.org", name: text})


def tokens(data: bytes) -> None:
    """A token is one of ours, or none."""
    text = data.decode("utf-8", "replace")
    page, choice = read_page_token(KEY, text), read_unsubscribe_token(KEY, text)
    assert page is None or page_token(KEY, *page) == text
    assert choice is None or unsubscribe_token(KEY, choice) == text


def manifests(data: bytes) -> None:
    """A file that lists files is one of ours, or refused."""
    with tempfile.TemporaryDirectory() as name:
        path = Path(name, MANIFEST)
        path.write_bytes(data)
        readers: tuple[Callable[[Path], object], ...] = (
            lambda path: read_manifest(path.parent),
            read_cold_manifest,
            read_chain,
        )
        for read in readers:
            with suppress(PipelineError):
                read(path)


def lines(data: bytes) -> None:
    """What people wrote becomes one line of no more characters than fit, which is UTF-8."""
    text = data.decode("utf-8", "surrogateescape")
    for line in (one_line(text, MOST), plain_line(text, MOST)):
        assert len(line) <= MOST + 1
        assert len(line.splitlines()) <= 1
        line.encode()
    shown = plotly_text(text)
    assert "<" not in shown


def cells(data: bytes) -> None:
    """No cell of a CSV begins like a formula, and no text is lost."""
    texts = data.decode("utf-8", "replace").split("\x1f")
    written = csv_of(pl.DataFrame({"text": texts}, schema={"text": pl.String}))
    read = [row[0] if row else "" for row in csv.reader(io.StringIO(written.decode(), newline=""))]
    assert read[0] == "text"
    assert len(read) == len(texts) + 1
    for cell, text in zip(read[1:], texts, strict=True):
        assert not cell.lstrip().startswith(FORMULA_STARTS)
        assert cell.replace("'", "") == text.replace("'", "")


def csv_load(data: bytes) -> None:
    """Every row of a CSV is accepted or has a reason."""
    _load("csv", data)


def parquet_load(data: bytes) -> None:
    """Every row of a Parquet file is accepted or has a reason."""
    _load("parquet", data)


def _load(ending: str, data: bytes) -> None:
    with tempfile.TemporaryDirectory() as name:
        path = Path(name, f"{ENGAGEMENT.name}.{ending}")
        path.write_bytes(data)
        with suppress(PipelineError):
            texts = read_texts(ENGAGEMENT, path)
            judged = parse_rows(ENGAGEMENT, texts)
            assert judged.height == texts.height
            accepted = judged.filter(pl.col(REASON).is_null())
            required = [name for name, column in ENGAGEMENT.columns.items() if column.required]
            assert not any(accepted.select(required).null_count().row(0))


def page(data: bytes) -> None:
    """A creator's page has the same elements whatever the name and the texts are."""
    text = data.decode("utf-8", "replace")
    plain = believable(1)
    posts = [replace(post, text=f"text {text}") for post in plain.posts]
    seen = read_page(render_report(replace(plain, username=f"name {text}", posts=posts)))
    harmless = [replace(post, text="text") for post in plain.posts]
    assert shape(seen) == shape(read_page(render_report(replace(plain, posts=harmless))))


def _seed_parquet() -> bytes:
    rows = {
        "id": ["1", "2"],
        "user_id": ["3", "4"],
        "post_id": ["5", "6"],
        "engagement_type": ["LIKE", "VIEW"],
        "created_at": ["2024-02-29T12:00:00Z", "2024-03-01"],
    }
    file = io.BytesIO()
    pl.DataFrame(rows).write_parquet(file)
    return file.getvalue()


CSV_HEAD = b"id,user_id,post_id,engagement_type,value,created_at\n"
TEXTS = tuple(text.encode("utf-8", "replace") for text in PAYLOADS)
MANIFESTS = (
    (
        b'{"table": "posts", "day": "2024-02-29", "load_id": "a", "fence": 1, "extraction": null, '
        b'"files": [{"name": "a", "rows": 1, "size_bytes": 2, "sha256": "b"}]}'
    ),
    b'{"month": "2024-02", "files": []}',
    b"[" * 4_000,
    b"{}",
)
# Of each target, inputs that the fuzzer starts from.
TARGETS: dict[str, tuple[Callable[[bytes], None], tuple[bytes, ...]]] = {
    "settings": (
        settings,
        tuple(
            bytes([place]) + text
            for place in range(len(SETTINGS))
            for text in (b"postgresql://u:p@h:5432/d?sslmode=verify-full", b"smtp://u:p@h:25", b"7")
        ),
    ),
    "tokens": (
        tokens,
        (page_token(KEY, SOMEBODY, WEEK).encode(), unsubscribe_token(KEY, SOMEBODY).encode()),
    ),
    "manifests": (manifests, MANIFESTS),
    "lines": (lines, TEXTS),
    "cells": (cells, TEXTS),
    "csv_load": (
        csv_load,
        (
            CSV_HEAD + b"1,2,3,LIKE,1,2024-02-29\n",
            CSV_HEAD + b'"1\n","2""",3,SHARE,NaN,2024-02-29T12:00:00+02:00\r\n',
            b"\xef\xbb\xbf" + CSV_HEAD,
        ),
    ),
    "parquet_load": (parquet_load, (_seed_parquet(),)),
    "page": (page, TEXTS),
}
