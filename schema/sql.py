"""The only road from a `.sql` file to a server."""

from functools import cache
from importlib import resources

from psycopg import sql


@cache
def load_sql(package: str, name: str) -> sql.SQL:
    """Read `sql/<name>.sql` of a package: our own files are the only source of statements.

    Without the semicolon at its end, which could not stand in a statement that wraps this one.
    """
    text = (resources.files(package) / "sql" / f"{name}.sql").read_text(encoding="utf-8")
    return sql.SQL(text.rstrip().removesuffix(";"))
