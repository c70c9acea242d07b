"""An account out of the cold store: only the files that hold rows of it are written anew."""

from pathlib import Path

import polars as pl

from assets.lifecycle.parquet_erasure import Rewritten, erase_from_files

# Columns of archived engagement that name an account or a post.
NAMED_BY = ("user_id", "post_id")


def cold_files(folder: Path) -> list[Path]:
    """Every file of archived engagement."""
    return sorted((folder / "user_engagement").glob("month=*/part-*.parquet"))


def erase_from_cold(folder: Path, ids: pl.Series) -> dict[Path, list[Rewritten]]:
    """Rewrite the affected files of each month; its manifest has to follow.

    Returns the months' folders with the files that changed: one that holds no row any more is gone.

    Raises:
        StorageError: the disk is full or cannot be written.
    """
    months = sorted((folder / "user_engagement").glob("month=*"))
    rewritten = {
        month: erase_from_files(sorted(month.glob("part-*.parquet")), NAMED_BY, ids)
        for month in months
    }
    return {month: files for month, files in rewritten.items() if files}
