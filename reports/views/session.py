"""DuckDB as analysts get it: the views, and nothing else that could be read, written or loaded."""

import json
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa

from assets.resources.file_lists import literal
from reports.views.view import View
from schema.errors import CorruptPartitionError, UsageError

BATCH_ROWS = 65_536
MEMORY = "2GB"
SPILL = "20GB"
HINTS = ("Candidate bindings", "Did you mean")
# Around a query DuckDB refuses everything that writes, in whatever disguise: as a statement it may
# not stand there, and as part of WITH only at the top.
AROUND = "SELECT {columns} FROM (\n{query}\n) AS answer"


@dataclass(frozen=True, slots=True)
class Query:
    """A query that was understood: its text, and the names and types of its columns."""

    text: str
    columns: tuple[tuple[str, str], ...]

    def selecting(self, columns: str) -> str:
        """A query over its result."""
        return AROUND.format(columns=columns, query=self.text)


@dataclass(frozen=True, slots=True)
class Session:
    """A connection that only reads. Each query sees what is published when it starts."""

    views: Sequence[View]
    connection: duckdb.DuckDBPyConnection

    def understand(self, text: str) -> Query:
        """Bind a query to the views that it names.

        Raises:
            UsageError: it is not one query, or names something that is not there.
            CorruptPartitionError: a published file is missing or changed.
        """
        statement = text.strip().rstrip(";")
        self._require_query(statement)
        named = [view for view in self.views if view.is_named_in(statement)] or self.views
        for view in named:
            self.connection.execute(view.create())
        described = self._describe(AROUND.format(columns="*", query=statement), statement)
        return Query(statement, tuple((name, kind) for name, kind, *_ in described))

    def answer(self, query: Query, columns: str = "*") -> Iterator[pa.Table]:
        """The rows, some at a time; the first table has none, and the shape of the others.

        Raises:
            UsageError: a value does not fit, or the answer needs more memory than there is.
            CorruptPartitionError: a file is gone: the day is being published anew.
        """
        statement = query.selecting(columns)
        with _refused(statement, query.text):
            reader = self.connection.sql(statement).to_arrow_reader(BATCH_ROWS)
            yield reader.schema.empty_table()
            for batch in reader:
                yield pa.Table.from_batches([batch])

    def explain(self, text: str) -> str:
        """How DuckDB would answer a query, as it says itself."""
        query = self.understand(text)
        [(_, plan)] = self.connection.execute("EXPLAIN " + query.selecting("*")).fetchall()
        return str(plan)

    def _require_query(self, text: str) -> None:
        with _refused(text, text):
            found = self.connection.extract_statements(text)
        if [statement.type for statement in found] != [duckdb.StatementType.SELECT]:
            raise UsageError("one query can be asked at a time, such as SELECT * FROM days LIMIT 5")

    def _describe(self, statement: str, text: str) -> list[tuple[str, ...]]:
        with _refused(statement, text):
            return self.connection.execute(f"DESCRIBE {statement}").fetchall()


@contextmanager
def open_session(
    views: Sequence[View], readable: Sequence[Path], scratch: Path
) -> Iterator[Session]:
    """Open DuckDB on the folders that hold published files; what spills goes below `scratch`."""
    scratch.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory(prefix="sql-", dir=scratch) as spill,
        duckdb.connect() as connection,
    ):
        for setting, value in _limits(readable, spill).items():
            connection.execute(f"SET {setting} = {value}")
        yield Session(views, connection)


def _limits(readable: Sequence[Path], spill: str) -> dict[str, str]:
    """Settings in their order: the last two cannot be taken back."""
    folders = ", ".join(literal(f"{folder}/") for folder in readable)
    return {
        "TimeZone": "'UTC'",
        "errors_as_json": "true",
        "memory_limit": literal(MEMORY),
        "temp_directory": literal(spill),
        "max_temp_directory_size": literal(SPILL),
        "python_enable_replacements": "false",
        "autoinstall_known_extensions": "false",
        "autoload_known_extensions": "false",
        "allow_community_extensions": "false",
        "allowed_directories": f"[{folders}]",
        "enable_external_access": "false",
        "lock_configuration": "true",
    }


@contextmanager
def _refused(statement: str, text: str) -> Iterator[None]:
    """Turn what DuckDB says of a statement into a sentence about the text that was asked."""
    try:
        yield
    except duckdb.IOException as error:
        raise CorruptPartitionError(
            f"{_message(error)[0]}: ask again if the day is being published just now; otherwise "
            "run the day again"
        ) from error
    except duckdb.Error as error:
        raise _refusal(error, statement, text) from error


def _refusal(error: duckdb.Error, statement: str, text: str) -> UsageError:
    """What DuckDB says, with the place in the text that it was asked."""
    message, position = _message(error)
    if "must be at the top level" in message:
        return UsageError("nothing can be written here: ask a query that only reads")
    if isinstance(error, duckdb.OutOfMemoryException):
        return UsageError(f"the answer needs more than {MEMORY} of memory: ask for fewer days")
    first, *more = message.splitlines()
    said = " ".join([first, *(line for line in more if line.startswith(HINTS))])
    shift = len(statement.partition(text)[0])
    if position is None or not 0 <= position - shift <= len(text.encode()):
        return UsageError(said)
    before = text.encode()[: position - shift].decode(errors="ignore").split("\n")
    return UsageError(f"line {len(before)}, column {len(before[-1]) + 1}: {said}")


def _message(error: duckdb.Error) -> tuple[str, int | None]:
    """The message, and the position in bytes."""
    _, _, text = str(error).partition(": ")
    try:
        facts = json.loads(text)
    except ValueError:
        return str(error), None
    position = facts.get("position")
    return facts["exception_message"], int(position) if position is not None else None
