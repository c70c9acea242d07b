from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, date, datetime
from itertools import count, cycle
from threading import Barrier, Event

import psycopg
import pytest

from assets.lifecycle.archive import Pace, archive_engagement
from assets.resources.postgres import Postgres
from schema.errors import DatabaseUnavailableError, PartitionLockedError
from schema.lock_retries import LockRetries
from tests.fixtures.aged_engagement import Aged
from tests.fixtures.intake import RunScript
from tests.fixtures.platform_rows import engage, rows, scalar, unmatched_keys, wait_until_blocked

CUT_OFFS = (date(2024, 1, 10), date(2024, 1, 20), date(2024, 2, 1))
SMALL = Pace(rows_per_statement=50)
IMPATIENT = LockRetries(patiences_ms=(10, 20), sleep=lambda _: None)
# Prints how each process ended, and what was then there; forks, because Python starts slowly.
KILLED_AT_EVERY_STEP = """
import os, signal, sys
from datetime import date
from itertools import count
import psycopg
from assets.lifecycle.archive import Pace, archive_engagement
from assets.resources.postgres import Postgres

url, cut_offs = sys.argv[1], [date.fromisoformat(text) for text in sys.argv[2:]]
HELD = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND granted"
ROWS = "SELECT count(*), count(DISTINCT id) FROM user_engagement_all"
LEFT = "SELECT count(*) FROM user_engagement WHERE created_at < %s"

def archive_until(cut_off, fatal_step):
    steps = count(1)
    def die(_step):
        if next(steps) == fatal_step:
            os.kill(os.getpid(), signal.SIGKILL)
    archive_engagement(Postgres(url), cut_off, pace=Pace(rows_per_statement=50), on_step=die)
    os._exit(0)

def look(cut_off):
    with psycopg.connect(url, autocommit=True) as session:
        while session.execute(HELD).fetchone()[0]:
            pass
        (left,) = session.execute(LEFT, [cut_off]).fetchone()
        return *session.execute(ROWS).fetchone(), "rows,", "some" if left else "none", "left"

for cut_off in cut_offs:
    status = None
    for fatal_step in count(1):
        if status == 0:
            break
        process = os.fork()
        if process == 0:
            archive_until(cut_off, fatal_step)
        _, status = os.waitpid(process, 0)
        print(os.waitstatus_to_exitcode(status), *look(cut_off))
"""
WRITE = """
INSERT INTO user_engagement (user_id, post_id, engagement_type, created_at)
VALUES (%(who)s, %(post)s, 'VIEW', %(at)s) RETURNING id
"""
COUNT_UP = "UPDATE posts SET likes_count = likes_count + 1 WHERE id = %(post)s"
SEE = "UPDATE users SET last_login_at = now() WHERE id = %(who)s"
NOTHING = "SELECT"


@pytest.fixture
def aged(aged: Aged) -> Aged:
    """A whole month, one that the cut-offs divide, and rows without a month."""
    aged.make_month("2023-12-01")
    for moment in ("1999-05-15", "2023-12-31 23:59:00", "2024-01-05", "2024-01-15", "2024-01-25"):
        aged.add(moment, 120)
    return aged


def test_a_writer_beside_it_loses_no_row_and_sees_no_error(
    aged: Aged, postgres: Postgres, database: str
) -> None:
    before = len(aged.everything())
    with writing(aged, database) as written:
        for cut_off in CUT_OFFS:
            archive_engagement(postgres, cut_off, pace=SMALL)
    archive_engagement(postgres, CUT_OFFS[-1], pace=SMALL)

    found = {row[0] for row in aged.everything()}
    assert len(found) == len(aged.everything()) == before + len(written)
    assert set(written) <= found
    assert aged.misplaced(CUT_OFFS[-1]) == []
    assert [flaw for flaw in aged.flaws() if not hasattr(flaw, "table")] == []


@contextmanager
def writing(aged: Aged, database: str) -> Iterator[list[object]]:
    """Rows of now, of old months and of no month, by two who lock other tables before and after."""
    fans = "SELECT id FROM users WHERE username ~ 'fan' ORDER BY id"
    users = [user for (user,) in rows(aged.connection, fans)]
    is_over, have_begun = Event(), Barrier(3)
    written: list[object] = []

    def write(mine: list[object], before: str, after: str) -> None:
        with psycopg.connect(database, options="-c TimeZone=UTC") as session:
            for user, moment in zip(mine, cycle(moments()), strict=False):
                given = {"who": user, "post": aged.people.post, "at": moment}
                session.execute(before.encode(), given)
                id_ = scalar(session, WRITE, **given)
                session.execute(after.encode(), given)
                session.commit()
                written.append(id_)
                if user == mine[0]:
                    have_begun.wait()
                if is_over.is_set():
                    return

    with ThreadPoolExecutor(2) as threads:
        ends = [
            threads.submit(write, users[:300], COUNT_UP, NOTHING),
            threads.submit(write, users[300:], NOTHING, SEE),
        ]
        have_begun.wait()
        yield written
        is_over.set()
        for end in ends:
            end.result()


def moments() -> list[datetime]:
    now = datetime.now(UTC).replace(tzinfo=None)
    return [now, datetime(2024, 1, 5), datetime(2023, 12, 31), datetime(1999, 5, 20)]


