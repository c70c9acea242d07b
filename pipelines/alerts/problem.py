"""A problem: what is wrong now, in one line and one sentence."""

from collections.abc import Iterable
from dataclasses import dataclass

from pipelines.alerts.kinds import Kind, Severity

KINDS = list(Kind)


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that is wrong as long as it is found.

    `key` tells it from others while it lasts; `sentence` may quote errors and data: it is hostile
    wherever it is shown. `path` leads to it in the Dagster UI.
    """

    key: str
    kind: Kind
    severity: Severity
    subject: str
    sentence: str
    path: str = "/"


@dataclass(frozen=True, slots=True)
class Findings:
    """What a look around has found.

    `looked_for`: kinds that it could see. `undecided`: keys of which nothing can be said yet.
    `forgotten`: keys of problems that are too old to be looked for, and were not mended.
    """

    problems: tuple[Problem, ...]
    looked_for: frozenset[Kind]
    undecided: frozenset[str] = frozenset()
    forgotten: frozenset[str] = frozenset()


def gravest_first(problems: Iterable[Problem]) -> list[Problem]:
    """Errors before warnings, and causes before what follows from them."""
    return sorted(
        problems,
        key=lambda problem: (
            problem.severity is Severity.WARNING,
            KINDS.index(problem.kind),
            problem.key,
        ),
    )
