"""What a file that a load cannot read seems to be: whoever gave it may not know what is asked."""

from collections.abc import Iterable
from pathlib import Path

from assets.seeding.load.columns import Table

# The bytes that files of a format begin with, what they are, and what to do.
BEGINNINGS = {
    b"\x1f\x8b": "it is packed by gzip: unpack it",
    b"\x28\xb5\x2f\xfd": "it is packed by zstd: unpack it",
    b"BZh": "it is packed by bzip2: unpack it",
    b"\xfd7zXZ\x00": "it is packed by xz: unpack it",
    b"PK\x03\x04": "it is a ZIP archive or a spreadsheet: unpack it, or save it as CSV",
    b"PAR1": "it is a Parquet file: name it {name}.parquet",
}
SEPARATORS = {";": "semicolons", "\t": "tabs", "|": "vertical bars"}


def other_than_csv(path: Path) -> str | None:
    """What the file is instead of a CSV, and what to do; none where it may be one."""
    with path.open("rb") as file:
        begins = file.read(max(map(len, BEGINNINGS)))
    for beginning, told in BEGINNINGS.items():
        if begins.startswith(beginning):
            return told.format(name=path.stem)
    return None


def other_than_commas(table: Table, header: str) -> str | None:
    """What separates the names of the table's columns where commas do not."""
    for separator, name in SEPARATORS.items():
        fields = [field.strip().strip('"') for field in header.split(separator)]
        if len(fields) > 1 and not set(fields).isdisjoint(table.columns):
            return name
    return None


def nearly_named(tables: Iterable[str], present: Iterable[str]) -> list[str]:
    """What lies in a folder and begins like a table, but has no name that is read."""
    beginnings = tuple(tables)
    return sorted(name for name in present if name.lower().startswith(beginnings))
