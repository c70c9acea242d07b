from assets.lifecycle.month_partitions import HeadRoom
from pipelines.cli.partitions import describe
from tests.fixtures.aged_engagement import Aged
from tests.fixtures.command import Command


def test_it_says_what_it_made_and_how_far_ahead_the_months_reach(
    aged: Aged, command_here: Command
) -> None:
    aged.add("1999-05-15")

    made = "made user_engagement_1999_05"
    ahead = "6 whole months ahead; 0 rows wait for a month, 0 are out of every range"
    assert command_here("partitions") == (0, f"{made} {ahead}")
    assert command_here("partitions") == (0, f"no month was missing {ahead}")


def test_whoever_has_something_to_do_is_told() -> None:
    lines = describe([], HeadRoom(6, 3, 0))

    assert lines[0] == "no month was missing"
    assert lines[-1].startswith("3 rows lie in the default partition")
