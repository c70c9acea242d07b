"""Tables in Markdown whose cells mean what they say."""

import re
from collections.abc import Iterable, Sequence

# What Markdown or HTML would read as more than itself; inside a word an underscore is none.
SPECIAL = re.compile(r"[\\`*\[\]<>|~&]|_(?![^\W_])|(?<![^\W_])_")


def markdown_table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table of plain texts, one line a row; line breaks become spaces."""
    head, *body = [[_cell(text) for text in line] for line in (header, *rows)]
    lines = [head, ["---"] * len(head), *body]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _cell(text: str) -> str:
    return SPECIAL.sub(r"\\\g<0>", " ".join(text.split()))
