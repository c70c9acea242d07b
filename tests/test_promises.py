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
FAULTS = "Faults on real processes"
FAULT = "pytest.mark.fault"


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
def statements_in(path: str) -> list[ast.stmt]:
    return ast.parse((ROOT / path).read_text(encoding="utf-8")).body


def functions_in(path: str) -> dict[str, list[ast.expr]]:
    """Tests of a file, each with what decorates it."""
    functions = [node for node in statements_in(path) if isinstance(node, ast.FunctionDef)]
    return {node.name: node.decorator_list for node in functions if node.name.startswith("test_")}


def is_marked_as_fault(path: str, test: str) -> bool:
    """Whether `make test-faults` runs it: it is marked itself, or its file is."""
    of_file = [node for node in statements_in(path) if isinstance(node, ast.Assign)]
    marks = [node.value for node in of_file if ast.unparse(node.targets[0]) == "pytestmark"]
    return any(FAULT in ast.unparse(mark) for mark in [*marks, *functions_in(path)[test]])


@pytest.mark.parametrize("promise", PROMISES, ids=lambda line: line.split(" | ")[0][2:])
def test_a_promise_has_tests_and_all_of_them_exist(promise: str) -> None:
    case, how, promised, proof = promise.strip("| ").split(" | ")
    named = NAMED.findall(proof)

    assert all((case, how, promised))
    assert named
    assert proof.count("::") == len(named)
    assert [(path, test) for path, test in named if test not in functions_in(path)] == []


def test_the_command_that_runs_faults_runs_all_that_are_named_here_and_their_folder() -> None:
    named = [test for section, line in rows() if section == FAULTS for test in NAMED.findall(line)]
    folder = [str(file.relative_to(ROOT)) for file in (ROOT / "tests/faults").glob("test_*.py")]
    faults = {*named, *((path, test) for path in folder for test in functions_in(path))}

    assert {fault for fault in faults if not is_marked_as_fault(*fault)} == set()


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
