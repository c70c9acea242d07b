"""`sociallive partitions`: the months of engagement, made ahead."""

from assets.lifecycle.engagement_definitions import PARTITIONS, partitions_metadata
from assets.lifecycle.head_room import NOTHING, judge_head_room
from assets.lifecycle.month_partitions import HeadRoom, make_months, read_head_room
from assets.resources.clock import utc_today
from pipelines.cli.console import console, say
from pipelines.history import note_materialization
from pipelines.platform import checked_platform
from pipelines.settings import read_settings


def make_partitions() -> None:
    """Make the months that are missing, and say how far ahead they reach."""
    settings = read_settings()
    platform, today = checked_platform(settings), utc_today()
    with console.status("") as status:
        made = make_months(platform, today, on_step=status.update)
    room = read_head_room(platform, today)
    note_materialization(settings, PARTITIONS, partitions_metadata(made, room))
    for line in describe(made, room):
        say(line)


def describe(made: list[str], room: HeadRoom) -> list[str]:
    """What was made, and what is ahead."""
    verdict = judge_head_room(room)
    lines = [f"made {name}" for name in made] or ["no month was missing"]
    lines.append(verdict.summary)
    return lines if verdict.what_next == NOTHING else [*lines, verdict.what_next]
