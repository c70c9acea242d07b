from collections.abc import Callable
from pathlib import Path

import polars as pl
import psycopg
import pytest

from assets.seeding.load import LoadReport
from assets.seeding.load.spilling import spilled
from schema.errors import StorageError

Frames = dict[str, pl.DataFrame]
Load = Callable[..., LoadReport]


@pytest.fixture
def single_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each row is a piece of its own, and lies on disk."""
    for module in ("spilling", "reading"):
        monkeypatch.setattr(f"assets.seeding.load.{module}.ROWS_PER_PIECE", 1)
    monkeypatch.setattr("assets.seeding.load.judging.ROWS_PER_QUESTION", 1)


def twice(healthy: Frames) -> Frames:
    """All rows two times, and one that is wrong by itself."""
    frames = {name: pl.concat([frame, frame]) for name, frame in healthy.items()}
    values = pl.Series(["NaN", "1", "2", "3"])
    frames["user_engagement"] = frames["user_engagement"].with_columns(value=values)
    return frames


def rows(connection: psycopg.Connection) -> list[tuple[object, ...]]:
    return connection.execute(
        "SELECT id, user_id, post_id, value, metadata, created_at FROM user_engagement ORDER BY id"
    ).fetchall()


def test_whole_pieces_lie_in_files_without_a_name(tmp_path: Path) -> None:
    piece = pl.DataFrame({"text": ["a longer text than fits a view", None] * 50_000})

    frame = spilled([piece, piece[:3]], tmp_path)

    assert frame["text"].to_list() == [*piece["text"], *piece["text"][:3]]
    assert list(tmp_path.iterdir()) == []
    mapped = Path("/proc/self/maps").read_text().splitlines()
    assert any(str(tmp_path) in line and "(deleted)" in line for line in mapped)


def test_a_folder_that_takes_no_rows_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    piece = pl.DataFrame({"text": ["x"] * 100_000})

    with pytest.raises(StorageError, match=r"cannot hold rows in .*Nothing was loaded"):
        spilled([piece], tmp_path / "file")


def test_rows_in_pieces_are_judged_as_those_in_one(
    load: Load,
    healthy: Frames,
    connection: psycopg.Connection,
    tmp_path: Path,
    request: pytest.FixtureRequest,
) -> None:
    reports, found, rejects = [], [], []
    for _ in range(2):
        for _ in ("first", "again"):
            reports.append(load(twice(healthy)))
            found.append(rows(connection))
            files = sorted((tmp_path / "rejects").iterdir())
            rejects.append({path.name: path.read_text() for path in files})
        connection.execute("TRUNCATE users CASCADE")
        connection.commit()
        request.getfixturevalue("single_rows")

    assert reports[:2] == reports[2:]
    assert found[:2] == found[2:]
    assert rejects[:2] == rejects[2:]
    assert [len(given) for given in found] == [2] * 4
    assert reports[0].tables[-1].reasons == {
        "engagement is that of an earlier row": 1,
        "value is not a number": 1,
    }
