"""No statement is put together of texts: they come from files, or from psycopg's composition."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("schema", "assets", "reports", "pipelines")
MODULES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
TAKES_A_STATEMENT = {"execute", "executemany", "copy", "mogrify", "sql", "query", "SQL"}
# What makes a Composed of a SQL, or is one; each escapes what it is given.
COMPOSES = {"SQL", "load_sql", "Identifier", "Literal", "Placeholder", "Composed"}
# Where a text becomes a statement as it is, and why that is safe.
TRUSTED = {
    "schema/sql.py": "our own files",
    "schema/migrate.py": "our own files, whose digests are kept",
    "assets/resources/cold_proof.py": "constants of the module, for PostgreSQL and DuckDB alike",
    "assets/resources/engagement_everywhere.py": "a view of DuckDB takes no parameters: paths, "
    "quoted",
    "reports/views/session.py": "an analyst's own query, inside a SELECT of a locked DuckDB; "
    "settings of ours",
    "assets/lifecycle/dump_drill.py": "lines of a backup, into a server of the drill's own",
}


def statements_of(tree: ast.AST) -> Iterator[ast.expr]:
    """First arguments of calls that send a statement, and all of SQL()."""
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Attribute(attr=name), args=[first, *_]):
                if name in TAKES_A_STATEMENT:
                    yield first


def values_of(name: str, tree: ast.AST) -> Iterator[ast.expr]:
    """All that a name is given in a module."""
    for node in ast.walk(tree):
        match node:
            case ast.Assign(targets=[ast.Name(id=given)], value=value) if given == name:
                yield value
            case ast.AnnAssign(target=ast.Name(id=given), value=ast.expr() as value):
                if given == name:
                    yield value
            case ast.NamedExpr(target=ast.Name(id=given), value=value) if given == name:
                yield value
            case ast.AugAssign(target=ast.Name(id=given), value=value) if given == name:
                yield ast.BinOp(ast.Constant("text"), node.op, value)


def is_text_work(node: ast.expr, tree: ast.AST, seen: frozenset[str] = frozenset()) -> bool:
    """Whether a statement is made by putting texts together."""
    if composes(node, tree, frozenset()):
        return False
    match node:
        case ast.JoinedStr(values=values):
            return any(isinstance(part, ast.FormattedValue) for part in values)
        case ast.BinOp() | ast.Call(func=ast.Attribute(attr="format" | "join" | "replace")):
            return True
    named = frozenset({node.id}) if isinstance(node, ast.Name) else frozenset()
    return not named & seen and any(
        is_text_work(part, tree, seen | named) for part in parts_of(node, tree)
    )


def parts_of(node: ast.expr, tree: ast.AST) -> Iterator[ast.expr]:
    """What an expression gets its value from."""
    match node:
        case ast.Call(func=ast.Attribute(attr="encode" | "as_string", value=value)):
            yield value
        case ast.NamedExpr(value=value):
            yield value
        case ast.IfExp(body=body, orelse=orelse):
            yield from (body, orelse)
        case ast.Name(id=name):
            yield from values_of(name, tree)


def composes(node: ast.expr, tree: ast.AST, seen: frozenset[str]) -> bool:
    """Whether an expression is one of psycopg's own, which escape what goes into them."""
    match node:
        case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)) if name in COMPOSES:
            return True
        case ast.Call(func=ast.Attribute(attr="format" | "join", value=value)):
            return composes(value, tree, seen)
        case ast.BinOp():
            return composes(node.left, tree, seen) and composes(node.right, tree, seen)
        case ast.Name(id=name) if name not in seen:
            values = list(values_of(name, tree))
            return bool(values) and all(composes(v, tree, seen | {name}) for v in values)
    return False


def made_of_texts(source: str) -> list[str]:
    tree = ast.parse(source)
    return [ast.unparse(node) for node in statements_of(tree) if is_text_work(node, tree)]


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_statement_is_put_together_of_texts(path: Path) -> None:
    if str(path.relative_to(ROOT)) not in TRUSTED:
        assert made_of_texts(path.read_text(encoding="utf-8")) == []


def test_every_trusted_module_is_still_there_and_gives_its_reason() -> None:
    assert all((ROOT / path).is_file() and reason for path, reason in TRUSTED.items())


@pytest.mark.parametrize(
    "unsafe",
    [
        "c.execute(f'SELECT {name}')",
        "c.execute('SELECT ' + name)",
        "c.execute('SELECT %s' % name)",
        "c.execute('SELECT {}'.format(name))",
        "c.execute(', '.join(names))",
        "c.execute(f'SELECT {name}'.encode())",
        "c.execute(sql.SQL(f'SELECT {name}'))",
        "c.execute(sql.SQL('SELECT ' + name).format())",
        "q = f'SELECT {name}'\nc.execute(q)",
        "q = 'SELECT '\nq += name\nc.execute(q)",
        "c.execute(q := f'SELECT {name}')",
        "c.copy(f'COPY {name} TO STDOUT')",
        "c.execute('a' if x else f'{name}')",
        "duckdb.sql(f'SELECT * FROM {path!r}')",
        "text = sql.SQL('SELECT {}')\nc.execute(sql.SQL(text + name))",
    ],
)
def test_what_puts_texts_together_is_seen(unsafe: str) -> None:
    assert made_of_texts(unsafe)


@pytest.mark.parametrize(
    "safe",
    [
        "c.execute('SELECT 1')",
        "c.execute('SELECT %s', [name])",
        "c.execute(load_sql(PACKAGE, f'select_{name}'))",
        "c.execute(sql.SQL('SELECT {}').format(sql.Identifier(name)))",
        "q = sql.SQL('SELECT {}')\nc.execute(q.format(sql.Identifier(name)))",
        "c.execute(sql.SQL(', ').join(names))",
        "c.execute(sql.SQL('a') + sql.SQL('b'))",
    ],
)
def test_what_psycopg_composes_is_left_alone(safe: str) -> None:
    assert made_of_texts(safe) == []
