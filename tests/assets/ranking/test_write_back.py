from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, date, datetime
from typing import TypeAlias
from uuid import UUID

import polars as pl
import psycopg
import pytest

from assets.ranking.write_back import ScoreWriteBack, write_scores
from schema.errors import DatabaseUnavailableError, PartitionLockedError

D = date(2026, 3, 31)
NOON = datetime(2026, 3, 31, 12, tzinfo=UTC)
NEXT_DAY = datetime(2026, 4, 1, tzinfo=UTC)
AUTHOR = UUID(int=99)

Scores: TypeAlias = Callable[..., pl.DataFrame]
AddPost: TypeAlias = Callable[..., None]
Rows: TypeAlias = dict[int, tuple[object, ...]]


@pytest.fixture
def day_scores(scores: Scores, post: Callable[[int], bytes]) -> Scores:
    """Scores of D: `day_scores({post: score})`."""

    def build(of: dict[int, str]) -> pl.DataFrame:
        return scores(*((D, post(number), score) for number, score in of.items()))

    return build


@pytest.fixture
def platform(connection: psycopg.Connection) -> psycopg.Connection:
    """The application's session, as owner; one author exists."""
    connection.autocommit = True
    connection.execute(
        "INSERT INTO users (id, email, username, password_hash) VALUES (%s, 'a@x', 'a', '-')",
        [AUTHOR],
    )
    return connection


@pytest.fixture
def add_post(platform: psycopg.Connection) -> AddPost:
    def add(number: int, score: str | None, *, at: datetime = NOON, deleted: bool = False) -> None:
        platform.execute(
            "INSERT INTO posts (id, user_id, content, engagement_score, created_at, updated_at,"
            " deleted_at) VALUES (%s, %s, '-', %s, %s, '2020-02-02', %s)",
            [UUID(int=number), AUTHOR, score, at, at if deleted else None],
        )

    return add


@pytest.fixture
def writer(database: str) -> Iterator[psycopg.Connection]:
    with _session(database, lock_timeout_ms=60_000) as session:
        yield session


@contextmanager
def _session(database: str, *, lock_timeout_ms: int) -> Iterator[psycopg.Connection]:
    options = f"-c role=sociallive_writer -c TimeZone=UTC -c lock_timeout={lock_timeout_ms}"
    with psycopg.connect(database, autocommit=True, options=options) as session:
        yield session


def scores_of(platform: psycopg.Connection) -> dict[int, str]:
    rows = platform.execute("SELECT id, engagement_score::text FROM posts ORDER BY id").fetchall()
    return {post_id.int: score for post_id, score in rows}


def versions_of(platform: psycopg.Connection) -> Rows:
    rows = platform.execute("SELECT id, xmin::text, updated_at FROM posts").fetchall()
    return {post_id.int: tuple(version) for post_id, *version in rows}


def test_only_posts_whose_score_differs_are_written(
    platform: psycopg.Connection, writer: psycopg.Connection, add_post: AddPost, day_scores: Scores
) -> None:
    for number, score in ((1, "1.50"), (2, "2.00"), (3, None)):
        add_post(number, score)
    before = versions_of(platform)

    done = write_scores(writer, D, day_scores({1: "1.50", 2: "99999999.99", 3: "0.01"}))

    assert done == ScoreWriteBack(scored=3, written=2, posts_left=0, set_aside=0)
    assert scores_of(platform) == {1: "1.50", 2: "99999999.99", 3: "0.01"}
    after = versions_of(platform)
    assert [number for number in before if after[number][0] != before[number][0]] == [2, 3]
    assert {updated_at for _, updated_at in after.values()} == {datetime(2020, 2, 2)}


def test_a_second_run_writes_nothing(
    platform: psycopg.Connection, writer: psycopg.Connection, add_post: AddPost, day_scores: Scores
) -> None:
    add_post(1, "0")
    add_post(2, "7")
    write_scores(writer, D, day_scores({1: "3.10"}))
    before = versions_of(platform)

    done = write_scores(writer, D, day_scores({1: "3.10"}))

    assert done == ScoreWriteBack(scored=1, written=0, posts_left=0, set_aside=0)
    assert versions_of(platform) == before


def test_a_post_that_leaves_the_scored_set_gets_zero_once(
    platform: psycopg.Connection, writer: psycopg.Connection, add_post: AddPost, day_scores: Scores
) -> None:
    add_post(1, "5")
    add_post(2, "6", deleted=True)
    add_post(3, None)
    add_post(4, "7", at=NEXT_DAY)

    first = write_scores(writer, D, day_scores({}))
    second = write_scores(writer, D, day_scores({}))

    assert scores_of(platform) == {1: "0.00", 2: "0.00", 3: "0.00", 4: "7.00"}
    assert (first.written, first.posts_left) == (3, 3)
    assert (second.written, second.posts_left) == (0, 0)


