"""The page of promises names tests that exist, and promises nothing without one."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "reference" / "promises.md"
NAMED = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)`")
WITHOUT_PROOF = "Not proven"
CASES_OF_THE_README = 20


def rows() -> list[tuple[str, str]]:
    """Section and line of every row of a table, but for the headings."""
    section, found = "", []
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        if line.startswith("## "):
            section = line.removeprefix("## ")
        elif line.startswith("| ") and not line.startswith("| case |"):
            found.append((section, line))
    return found


PROMISES = [line for section, line in rows() if section != WITHOUT_PROOF]


@cache
def names_in(path: str) -> frozenset[str]:
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    return frozenset(node.name for node in tree.body if isinstance(node, ast.FunctionDef))


@pytest.mark.parametrize("promise", PROMISES, ids=lambda line: line.split(" | ")[0][2:])
def test_a_promise_has_tests_and_all_of_them_exist(promise: str) -> None:
    case, how, promised, proof = promise.strip("| ").split(" | ")
    named = NAMED.findall(proof)

    assert all((case, how, promised))
    assert named
    assert proof.count("::") == len(named)
    assert [(path, test) for path, test in named if test not in names_in(path)] == []


def test_every_group_of_cases_has_rows_and_no_case_is_there_twice() -> None:
    sections = [section for section, _ in rows()]
    cases = [line.split(" | ")[0] for _, line in rows()]

    assert len(set(sections)) == 7
    assert sections.count("What the README promises") >= CASES_OF_THE_README
    assert len(cases) == len(set(cases))


def test_what_is_not_proven_gives_its_reason() -> None:
    unproven = [line for section, line in rows() if section == WITHOUT_PROOF]

    assert unproven
    assert all(len(line.strip("| ").split(" | ")) == 3 for line in unproven)
