"""Arrays of texts as PostgreSQL writes them, in COPY for one: `{travel,"a,b",NULL}`."""

import polars as pl

SPACE = r"[ \t\n\v\f\r]"
ESCAPED = r"\\."
PLAIN = rf'(?:[^ \t\n\v\f\r,{{}}"\\]|{ESCAPED})+'
ITEM = rf'(?s)"(?:[^"\\]|{ESCAPED})*"|{PLAIN}(?:{SPACE}+{PLAIN})*'
"""Quoted, or words of which only the spaces between them count."""
# With each item put out of sight, what is left tells whether they stand as they should.
OUTLINE = rf"^\{{{SPACE}*(?:x{SPACE}*(?:,{SPACE}*x{SPACE}*)*)?\}}$"
# Written where the first item is not the first of all; they say nothing of the items.
BOUNDS = r"^\[-?\d+:-?\d+\]="


def items_of(texts: pl.Expr) -> pl.Expr:
    """Read arrays of one dimension by PostgreSQL's rules; null where a text is none."""
    array = texts.str.replace(BOUNDS, "")
    is_array = array.str.replace_all(ITEM, "x").str.contains(OUTLINE)
    item = pl.element()
    unquoted = item.str.replace(r'(?s)^"(.*)"$', "${1}")
    bare = unquoted.str.replace_all(r"(?s)\\(.)", "${1}")
    value = pl.when(item.str.to_lowercase() != "null").then(bare)
    return pl.when(is_array).then(array.str.extract_all(ITEM).list.eval(value))