@pytest.mark.parametrize("moment", [datetime(2023, 12, 31), datetime(2024, 1, 31)])
def test_an_insert_that_waited_for_a_month_to_change_parent_lands(
    aged: Aged, other_session: psycopg.Connection, database: str, moment: datetime
) -> None:
    other_session.execute("SELECT pipeline.archive_engagement_month('2023-12-01', 500)")

    with psycopg.connect(database) as writer, ThreadPoolExecutor(1) as threads:
        fan, post = aged.people.fan, aged.people.post
        inserted = threads.submit(engage, writer, fan, post, moment)
        wait_until_blocked(aged.connection, writer)
        other_session.commit()
        inserted.result()

    assert scalar(aged.connection, "SELECT count(*) FROM user_engagement_all") == 601
    assert unmatched_keys(aged.connection) == []


def test_of_two_runs_at_once_the_second_is_refused(aged: Aged, postgres: Postgres) -> None:
    refused: list[str] = []

    def run_again(_step: str) -> None:
        with pytest.raises(PartitionLockedError, match="another run is archiving engagement"):
            archive_engagement(postgres, CUT_OFFS[0])
        refused.append("once")

    archive_engagement(postgres, CUT_OFFS[0], on_step=run_again)

    assert refused
    assert aged.misplaced(CUT_OFFS[0]) == []


@pytest.mark.fault
@pytest.mark.parametrize(
    ("lock", "sentence"),
    [
        ("LOCK user_engagement_2023_12 IN ACCESS SHARE MODE", "could not bound a partition"),
        ("LOCK ONLY user_engagement IN ROW EXCLUSIVE MODE", "could not move a month"),
        ("LOCK posts IN ROW EXCLUSIVE MODE", "could not make room in the archive"),
        ("SELECT FROM user_engagement_default FOR UPDATE", "could not move rows into the archive"),
    ],
)
def test_who_holds_the_tables_makes_it_give_up_and_a_later_run_finishes(
    aged: Aged, postgres: Postgres, other_session: psycopg.Connection, lock: str, sentence: str
) -> None:
    before = aged.everything()
    other_session.execute(lock.encode())

    with pytest.raises(DatabaseUnavailableError, match=sentence):
        archive_engagement(postgres, CUT_OFFS[0], retries=IMPATIENT)
    assert aged.everything() == before
    other_session.rollback()
    archive_engagement(postgres, CUT_OFFS[0])

    assert (aged.everything(), aged.misplaced(CUT_OFFS[0]), aged.flaws()) == (before, [], [])


@pytest.mark.parametrize(
    "holding",
    [
        "SELECT FROM user_engagement WHERE created_at = '2024-01-06' FOR UPDATE",
        "DELETE FROM user_engagement WHERE created_at = '2024-01-06'",
        "DELETE FROM users WHERE username = 'fan600'",
    ],
)
def test_a_row_that_somebody_holds_keeps_no_other_row_from_moving(
    aged: Aged, postgres: Postgres, other_session: psycopg.Connection, holding: str
) -> None:
    archive_engagement(postgres, CUT_OFFS[0])
    aged.add("2024-01-06", 5)
    other_session.execute(holding.encode())

    with pytest.raises(DatabaseUnavailableError, match="could not move rows into the archive"):
        archive_engagement(postgres, CUT_OFFS[0], retries=IMPATIENT)
    held = "SELECT count(*) FROM user_engagement WHERE created_at < '2024-01-10'"
    assert scalar(aged.connection, held) == 1
    other_session.commit()
    archive_engagement(postgres, CUT_OFFS[0])

    assert aged.misplaced(CUT_OFFS[0]) == []
    assert len(aged.everything()) == (604 if holding.startswith("DELETE") else 605)


def test_a_writers_open_transaction_is_not_waited_for_while_rows_move(
    aged: Aged, postgres: Postgres, other_session: psycopg.Connection
) -> None:
    archive_engagement(postgres, CUT_OFFS[0])
    engage(other_session, aged.people.fan, aged.people.post, datetime(2024, 1, 15))

    report = archive_engagement(postgres, CUT_OFFS[1], retries=IMPATIENT)

    assert report.moved_rows == 120


def test_it_rests_until_a_reader_has_ended(
    aged: Aged, postgres: Postgres, other_session: psycopg.Connection
) -> None:
    other_session.execute("SELECT count(*) FROM user_engagement")
    rests = count(1)

    def rest(_seconds: float) -> None:
        if next(rests) == 3:
            other_session.rollback()

    archive_engagement(postgres, CUT_OFFS[0], retries=LockRetries((10,) * 5, rest))

    assert next(rests) == 4
    assert aged.misplaced(CUT_OFFS[0]) == []


def test_a_snapshot_from_before_sees_every_row_after(
    aged: Aged, postgres: Postgres, other_session: psycopg.Connection
) -> None:
    everything = "SELECT count(*) FROM user_engagement_all"
    other_session.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
    other_session.execute("SELECT count(*) FROM users")

    for cut_off in CUT_OFFS:
        archive_engagement(postgres, cut_off)

    assert scalar(other_session, everything) == 600


@pytest.mark.fault
def test_killed_at_every_step_and_run_again_it_finishes(
    aged: Aged, postgres: Postgres, database: str, run_script: RunScript
) -> None:
    before = aged.everything()

    done = run_script(KILLED_AT_EVERY_STEP, database, *CUT_OFFS)

    ends = Counter(done.stdout.splitlines())
    assert (done.returncode, done.stderr) == (0, "")
    assert ends["0 600 600 rows, none left"] == len(CUT_OFFS)
    assert ends["-9 600 600 rows, some left"] > len(CUT_OFFS)
    assert {line.split(" rows")[0] for line in ends} == {"0 600 600", "-9 600 600"}
    assert (aged.everything(), aged.misplaced(CUT_OFFS[-1]), aged.flaws()) == (before, [], [])
