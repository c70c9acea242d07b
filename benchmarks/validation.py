"""What does checking every row of a day against its contract cost?

python -m benchmarks.validation [--rows 10000000] [--rounds 3]

Reading the Parquet file is part of it, and shown alone: what is above it is the check. Ours checks
batch by batch as rows pass; pandera alone is given the whole frame. The bad file has one broken row
in a thousand: both must refuse it.
"""

import argparse
import tempfile
from pathlib import Path

import numpy as np
import polars as pl
from pandera.errors import SchemaErrors

from assets.resources.parquet import read_batches, write_parquet
from benchmarks.measuring import Candidate, show, take_turns
from benchmarks.rollups import PIECE, random_events
from schema.errors import ContractError
from schema.tables.user_engagement import UserEngagement
from schema.validation import validate

BROKEN_ROW_IN = 1_000


def ours(path: str) -> int:
    """A batch at a time."""
    return sum(
        len(validate(batch, UserEngagement, partition="the day"))
        for batch in read_batches([Path(path)])
    )


def pandera_on_the_frame(path: str) -> int:
    """The same contract, on all rows at once."""
    frame = pl.read_parquet(path).cast({"value": pl.Decimal(5, 2)})
    return len(UserEngagement.validate(frame, lazy=True))


def read_in_batches(path: str) -> int:
    """What ours reads, unchecked."""
    return sum(map(len, read_batches([Path(path)])))


def read_whole(path: str) -> int:
    """What pandera is given, unchecked."""
    return len(pl.read_parquet(path))


def refusing(check: Candidate, error: type[Exception]) -> Candidate:
    """The same work on rows that must be refused."""

    def refused(path: str) -> int:
        try:
            check(str(Path(path).with_name("bad.parquet")))
        except error:
            return int(pl.scan_parquet(path).select(pl.len()).collect().item())
        raise SystemExit("bad rows were accepted")

    return refused


CANDIDATES: dict[str, Candidate] = {
    "ours": ours,
    "pandera, whole frame": pandera_on_the_frame,
    "our reading alone": read_in_batches,
    "reading the whole frame alone": read_whole,
    "ours, refused": refusing(ours, ContractError),
    "pandera, refused": refusing(pandera_on_the_frame, SchemaErrors),
}


def make_files(folder: Path, rows: int) -> None:
    """A good file of so many rows and a bad one."""
    for name, spoil in {"good": _as_it_is, "bad": _spoilt}.items():
        rng = np.random.default_rng(5)
        pieces = (
            spoil(random_events(rng, min(PIECE, rows - done))) for done in range(0, rows, PIECE)
        )
        write_parquet(folder / f"{name}.parquet", pieces)


def _as_it_is(frame: pl.DataFrame) -> pl.DataFrame:
    return frame


def _spoilt(frame: pl.DataFrame) -> pl.DataFrame:
    is_broken = pl.int_range(pl.len()) % BROKEN_ROW_IN == 0
    kind = pl.when(is_broken).then(pl.lit("SHOUT")).otherwise("engagement_type")
    return frame.with_columns(engagement_type=kind)


def main() -> None:
    """Make the files, then compare."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        make_files(Path(folder), given.rows)
        prepared = str(Path(folder, "good.parquet"))
        costs = take_turns("benchmarks.validation", list(CANDIDATES), prepared, rounds=given.rounds)
    show(f"{given.rows:,} rows against their contract", costs, beside="ours")


if __name__ == "__main__":
    main()
