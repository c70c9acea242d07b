"""CSV whose cells no spreadsheet runs: what OWASP calls formula injection."""

import polars as pl

# What a spreadsheet would run as a formula: such a first character, whatever blanks and controls
# precede it.
BLANK = r"\s\x00-\x1F\x7F\u{FEFF}"
FIRST = r"[=+\-@\u{FF1D}\u{FF0B}\u{FF0D}\u{FF20}|%]"
FORMULA = rf"^[{BLANK}]*{FIRST}|^[\t\r\n]"
# Where lists are separated by semicolons, a spreadsheet begins a cell after one, also within quotes
# that stand after a comma; after a tab or a line's end other readers do.
NEXT_CELL = rf"([;\t\r\n][{BLANK}\"]*)({FIRST})"
MOMENT_FORMAT = "%Y-%m-%dT%H:%M:%S%.6fZ"


def csv_of(frame: pl.DataFrame) -> bytes:
    """The rows as CSV that a spreadsheet opens without running anything; no value is an empty cell.

    What looks like a formula is preceded by an apostrophe.
    """
    safe = frame.with_columns(
        guarded(pl.col(name)) if dtype == pl.String else pl.col(name).dt.strftime(MOMENT_FORMAT)
        for name, dtype in frame.schema.items()
        if dtype in (pl.String, pl.Datetime)
    )
    headings = pl.DataFrame({"name": safe.columns}).select(guarded(pl.col("name")))["name"]
    return safe.rename(dict(zip(safe.columns, headings, strict=True))).write_csv().encode()


def guarded(texts: pl.Expr) -> pl.Expr:
    """Texts that no spreadsheet takes for a formula."""
    inside = texts.str.replace_all(NEXT_CELL, "${1}'${2}")
    return (
        pl.when(texts.str.contains(FORMULA))
        .then(pl.lit("'") + inside)
        .otherwise(inside)
        .name.keep()
    )
