"""Rows of a load spilled to disk: the system fetches what of them is looked at."""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from tempfile import NamedTemporaryFile

import polars as pl
import pyarrow as pa

from schema.errors import StorageError

ROWS_PER_PIECE = 100_000
"""What becomes of a row on its way takes several times its own size: so many are on it at once."""

UNFINISHED = ".part"
"""Of the file of somebody who was killed before its name was gone: an erasure sweeps it away."""


def spilled(pieces: Iterable[pl.DataFrame], scratch: Path | None) -> pl.DataFrame:
    """Put frames of the same columns together; whole pieces lie in the folder, if there is one.

    Their files have no name any more when this returns: nothing stays, however the load ends.

    Raises:
        StorageError: the folder takes no more.
    """
    return pl.concat([_on_disk(piece, scratch) for piece in pieces])


def in_pieces(
    frame: pl.DataFrame, change: Callable[[pl.DataFrame], pl.DataFrame], scratch: Path | None
) -> pl.DataFrame:
    """Change each row by itself, few at a time."""
    return spilled(map(change, pieces_of(frame)), scratch)


def pieces_of(frame: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """The rows, few at a time, after a piece without any: of none can be made one frame, too."""
    yield frame.clear()
    yield from frame.iter_slices(ROWS_PER_PIECE)


def _on_disk(piece: pl.DataFrame, scratch: Path | None) -> pl.DataFrame:
    if scratch is None or piece.height < ROWS_PER_PIECE:
        return piece
    try:
        scratch.mkdir(mode=0o700, parents=True, exist_ok=True)
        with NamedTemporaryFile(dir=scratch, suffix=UNFINISHED) as file:
            piece.write_ipc(file)
            file.flush()
            with pa.memory_map(file.name) as mapped:
                return pl.DataFrame(pa.ipc.open_file(mapped).read_all())
    except OSError as error:
        raise StorageError(
            f"cannot hold rows in {scratch}: {error.strerror}. Nothing was loaded"
        ) from error
