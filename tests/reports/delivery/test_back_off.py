from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from reports.delivery.back_off import MOST_ATTEMPTS, wait_after

FIRST_WAIT = timedelta(minutes=10)


@given(message_id=st.text(), attempts=st.integers(min_value=1, max_value=MOST_ATTEMPTS - 1))
def test_each_wait_is_twice_the_one_before_and_at_most_half_as_long_again(
    message_id: str, attempts: int
) -> None:
    wait = wait_after(attempts, message_id)

    assert wait is not None
    assert FIRST_WAIT <= wait / 2 ** (attempts - 1) <= FIRST_WAIT * 3 / 2
    assert wait_after(attempts, message_id) == wait


def test_mails_that_failed_together_are_not_tried_together() -> None:
    waits = [wait_after(1, f"<{number}@b>") for number in range(10_000)]

    assert len(set(waits[:100])) > 50
    assert {FIRST_WAIT, FIRST_WAIT * 3 / 2} <= set(waits)
    assert all(wait and FIRST_WAIT <= wait <= FIRST_WAIT * 3 / 2 for wait in waits)


def test_all_waits_together_take_about_a_day() -> None:
    waits = [wait_after(attempts, "<a@b>") for attempts in range(1, MOST_ATTEMPTS)]

    assert timedelta(hours=21) <= sum((w for w in waits if w), timedelta()) <= timedelta(hours=32)


def test_after_the_last_attempt_there_is_none() -> None:
    assert wait_after(MOST_ATTEMPTS, "<a@b>") is None
