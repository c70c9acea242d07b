"""What could be wrong in a module: each single small change of its code, and some drawn of them.

Changes are cosmic-ray's, but for two kinds: those that only make nonsense (a `+` that becomes `>>`
fails everywhere and tells nothing) or change nothing that is computed are left out, and leaving a
statement out is our own.
"""

import ast
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import mutate_code
from cosmic_ray.operators.operator import Operator
from cosmic_ray.operators.provider import OperatorProvider
from parso.python.tree import Keyword

# The other side of a border and the opposite, not every other sign.
COMPARISONS = (
    *("Eq_NotEq", "NotEq_Eq", "Is_IsNot", "IsNot_Is"),
    *("Lt_LtE", "Lt_GtE", "LtE_Lt", "LtE_Gt", "Gt_GtE", "Gt_LtE", "GtE_Gt", "GtE_Lt"),
)
ARITHMETIC = (
    *("Add_Sub", "Sub_Add", "Mul_Div", "Div_Mul", "FloorDiv_Mul", "Mod_FloorDiv"),
    *("BitOr_BitAnd", "BitAnd_BitOr"),
)
OTHERS = (
    *("AddNot", "ReplaceTrueWithFalse", "ReplaceFalseWithTrue"),
    *("ReplaceAndWithOr", "ReplaceOrWithAnd", "ReplaceUnaryOperator_Delete_Not"),
    *("ReplaceUnaryOperator_USub_UAdd", "ReplaceUnaryOperator_Delete_Invert"),
    *("ReplaceBreakWithContinue", "ReplaceContinueWithBreak", "ExceptionReplacer"),
    *("NumberReplacer", "RemoveDecorator", "ZeroIterationForLoop"),
)
Span = tuple[tuple[int, int], tuple[int, int]]


class LeaveOutCall(Operator):  # type: ignore[misc]  # cosmic-ray has no types
    """A call whose result nobody uses is not made: a lock, an fsync, a rename, a refusal."""

    def mutation_positions(self, node: Any) -> Iterator[Span]:
        """Statements that are a call and nothing else."""
        if node.type == "simple_stmt" and node.children[0].type == "atom_expr":
            yield (node.start_pos, node.children[0].end_pos)

    def mutate(self, node: Any, _index: int) -> Any:
        """Let the statement be `pass`."""
        call = node.children[0]
        node.children[0] = Keyword("pass", call.start_pos, call.get_first_leaf().prefix)
        return node

    @classmethod
    def examples(cls) -> tuple[()]:
        """None: cosmic-ray's own tests are not ours."""
        return ()


@dataclass(frozen=True, slots=True)
class Mutant:
    """A module with one change in it: the lines that differ, and the whole text."""

    module: str
    line: int
    before: str
    after: str
    text: str


@dataclass(frozen=True, slots=True)
class Draw:
    """Some mutants of a module, and how many there are."""

    possible: int
    mutants: Sequence[Mutant]


def operators() -> dict[str, Operator]:
    """Every kind of change by its name."""
    known = OperatorProvider()
    names = [
        *(f"ReplaceComparisonOperator_{name}" for name in COMPARISONS),
        *(f"ReplaceBinaryOperator_{name}" for name in ARITHMETIC),
        *OTHERS,
    ]
    return {**{name: known[name]() for name in names}, "LeaveOutCall": LeaveOutCall()}


def places(text: str) -> list[tuple[str, int]]:
    """Every change that the text has room for, as operator and occurrence, in a fixed order."""
    nodes = list(ast_nodes(get_ast(text)))
    harmless = [*annotations(text), *slots(text), *markers(nodes)]
    found = []
    for name, operator in operators().items():
        positions = [where for node in nodes for where in operator.mutation_positions(node)]
        found += [(name, nth) for nth, where in enumerate(positions) if not within(where, harmless)]
    return found


def drawn(module: str, text: str, most: int, seed: int) -> Draw:
    """At most so many mutants of a module, the same for the same text and seed."""
    everything = places(text)
    some = random.Random(f"{seed} {module}").sample(everything, min(most, len(everything)))
    known = operators()
    changed = [mutate_code(text, known[name], occurrence) for name, occurrence in some]
    return Draw(len(everything), [mutant_of(module, text, mutated) for mutated in changed])


def mutant_of(module: str, text: str, mutated: str) -> Mutant:
    """The lines in which the two texts differ."""
    old, new = text.splitlines(), mutated.splitlines()
    first = next(nth for nth, line in enumerate(old) if new[nth : nth + 1] != [line])
    # Behind the change the lines are the same again: count them from the end.
    same = 0
    while same < min(len(old), len(new)) - first and old[-1 - same] == new[-1 - same]:
        same += 1
    before, after = (lines[first : len(lines) - same] for lines in (old, new))
    return Mutant(module, first + 1, one_line(before), one_line(after), mutated)


def one_line(lines: Sequence[str]) -> str:
    """Lines as one, with single spaces."""
    return " ".join(" ".join(lines).split())


def annotations(text: str) -> Iterator[Span]:
    """Where the text only tells types."""
    for node in ast.walk(ast.parse(text)):
        hint = getattr(node, "returns", None) or getattr(node, "annotation", None)
        if isinstance(hint, ast.expr):
            yield span_of(hint)


def slots(text: str) -> Iterator[Span]:
    """Where the text only tells how much memory an object takes."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.keyword) and node.arg == "slots":
            yield span_of(node.value)


def markers(nodes: Sequence[Any]) -> Iterator[Span]:
    """A `*` or `/` among parameters, which only tells how a function may be called."""
    for node in nodes:
        if node.type == "operator" and node.parent.type == "parameters":
            yield (node.start_pos, node.end_pos)


def span_of(node: ast.expr) -> Span:
    """Where an expression begins and ends."""
    return (
        (node.lineno, node.col_offset),
        (node.end_lineno or node.lineno, node.end_col_offset or node.col_offset),
    )


def within(where: Span, spans: Sequence[Span]) -> bool:
    """Whether a place lies in one of the spans."""
    return any(start <= where[0] and where[1] <= end for start, end in spans)
