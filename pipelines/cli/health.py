"""`sociallive status`: what is wrong, for people and for whatever asks by exit code."""

from collections.abc import Callable, Iterable
from enum import IntEnum

from assets.resources.clock import utc_now
from pipelines.alerts.kinds import Kind, Severity
from pipelines.alerts.problem import Problem
from pipelines.alerts.words import LONGEST_SENTENCE
from pipelines.cli.console import say
from pipelines.outside import look_from_outside, look_inside
from pipelines.settings import read_settings
from reports.delivery.plain_line import plain_line


class Health(IntEnum):
    """Exit codes; 1 and 2 are those of every command that fails or is misused."""

    WELL = 0
    LATE_OR_FAILED = 3
    DAEMON_DEAD = 4
    DATABASE_DOWN = 5


HEALTH_OF = {Kind.DATABASE_DOWN: Health.DATABASE_DOWN, Kind.DAEMON_DEAD: Health.DAEMON_DEAD}


def probe(show_status: Callable[[], None]) -> Health:
    """Print the status, where there is a database to ask, and one sentence per problem."""
    problems = look_from_outside(read_settings(), utc_now()).problems
    if all(problem.kind is not Kind.DATABASE_DOWN for problem in problems):
        show_status()
    for problem in problems:
        say_problem(problem)
    health = health_of(problems)
    if health is Health.WELL:
        say("All is well." if not problems else "All is well, but for the warnings.")
    return health


def show_problems() -> None:
    """Print one sentence per problem, but for a dead daemon: not every installation has one."""
    for problem in look_inside(read_settings(), utc_now()):
        say_problem(problem)


def health_of(problems: Iterable[Problem]) -> Health:
    """The code of the gravest problem; warnings are none."""
    return max(
        (
            HEALTH_OF.get(problem.kind, Health.LATE_OR_FAILED)
            for problem in problems
            if problem.severity is Severity.ERROR
        ),
        default=Health.WELL,
    )


def say_problem(problem: Problem) -> None:
    """One line; what errors said is not read as markup."""
    sentence = plain_line(problem.sentence, LONGEST_SENTENCE)
    line = f"{problem.severity.upper()} {problem.kind}: {problem.subject}: {sentence}"
    say(plain_line(line, 2 * LONGEST_SENTENCE))
