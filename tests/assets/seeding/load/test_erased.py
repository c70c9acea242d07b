from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import polars as pl
import psycopg
import pytest

from assets.resources.identifiers import uuids_of
from assets.resources.ids_of_kinds import ids_of
from assets.resources.postgres import Postgres
from assets.resources.tombstones import Tombstones, account_email, account_name, content_id
from assets.seeding.load import LoadReport, load_directory
from schema.erasure import IdKind
from schema.errors import ErasureUnfinishedError

Frames = dict[str, pl.DataFrame]
Load = Callable[[Frames], LoadReport]


@pytest.fixture
def tombstones(tmp_path: Path) -> Tombstones:
    return Tombstones(tmp_path / "erasures")


@pytest.fixture
def load(
    database: str,
    tmp_path: Path,
    tombstones: Tombstones,
    write_parquet: Callable[[Path, Frames], Path],
) -> Load:
    def run(frames: Frames) -> LoadReport:
        return load_directory(
            Postgres(database),
            write_parquet(tmp_path / "set", frames),
            ending=None,
            rejects=tmp_path / "rejects",
            progress=lambda _sentence: None,
            tombstones=tombstones,
        )

    return run


def bury(tombstones: Tombstones, value: bytes) -> None:
    """An account by its id, or by a name."""
    tombstones.bury(
        tombstones.token_of(value), tombstones.digest(pl.Series([value], dtype=pl.Binary))
    )


def bury_content(tombstones: Tombstones, kind: IdKind, text: str) -> None:
    content = ids_of(kind, pl.Series([id_of(text)]))
    tombstones.bury("0" * 32, tombstones.digest(content.select(content_id()).to_series()))


def id_of(text: str) -> bytes:
    return UUID(uuids_of(pl.Series([text]))[0]).bytes


def erased(report: LoadReport) -> dict[str, int]:
    return {table.table: table.reasons.get("erased", 0) for table in report.tables}


def test_rows_of_an_erased_account_and_all_that_refers_to_them_stay_out(
    load: Load, healthy: Frames, tombstones: Tombstones, tmp_path: Path
) -> None:
    bury(tombstones, id_of("1"))

    report = load(healthy)

    # p1 is theirs, c1 and c2 are under it.
    assert erased(report) == {
        "users": 1,
        "posts": 1,
        "comments": 2,
        "user_followers": 1,
        "user_engagement": 2,
    }
    for table in report.tables:
        assert table.read == table.loaded + table.rejected
    told = [path.read_text() for path in (tmp_path / "rejects").glob("*.csv")]
    assert not [text for text in told if "ann" in text or "hello" in text or "so?" in text]


def test_an_erased_comment_takes_its_answers_along(
    load: Load, healthy: Frames, tombstones: Tombstones
) -> None:
    bury_content(tombstones, IdKind.COMMENTS, "c1")

    assert erased(load(healthy))["comments"] == 2


def test_an_answer_to_an_erased_comment_stays_out_by_itself(
    load: Load, healthy: Frames, tombstones: Tombstones
) -> None:
    healthy["comments"] = healthy["comments"].filter(pl.col("id") == "c2")
    bury_content(tombstones, IdKind.COMMENTS, "c1")

    assert erased(load(healthy))["comments"] == 1


def test_an_answer_to_a_comment_with_the_number_of_an_erased_post_goes_in(
    load: Load, healthy: Frames, tombstones: Tombstones
) -> None:
    bury_content(tombstones, IdKind.POSTS, "c1")

    assert erased(load(healthy)) == dict.fromkeys(healthy, 0)


def test_an_erased_account_keeps_no_post_and_no_comment_out_that_has_its_number(
    load: Load, healthy: Frames, tombstones: Tombstones
) -> None:
    healthy["posts"] = healthy["posts"].with_columns(id=pl.Series(["2", "1"]))
    for table in ("comments", "user_engagement"):
        of_posts = pl.col("post_id").replace({"p1": "2", "p2": "1"})
        healthy[table] = healthy[table].with_columns(post_id=of_posts)
    bury(tombstones, id_of("3"))

    assert erased(load(healthy)) == dict.fromkeys(healthy, 0) | {"users": 1}

    bury(tombstones, id_of("1"))

    # Post 2 is theirs; post 1 and the view of it are not.
    assert erased(load(healthy)) == {
        "users": 2,
        "posts": 1,
        "comments": 2,
        "user_followers": 1,
        "user_engagement": 2,
    }


@pytest.mark.parametrize("column", ["username", "email"])
def test_the_name_of_an_erased_account_keeps_another_id_of_it_out(
    load: Load, healthy: Frames, tombstones: Tombstones, column: str
) -> None:
    spelled = {"username": "Bob", "email": "B@Example.org"}
    healthy["users"] = healthy["users"].with_columns(email=pl.Series([None, "b@example.org", None]))
    as_bytes = {"username": account_name, "email": account_email}[column]
    bury(tombstones, pl.select(as_bytes(pl.lit(spelled[column]))).item())

    found = erased(load(healthy))

    assert (found["users"], found["posts"], found["comments"]) == (1, 1, 2)


def test_what_else_is_wrong_with_a_row_does_not_let_it_be_told(
    load: Load, healthy: Frames, tombstones: Tombstones, tmp_path: Path
) -> None:
    healthy["users"] = healthy["users"].with_columns(role=pl.lit("nonsense"))
    bury(tombstones, id_of("1"))

    load(healthy)

    assert "ann" not in (tmp_path / "rejects" / "users.csv").read_text()


def test_a_home_that_does_not_know_the_database_s_erasures_loads_nothing(
    load: Load, healthy: Frames, connection: psycopg.Connection
) -> None:
    connection.execute(
        "INSERT INTO pipeline.erasures (token, key_id) VALUES (repeat('a', 32), 'k')"
    )
    connection.commit()

    with pytest.raises(ErasureUnfinishedError, match="erase --again"):
        load(healthy)

    assert connection.execute("SELECT count(*) FROM users").fetchall() == [(0,)]
