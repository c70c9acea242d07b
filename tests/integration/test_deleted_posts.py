"""A post that was deleted outright: alive until then, and on no day after it."""

from dataclasses import dataclass, field
from datetime import date

import polars as pl
import pytest

from assets.ranking.live_posts import live_posts
from assets.resources.day_changes import changed_days, noted_changes
from assets.resources.engine import DuckDBEngine, run
from assets.resources.postgres import Role
from schema.windows import DayRange
from tests.fixtures.intake import Intake, Source, name_of, uuid_of

WIDTH, LOOKBACK = 30, 7
DELETIONS = {
    "the post": ("DELETE FROM posts WHERE id = %s", "post"),
    "its author": ("DELETE FROM users WHERE id = %s", "creator"),
}


def on(day: int) -> date:
    return date(2024, 1, day)


def at(day: int) -> str:
    return f"{on(day)} 12:00"


@dataclass(slots=True)
class Life:
    """A post, and the states of posts that each day was read with."""

    source: Source
    intake: Intake
    states: dict[date, pl.DataFrame] = field(default_factory=dict)

    def change(self, **given: str) -> None:
        """Let the post be changed."""
        for column, value in given.items():
            statement = f"UPDATE posts SET {column} = %s WHERE id = %s"
            self.source.execute(statement, value, uuid_of("post"))

    def delete(self, statement: str, name: str, *, day: int) -> None:
        """Delete it, as if it had been deleted on that day."""
        self.source.execute(statement, uuid_of(name))
        self.source.execute("UPDATE pipeline.post_deletions SET deleted_at = %s", f"{at(day)}+00")

    def read(self, day: int) -> None:
        """Read the day, and those of the lookback that changed since they were read."""
        window = DayRange(on(day - LOOKBACK), on(day))
        with self.intake.postgres.session(Role.WRITER) as session:
            changed = changed_days(noted_changes(session, window)) & self.states.keys()
        for one in sorted({*changed, on(day)}):
            self.states[one] = self.intake.extract("post_states", str(one))
        self.source.execute("DELETE FROM pipeline.day_changes")

    def days_alive(self, first: int, last: int) -> list[int]:
        """Days at whose end the post is among the living."""
        dated = (frame.with_columns(date=pl.lit(day)) for day, frame in self.states.items())
        states = DuckDBEngine().lazy(pl.concat(dated))
        live = run(live_posts(states, days=DayRange(on(first), on(last)), width=WIDTH))
        posts = zip(live["date"], live["post_id"], strict=True)
        return sorted(day.day for day, post in posts if name_of(post) == "post")


@pytest.fixture
def life(source: Source, intake: Intake) -> Life:
    """A post of the 13th that was changed on the 15th and again on the 16th, all of them read."""
    # The platform would date these changes now.
    source.execute("ALTER TABLE posts DISABLE TRIGGER update_posts_updated_at")
    source.add("users", "creator")
    source.add("posts", "post", user_id="creator", created_at=at(13), updated_at=at(13))
    source.execute("DELETE FROM pipeline.day_changes")
    life = Life(source, intake)
    life.read(13)
    for day in (15, 16):
        life.change(updated_at=at(day))
        life.read(day)
    return life


@pytest.mark.parametrize(("statement", "name"), DELETIONS.values(), ids=DELETIONS)
def test_a_post_that_was_deleted_outright_lives_until_that_day(
    life: Life, statement: str, name: str
) -> None:
    life.delete(statement, name, day=17)

    life.read(17)
    life.read(18)

    assert life.days_alive(15, 18) == [15, 16]


def test_so_it_does_where_no_day_on_which_it_was_touched_is_looked_back_on(life: Life) -> None:
    life.delete(*DELETIONS["the post"], day=28)

    life.read(28)

    assert life.days_alive(26, 28) == [26, 27]


def test_a_soft_deletion_before_it_goes_on_counting(life: Life) -> None:
    life.change(deleted_at=at(17))
    life.read(17)
    life.delete(*DELETIONS["the post"], day=19)

    life.read(19)
    life.read(20)

    assert life.days_alive(15, 20) == [15, 16]


@pytest.mark.parametrize("is_bulk", [False, True])
def test_a_post_that_is_inserted_again_lives_on_as_if_it_had_not_been_deleted(
    life: Life, is_bulk: bool
) -> None:
    life.delete(*DELETIONS["the post"], day=17)
    life.read(17)
    life.source.execute(f"SET sociallive.noted_in_bulk = '{'on' if is_bulk else 'off'}'")

    life.source.add("posts", "post", user_id="creator", created_at=at(13), updated_at=at(13))
    if is_bulk:
        life.source.execute("SELECT pipeline.note_restored_posts()")
    life.read(18)

    assert life.days_alive(17, 18) == [17, 18]
    assert life.source.execute("SELECT * FROM pipeline.post_deletions") == []


def test_a_post_that_is_there_again_wins_over_its_deletion(life: Life) -> None:
    life.delete(*DELETIONS["the post"], day=17)
    life.source.add("posts", "post", user_id="creator", created_at=at(17), updated_at=at(17))
    life.source.execute(
        "INSERT INTO pipeline.post_deletions (post_id, user_id, created_at, deleted_at)"
        " SELECT id, user_id, created_at, %s FROM posts WHERE id = %s",
        at(17),
        uuid_of("post"),
    )

    life.read(17)

    assert life.states[on(17)]["deleted_at"].to_list() == [None]


def test_the_day_of_a_deletion_is_the_same_when_it_is_read_again(
    source: Source, intake: Intake
) -> None:
    source.execute("DELETE FROM posts")
    source.execute("UPDATE pipeline.post_deletions SET deleted_at = %s", at(17))
    (before,) = (one for one in intake.ingest(str(on(17))) if one.table == "post_states")

    (after,) = (one for one in intake.ingest(str(on(17))) if one.table == "post_states")

    assert (before.rows, before.content) == (1, after.content)
