"""Puts single small mistakes into modules and counts how many of them their own tests find.

python -m tests.mutation [--each N] [--seed N] [--only MODULE …]

modules.toml says which modules and which tests are theirs; of each, so many mistakes are drawn at
random, the same for the same seed. equivalent.toml lists mistakes that are none, with the reason;
they are not counted. Survivors are printed as they are found, then the score of each module and of
all. Ends with 1 when the score is below the one that is promised.
"""

import argparse
import sys
import tempfile
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from tests.mutation.mutants import Draw, Mutant, drawn
from tests.mutation.trying import (
    ROOT,
    Job,
    Trial,
    copy_tree,
    limit_of,
    load_libraries,
    try_out,
)
from tests.soak.telling import tell, tell_row

HERE = Path(__file__).parent
EACH, SEED = 6, 1
LEAST_SCORE = 0.85
FIRST_LIMIT_S = 600


class Outcome(NamedTuple):
    """Of one module: how many mutants there are, and what became of those that were drawn."""

    module: str
    possible: int
    equivalent: int
    tried: int
    found: int

    @property
    def score(self) -> float:
        """Share of those tried that a test found; 1 where none was."""
        return self.found / self.tried if self.tried else 1.0


def main() -> None:
    """Try the mutants, print what survives and the scores."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--each", type=int, default=EACH)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--only", action="append", default=[])
    given = parser.parse_args()
    modules = listed_modules()
    load_libraries()
    with tempfile.TemporaryDirectory(prefix="mutation-") as folder:
        # The embedded database drops to an unprivileged user, who has to be able to enter.
        Path(folder).chmod(0o755)
        tree = copy_tree(Path(folder))
        outcomes = [
            outcome_of(
                name, modules[name], tree, drawn(name, text_of(name), given.each, given.seed)
            )
            for name in given.only or modules
        ]
    sys.exit(print_scores(outcomes) < LEAST_SCORE)


def outcome_of(name: str, tests: Sequence[str], tree: Path, draw: Draw) -> Outcome:
    """Try the mutants of a module; its tests have to pass without one."""
    own = try_out(Job(name, None, tests, FIRST_LIMIT_S), tree)
    if not own.survived:
        sys.exit(f"{name}: its tests fail as it is, so they tell nothing:\n{own.said}")
    equivalent = listed_equivalents()
    tried = [mutant for mutant in draw.mutants if key_of(mutant) not in equivalent]
    limit = limit_of(own)
    trials = [told(try_out(Job(name, mutant, tests, limit), tree)) for mutant in tried]
    found = sum(not trial.survived for trial in trials)
    return Outcome(name, draw.possible, len(draw.mutants) - len(tried), len(trials), found)


def text_of(module: str) -> str:
    """The code of a module."""
    return (ROOT / module).read_text(encoding="utf-8")


def listed_modules() -> Mapping[str, Sequence[str]]:
    """Each module and its tests; where none are named, the file that mirrors it."""
    listed = tomllib.loads((HERE / "modules.toml").read_text(encoding="utf-8"))
    return {name: tests or [mirror_of(name)] for name, tests in listed["modules"].items()}


def mirror_of(module: str) -> str:
    """The test file of a module: assets/partitions.py has tests/assets/test_partitions.py."""
    path = Path(module)
    return str(Path("tests") / path.parent / f"test_{path.name}")


def listed_equivalents() -> set[tuple[str, str, str]]:
    """Mutants that behave like the original, by module and the lines that differ."""
    listed = tomllib.loads((HERE / "equivalent.toml").read_text(encoding="utf-8"))
    return {(one["module"], one["before"], one["after"]) for one in listed.get("mutant", [])}


def key_of(mutant: Mutant) -> tuple[str, str, str]:
    """What a mutant is listed by: lines move, what they say stays."""
    return mutant.module, mutant.before, mutant.after


def told(trial: Trial) -> Trial:
    """Print a mutant and which test noticed it."""
    mutant = trial.mutant
    if mutant is not None:
        tell(f"{mutant.module}:{mutant.line}\n  - {mutant.before}\n  + {mutant.after}")
        tell("  SURVIVED" if trial.survived else f"  {trial.found_by}")
    return trial


def print_scores(outcomes: Sequence[Outcome]) -> float:
    """Print a line per module and one for all; the share of mutants that was found."""
    whole = Outcome(
        "all",
        *(sum(column) for column in zip(*(outcome[1:] for outcome in outcomes), strict=True)),
    )
    tell_row("module", "possible", "equivalent", "tried", "found", "score")
    for one in [*outcomes, whole]:
        tell_row(*one, f"{one.score:.1%}")
    return whole.score


if __name__ == "__main__":
    main()
