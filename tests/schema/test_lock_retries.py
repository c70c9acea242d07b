import psycopg
import pytest

from schema.errors import DatabaseUnavailableError
from schema.lock_retries import LONGEST_PATIENCE_MS, PATIENCES_MS, REST, LockRetries


class Lock:
    """Free at the given attempt; remembers how patient each attempt was."""

    def __init__(self, free_at: int, error: type[psycopg.Error]) -> None:
        self.free_at, self.error = free_at, error
        self.patiences: list[int] = []

    def take(self, patience_ms: int) -> str:
        self.patiences.append(patience_ms)
        if len(self.patiences) < self.free_at:
            raise self.error("busy")
        return "done"


@pytest.mark.parametrize(
    "error", [psycopg.errors.LockNotAvailable, psycopg.errors.DeadlockDetected]
)
def test_it_is_tried_more_patiently_each_time_with_rests_between(
    error: type[psycopg.Error],
) -> None:
    rests: list[float] = []
    lock = Lock(4, error)

    assert LockRetries(sleep=rests.append).run("take a lock", lock.take) == "done"

    assert lock.patiences == [100, 200, 400, 800]
    assert rests == pytest.approx([0.3, 0.6, 1.2])


def test_it_gives_up_in_one_sentence_after_half_a_minute() -> None:
    rests: list[float] = []
    lock = Lock(99, psycopg.errors.LockNotAvailable)

    with pytest.raises(DatabaseUnavailableError, match=r"could not take a lock: .*11 attempts"):
        LockRetries(sleep=rests.append).run("take a lock", lock.take)

    assert 20 < sum(rests) + sum(PATIENCES_MS) / 1000 < 40
    assert len(lock.patiences) == len(rests) == len(PATIENCES_MS)


def test_who_waits_behind_us_is_never_taken_for_a_deadlock() -> None:
    deadlock_timeout_ms = 1_000

    assert max(PATIENCES_MS) == LONGEST_PATIENCE_MS < deadlock_timeout_ms
    assert REST > 1


def test_any_other_error_is_not_tried_again() -> None:
    lock = Lock(2, psycopg.errors.UndefinedTable)

    with pytest.raises(psycopg.errors.UndefinedTable):
        LockRetries(sleep=lambda _: None).run("take a lock", lock.take)

    assert len(lock.patiences) == 1
