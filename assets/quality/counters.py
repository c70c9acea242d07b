"""Counters that the platform caches in its rows, against the facts that they count."""

from dataclasses import dataclass

from psycopg import Connection
from psycopg.rows import class_row

from assets.quality.findings import Finding
from assets.resources.postgres import Postgres, Role
from schema.sql import load_sql
from schema.vocabulary import EngagementType

CHECK = "counters"
SETTLING = "settling"
NEVER_MAINTAINED = "never maintained"
NO_SOURCE = "no source"


@dataclass(frozen=True, slots=True)
class Counter:
    """A cached counter of a table and what it counts; without a source nothing can be compared."""

    table: str
    column: str
    source: str | None
    kind: EngagementType | None = None

    @property
    def statement(self) -> str:
        """What collects the counter beside its facts; counters of events share one."""
        return "collect_event_count" if self.kind else f"collect_{self.column}"

    @property
    def name(self) -> str:
        """The column, with its table."""
        return f"{self.table}.{self.column}"


COUNTERS = (
    Counter("users", "followers_count", "user_followers"),
    Counter("users", "following_count", "user_followers"),
    Counter("users", "posts_count", "posts"),
    Counter("posts", "likes_count", "the LIKE events", EngagementType.LIKE),
    Counter("posts", "comments_count", "comments"),
    Counter("posts", "shares_count", "the SHARE events", EngagementType.SHARE),
    Counter("comments", "replies_count", "comments"),
    Counter("comments", "likes_count", None),
)


@dataclass(frozen=True, slots=True)
class Tally:
    """What a statement says of one counter; amounts are sums of absolute differences."""

    definition: str
    compared: int
    differing: int
    is_counting: bool
    facts: int
    without_counter: int
    by_definition: int
    settling: int
    unexplained: int
    examples: list[str] | None


def reconcile_counters(postgres: Postgres) -> list[Finding]:
    """Compare each counter with its facts, both read in one statement: in one state of it.

    What a counter leaves out by the platform's own definition, the one that most rows follow, is
    explained: `soft-deleted` or `archived` facts, or `COMMENT events` counted in place of comments.
    Any row that departs from it is unexplained, unless it lags behind by facts of the last minute
    (`settling`). A counter that is NULL, or 0 in every row, is `never maintained`; one whose facts
    the schema does not keep has `no source`.

    Raises:
        DatabaseUnavailableError: the platform cannot be asked.
    """
    with postgres.session(Role.READER, autocommit=True) as connection:
        return [
            describe_tally(counter, _count(connection, counter))
            if counter.source
            else Finding(CHECK, counter.name, explained={NO_SOURCE: 0})
            for counter in COUNTERS
        ]


def _count(connection: Connection, counter: Counter) -> Tally:
    with connection.transaction(), connection.cursor(row_factory=class_row(Tally)) as cursor:
        cursor.execute(load_sql(__package__, counter.statement), {"kind": counter.kind})
        tally = cursor.execute(load_sql(__package__, "judge_counted")).fetchone()
    if tally is None:
        raise AssertionError("an aggregate without GROUP BY returns one row")
    return tally


def describe_tally(counter: Counter, tally: Tally) -> Finding:
    """Make a finding of what was counted."""
    if tally.differing and not tally.is_counting:
        explained, unexplained = {NEVER_MAINTAINED: tally.facts}, 0
    else:
        classes = {
            tally.definition: tally.by_definition,
            SETTLING: tally.settling,
            NEVER_MAINTAINED: tally.without_counter,
        }
        explained = {name: amount for name, amount in classes.items() if amount}
        unexplained = tally.unexplained
    return Finding(
        check=CHECK,
        subject=counter.name,
        compared=tally.compared,
        differing=tally.differing,
        explained=explained,
        unexplained=unexplained,
        examples=tuple(tally.examples or ()) if unexplained else (),
        advice=_advice(counter) if unexplained else "",
    )


def _advice(counter: Counter) -> str:
    return (
        f"{counter.name} is not what {counter.source} says: find what writes one without the "
        "other, then let the platform recount the rows given as examples"
    )
