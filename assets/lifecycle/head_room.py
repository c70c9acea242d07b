"""Whether the months of `user_engagement` reach far enough ahead, and what to do when not."""

from dataclasses import dataclass
from enum import StrEnum

from assets.lifecycle.month_partitions import HeadRoom

COMFORTABLE_MONTHS = 3
LEAST_MONTHS = 1
NOTHING = "nothing"


class Alarm(StrEnum):
    """How urgent it is."""

    NONE = "none"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a person is told about the head-room."""

    alarm: Alarm
    summary: str
    what_next: str


def judge_head_room(room: HeadRoom) -> Verdict:
    """Warn well before the months run out, and of rows that wait for theirs."""
    advice = []
    if room.months_ahead < COMFORTABLE_MONTHS:
        advice.append(
            "Run `sociallive partitions` (or materialize engagement_partitions) now, and see why "
            "its daily run did not: without a month, rows go into the default partition, and "
            "making the month afterwards locks them."
        )
    if room.waiting_rows:
        advice.append(
            f"{room.waiting_rows:,} rows lie in the default partition although a month could take "
            "them: `sociallive partitions` makes their months; rows of months that were archived "
            "before go with the next `sociallive archive`."
        )
    summary = (
        f"{room.months_ahead} whole months ahead; {room.waiting_rows:,} rows wait for a month, "
        f"{room.out_of_range_rows:,} are out of every range"
    )
    return Verdict(_alarm(room), summary, "\n".join(advice) or NOTHING)


def _alarm(room: HeadRoom) -> Alarm:
    if room.months_ahead < LEAST_MONTHS:
        return Alarm.ERROR
    if room.months_ahead < COMFORTABLE_MONTHS or room.waiting_rows:
        return Alarm.WARNING
    return Alarm.NONE
