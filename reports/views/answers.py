"""Answers in the forms that people and programs take: every value exactly as it is."""

import re
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pyarrow.parquet as pq

from reports.csv_cells import guarded
from reports.views.form import Form
from reports.views.session import Query, Session
from reports.views.whole_file import whole_file
from schema.markdown import markdown_table

AS_TEXT = "CAST(COLUMNS(*) AS VARCHAR)"
NUMBERS = ("DECIMAL", "BIGINT", "INTEGER", "HUGEINT", "DOUBLE", "FLOAT", "SMALLINT", "TINYINT")
# What is neither text nor contains some: no spreadsheet runs it.
HARMLESS = (*NUMBERS, "DATE", "TIME", "BOOLEAN", "UUID", "UBIGINT", "UINTEGER")
# What every reader of Parquet knows; all else is written as text.
PLAIN = (*NUMBERS, "DATE", "TIMESTAMP", "BOOLEAN", "VARCHAR")
# As DuckDB writes them, also within lists and structs; JSON knows neither. In texts they may stand.
NO_NUMBERS = ("NaN", "Infinity")
TEXT_OR_NO_NUMBER = re.compile(r'("(?:[^"\\]|\\.)*")|-?(?:NaN|Infinity)')


def texts(session: Session, query: Query) -> Iterator[pl.DataFrame]:
    """The answer as text, some rows at a time; NULL stays null."""
    names = [name for name, _ in query.columns]
    for rows in session.answer(query, AS_TEXT):
        yield pl.DataFrame(rows.rename_columns(names))


def written(session: Session, query: Query, form: Form) -> Iterator[bytes]:
    """The answer as CSV, JSON (an array, an object a row) or a table in Markdown."""
    parts = {Form.CSV: _csv, Form.JSON: _json, Form.MARKDOWN: _markdown}
    return parts[form](session, query)


def write_file(session: Session, query: Query, form: Form, path: Path) -> None:
    """Write the answer to a file, which is whole or untouched.

    Raises:
        StorageError: it cannot be written.
    """
    with whole_file(path) as unfinished:
        if form is Form.PARQUET:
            _write_parquet(session, query, unfinished)
        else:
            with unfinished.open("wb") as file:
                file.writelines(written(session, query, form))


def _csv(session: Session, query: Query) -> Iterator[bytes]:
    is_text = [name for name, kind in query.columns if not kind.startswith(HARMLESS)]
    for number, frame in enumerate(texts(session, query)):
        safe = frame.with_columns(guarded(pl.col(name)) for name in is_text)
        headed = number == 0
        if headed:
            heads = pl.DataFrame({"name": frame.columns}).select(guarded(pl.col("name")))["name"]
            safe = safe.rename(dict(zip(frame.columns, heads, strict=True)))
        yield safe.write_csv(include_header=headed).encode()


def _json(session: Session, query: Query) -> Iterator[bytes]:
    fields = ", ".join(f"{_quoted(name)} := {_quoted(name)}" for name, _ in query.columns)
    before = b"[\n"
    for rows in session.answer(query, f"to_json(struct_pack({fields}))::VARCHAR"):
        if rows.num_rows:
            yield before + _finite(",\n".join(rows.column(0).to_pylist())).encode()
            before = b",\n"
    yield b"[]\n" if before.startswith(b"[") else b"\n]\n"


def _markdown(session: Session, query: Query) -> Iterator[bytes]:
    rows = [
        ["" if text is None else text for text in row]
        for frame in texts(session, query)
        for row in frame.iter_rows()
    ]
    yield markdown_table([name for name, _ in query.columns], rows).encode()


def _write_parquet(session: Session, query: Query, path: Path) -> None:
    columns = ", ".join(_plain(name, kind) for name, kind in query.columns)
    tables = session.answer(query, columns)
    with pq.ParquetWriter(path, next(tables).schema, compression="zstd") as writer:
        for rows in tables:
            writer.write_table(rows)


def _plain(name: str, kind: str) -> str:
    column = _quoted(name)
    is_plain = kind.startswith(PLAIN) and not kind.endswith("]")
    return column if is_plain else f"{column}::VARCHAR AS {column}"


def _finite(text: str) -> str:
    """JSON with null for what it has no number for."""
    if not any(name in text for name in NO_NUMBERS):
        return text
    return TEXT_OR_NO_NUMBER.sub(lambda found: found[1] or "null", text)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
