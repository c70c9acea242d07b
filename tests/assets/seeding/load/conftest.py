"""A small healthy set of files, written in either format and loaded into a database."""

import json
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path

import polars as pl
import pytest

from assets.resources.postgres import Postgres
from assets.seeding.load import LoadReport, load_directory

Frames = dict[str, pl.DataFrame]
MORNING = datetime(2020, 9, 3, 8)


@pytest.fixture
def healthy() -> Frames:
    return {
        "users": pl.DataFrame(
            {"id": ["1", "2", "3"], "username": ["ann", "bob", "cy"], "created_at": [MORNING] * 3}
        ),
        "posts": pl.DataFrame(
            {
                "id": ["p1", "p2"],
                "user_id": ["1", "2"],
                "content": ["hello", ""],
                "tags": pl.Series([["a", '""'], []], dtype=pl.List(pl.String)),
                "created_at": [MORNING] * 2,
            }
        ),
        "comments": pl.DataFrame(
            {
                "id": ["c1", "c2"],
                "post_id": ["p1", "p1"],
                "user_id": ["2", "1"],
                "parent_id": [None, "c1"],
                "content": ["so?", "so!"],
                "created_at": [MORNING] * 2,
            }
        ),
        "user_followers": pl.DataFrame({"follower_id": ["1"], "following_id": ["2"]}),
        "user_engagement": pl.DataFrame(
            {
                "user_id": ["1", "2"],
                "post_id": ["p2", "p1"],
                "engagement_type": ["LIKE", "VIEW"],
                "value": [-1.005, 1.0],
                "metadata": ['{"source": "profile"}', None],
                "created_at": [MORNING, datetime(2020, 10, 1)],
            }
        ),
    }


@pytest.fixture
def write_parquet() -> Callable[[Path, Frames], Path]:
    def write(folder: Path, frames: Frames) -> Path:
        folder.mkdir(exist_ok=True)
        for name, frame in frames.items():
            frame.write_parquet(folder / f"{name}.parquet")
        return folder

    return write


@pytest.fixture
def write_csv() -> Callable[[Path, Frames], Path]:
    def write(folder: Path, frames: Frames) -> Path:
        folder.mkdir(exist_ok=True)
        for name, frame in frames.items():
            lists = [
                column for column in frame.columns if frame[column].dtype == pl.List(pl.String)
            ]
            flat = frame.with_columns(
                pl.Series(column, [_as_json(items) for items in frame[column]], dtype=pl.String)
                for column in lists
            )
            flat.write_csv(folder / f"{name}.csv")
        return folder

    return write


def _as_json(items: pl.Series | None) -> str | None:
    return None if items is None else json.dumps(items.to_list())


@pytest.fixture
def load(
    database: str, tmp_path: Path, write_parquet: Callable[[Path, Frames], Path]
) -> Callable[..., LoadReport]:
    def run(source: Frames | Path, *, ending: date | None = None) -> LoadReport:
        folder = source if isinstance(source, Path) else write_parquet(tmp_path / "set", source)
        return load_directory(
            Postgres(database),
            folder,
            ending=ending,
            rejects=tmp_path / "rejects",
            progress=lambda _sentence: None,
        )

    return run


@pytest.fixture
def reasons() -> Callable[[LoadReport, str], dict[str, int]]:
    def of(report: LoadReport, table: str) -> dict[str, int]:
        return next(found.reasons for found in report.tables if found.table == table)

    return of
