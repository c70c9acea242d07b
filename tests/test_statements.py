"""No statement is put together of texts: they come from files, or from psycopg's composition."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("schema", "assets", "reports", "pipelines")
MODULES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
TAKES_A_STATEMENT = {"execute", "executemany", "copy", "mogrify", "sql", "query", "read_sql"}
# What makes a Composed of a SQL, or is one; each escapes what it is given.
COMPOSES = {"SQL", "load_sql", "Identifier", "Literal", "Placeholder", "Composed"}
# Where a text becomes a statement as it is, and why that is safe.
TRUSTED = {
    "schema/sql.py": "our own files",
    "schema/migrate.py": "our own files, whose digests are kept",
    "assets/resources/cold_proof.py": "constants of the module, for PostgreSQL and DuckDB alike",
    "assets/resources/engagement_everywhere.py": "a view of DuckDB takes no parameters: paths, "
    "quoted",
    "assets/lifecycle/dump_drill.py": "lines of a backup, into a server of the drill's own",
}


def statements_of(tree: ast.AST) -> Iterator[ast.expr]:
    """First arguments of calls that send a statement, and all of SQL()."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and node.args and isinstance(node.func, ast.Attribute):
            if node.func.attr in TAKES_A_STATEMENT:
                yield node.args[0]
            elif node.func.attr == "SQL":
                yield node.args[0]


def values_of(name: str, tree: ast.AST) -> list[ast.expr]:
    """All that a name is given in a module."""
    found: list[ast.expr] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign):
            for target in node.targets:
                if isinstance(target, ast.Name) and target.id == name:
                    found.append(node.value)
        elif isinstance(node, ast.AnnAssign | ast.NamedExpr) and node.value is not None:
            if isinstance(node.target, ast.Name) and node.target.id == name:
                found.append(node.value)
        elif isinstance(node, ast.AugAssign) and getattr(node.target, "id", "") == name:
            found.append(ast.BinOp(ast.Constant("text"), node.op, node.value))
    return found


def is_text_work(node: ast.expr, tree: ast.AST, seen: frozenset[str] = frozenset()) -> bool:
    """Whether a statement is made by putting texts together."""
    match node:
        case ast.JoinedStr(values=values):
            return any(isinstance(part, ast.FormattedValue) for part in values)
        case ast.BinOp():
            return any(is_text_work(side, tree, seen) for side in (node.left, node.right)) or (
                not composes(node, tree, seen)
            )
        case ast.Call(func=ast.Attribute(attr="format" | "join" | "replace", value=value)):
            return not composes(value, tree, seen)
        case ast.Call(func=ast.Attribute(attr="encode" | "as_string", value=value)):
            return is_text_work(value, tree, seen)
        case ast.Call(func=ast.Attribute(attr="SQL")):
            return is_text_work(node.args[0], tree, seen)
        case ast.NamedExpr(value=value):
            return is_text_work(value, tree, seen)
        case ast.IfExp():
            return any(is_text_work(part, tree, seen) for part in (node.body, node.orelse))
        case ast.Name(id=name) if name not in seen:
            return any(is_text_work(v, tree, seen | {name}) for v in values_of(name, tree))
    return False


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
            values = values_of(name, tree)
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
