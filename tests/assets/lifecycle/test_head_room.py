import pytest

from assets.lifecycle.head_room import NOTHING, Alarm, judge_head_room
from assets.lifecycle.month_partitions import HeadRoom


@pytest.mark.parametrize(
    ("months", "waiting", "lost", "alarm"),
    [
        (6, 0, 0, Alarm.NONE),
        (3, 0, 0, Alarm.NONE),
        (3, 0, 5, Alarm.NONE),
        (2, 0, 0, Alarm.WARNING),
        (1, 0, 0, Alarm.WARNING),
        (0, 0, 0, Alarm.ERROR),
        (0, 7, 0, Alarm.ERROR),
        (6, 1, 0, Alarm.WARNING),
    ],
)
def test_few_months_warn_none_alarms_and_rows_that_wait_warn(
    months: int, waiting: int, lost: int, alarm: Alarm
) -> None:
    assert judge_head_room(HeadRoom(months, waiting, lost)).alarm is alarm


def test_who_is_warned_is_told_what_to_do() -> None:
    few = judge_head_room(HeadRoom(2, 0, 0))
    waiting = judge_head_room(HeadRoom(6, 1234, 0))

    assert "Run `sociallive partitions`" in few.what_next
    assert "1,234 rows lie in the default partition" in waiting.what_next
    assert "sociallive archive" in waiting.what_next
    assert judge_head_room(HeadRoom(6, 0, 9)).what_next == NOTHING
    assert judge_head_room(HeadRoom(6, 0, 9)).summary.endswith("9 are out of every range")
