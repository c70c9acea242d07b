import pytest

from reports.delivery.pace import Pace


class Watch:
    """A clock that only sleeping moves on, besides what the test adds."""

    def __init__(self) -> None:
        self.time = 5_000_000_000
        self.slept: list[float] = []

    def now(self) -> int:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.time += round(seconds * 1_000_000_000)


@pytest.mark.parametrize(("per_second", "seconds"), [(1, 1.0), (4, 0.25)])
def test_mails_follow_each_other_no_faster_than_the_limit(per_second: int, seconds: float) -> None:
    watch = Watch()
    pace = Pace(per_second, now=watch.now, sleep=watch.sleep)

    for _ in range(5):
        pace.wait()

    assert watch.slept == [seconds] * 4


def test_a_slow_server_costs_no_further_waiting() -> None:
    watch = Watch()
    pace = Pace(4, now=watch.now, sleep=watch.sleep)

    for _ in range(3):
        pace.wait()
        watch.time += 300_000_000

    assert watch.slept == []


def test_a_pause_is_not_made_up_for() -> None:
    watch = Watch()
    pace = Pace(4, now=watch.now, sleep=watch.sleep)
    pace.wait()
    watch.time += 60_000_000_000

    for _ in range(3):
        pace.wait()

    assert watch.slept == [0.25] * 2


def test_without_a_limit_nobody_waits() -> None:
    watch = Watch()
    pace = Pace(None, now=watch.now, sleep=watch.sleep)

    for _ in range(3):
        pace.wait()

    assert watch.slept == []