def test_a_post_deleted_since_the_scored_day_has_no_score(
    platform: psycopg.Connection, writer: psycopg.Connection, add_post: AddPost, day_scores: Scores
) -> None:
    add_post(1, "2")
    add_post(2, "0", deleted=True)
    write_scores(writer, D, day_scores({1: "2", 2: "9"}))
    platform.execute("UPDATE posts SET deleted_at = %s WHERE id = %s", [NEXT_DAY, UUID(int=1)])

    done = write_scores(writer, D, day_scores({1: "2", 2: "9"}))

    assert scores_of(platform) == {1: "0.00", 2: "0.00"}
    assert (done.written, done.posts_left, done.set_aside) == (1, 1, 0)


def test_scores_of_posts_that_are_gone_are_set_aside(
    platform: psycopg.Connection, writer: psycopg.Connection, add_post: AddPost, day_scores: Scores
) -> None:
    add_post(1, "0")

    done = write_scores(writer, D, day_scores({1: "1", 8: "2", 9: "3"}))

    assert done == ScoreWriteBack(scored=3, written=1, posts_left=0, set_aside=2)
    assert scores_of(platform) == {1: "1.00"}


@pytest.mark.parametrize("batch_rows", [1, 2, 3, 100])
def test_batches_of_any_size_write_every_post(
    platform: psycopg.Connection,
    writer: psycopg.Connection,
    add_post: AddPost,
    day_scores: Scores,
    batch_rows: int,
) -> None:
    for number in range(1, 7):
        add_post(number, "0")
    wanted = {number: f"{number}.00" for number in range(1, 7)}

    done = write_scores(writer, D, day_scores(wanted), batch_rows=batch_rows)

    assert done.written == 6
    assert scores_of(platform) == wanted


@pytest.mark.fault
def test_a_post_that_stays_locked_is_reported_and_written_by_the_next_run(
    platform: psycopg.Connection, database: str, add_post: AddPost, day_scores: Scores
) -> None:
    for number in (1, 2, 3):
        add_post(number, "0")
    wanted = {1: "1.00", 2: "2.00", 3: "3.00"}

    with _session(database, lock_timeout_ms=50) as writer:
        with platform.transaction():
            platform.execute("UPDATE posts SET likes_count = 1 WHERE id = %s", [UUID(int=2)])
            with pytest.raises(DatabaseUnavailableError, match=f"{UUID(int=2)} locked.*2026-03-31"):
                write_scores(writer, D, day_scores(wanted))
        interrupted = scores_of(platform)
        resumed = write_scores(writer, D, day_scores(wanted))

    assert interrupted == {1: "1.00", 2: "0.00", 3: "3.00"}
    assert resumed.written == 1
    assert scores_of(platform) == wanted


@pytest.mark.fault
def test_an_application_that_locks_posts_the_other_way_round_meets_no_deadlock(
    platform: psycopg.Connection, writer: psycopg.Connection, add_post: AddPost, day_scores: Scores
) -> None:
    for number in (1, 2):
        add_post(number, "0")
    like = "UPDATE posts SET likes_count = likes_count + 1 WHERE id = %s"

    with ThreadPoolExecutor(1) as background:
        with platform.transaction():
            platform.execute(like, [UUID(int=2)])
            running = background.submit(write_scores, writer, D, day_scores({1: "1", 2: "2"}))
            _until_waiting(platform, writer)
            platform.execute(like, [UUID(int=1)])
        done = running.result(timeout=30)

    assert done.written == 2
    assert scores_of(platform) == {1: "1.00", 2: "2.00"}
    assert platform.execute("SELECT sum(likes_count) FROM posts").fetchone() == (2,)


def test_two_runs_do_not_write_scores_at_once(
    database: str, writer: psycopg.Connection, add_post: AddPost, day_scores: Scores
) -> None:
    add_post(1, "0")
    claim = "hashtextextended('posts.engagement_score', 0)"

    with _session(database, lock_timeout_ms=50) as other:
        other.execute(f"SELECT pg_advisory_lock({claim})")
        with pytest.raises(PartitionLockedError, match="another run is writing scores"):
            write_scores(writer, D, day_scores({1: "1"}))
        other.execute("SELECT pg_advisory_unlock_all()")

    assert write_scores(writer, D, day_scores({1: "1"})).written == 1


def test_the_claim_on_scores_is_given_back_even_after_a_failure(
    database: str, writer: psycopg.Connection, add_post: AddPost, day_scores: Scores
) -> None:
    add_post(1, "0")
    twice = pl.concat([day_scores({1: "1"}), day_scores({1: "2"})])

    with pytest.raises(psycopg.errors.UniqueViolation):
        write_scores(writer, D, twice)

    with _session(database, lock_timeout_ms=50) as other:
        assert write_scores(other, D, day_scores({1: "1"})).written == 1


def test_scores_are_written_with_the_rights_of_the_writer_alone(
    writer: psycopg.Connection, add_post: AddPost
) -> None:
    add_post(1, "0")

    assert writer.execute("SELECT current_user").fetchone() == ("sociallive_writer",)
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        writer.execute("UPDATE posts SET likes_count = 9")


def _until_waiting(platform: psycopg.Connection, writer: psycopg.Connection) -> None:
    """Come back when the writer waits for a lock."""
    waits = "SELECT count(*) FROM pg_locks WHERE pid = %s AND NOT granted"
    while platform.execute(waits, [writer.info.backend_pid]).fetchone() != (1,):
        continue
