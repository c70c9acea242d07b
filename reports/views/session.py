"""DuckDB as analysts get it: the views, and nothing else that could be read, written or loaded."""

import json
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import duckdb
import pyarrow as pa

from assets.resources.file_lists import literal, verbatim
from reports.views.view import View
from schema.errors import CorruptPartitionError, PipelineError, StorageError, UsageError

T = TypeVar("T")
BATCH_ROWS = 65_536
MEMORY = "2GB"
SPILL = "20GB"
UNNAMED = "a query has to name its views as they are called"
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
        statement = _without_end(text)
        self._require_query(statement)
        named = [view for view in self.views if view.is_named_in(statement)]
        # Who lists what there is finds names and types, and nobody has to look at a file for it.
        shapes = [] if named else [view.create_refusing(UNNAMED) for view in self.views]
        for create in [*(view.create() for view in named), *shapes]:
            self.connection.execute(create)
        described = self._describe(statement)
        return Query(statement, tuple((name, kind) for name, kind, *_ in described))

    def answer(self, query: Query, columns: str = "*") -> Iterator[pa.Table]:
        """The rows, some at a time; the first table has none, and the shape of the others.

        Raises:
            UsageError: a value does not fit, or the answer needs more memory than there is.
            CorruptPartitionError: a file is gone: the day is being published anew.
        """
        statement = query.selecting(columns)
        with _refused(statement, query.text):
            reader = self._waiting_for(
                lambda: self.connection.sql(statement).to_arrow_reader(BATCH_ROWS)
            )
            yield reader.schema.empty_table()
            while (batch := self._waiting_for(lambda: next(reader, None))) is not None:
                yield pa.Table.from_batches([batch])

    def explain(self, text: str) -> str:
        """How DuckDB would answer a query, as it says itself."""
        query = self.understand(text)
        [(_, plan)] = self.connection.execute("EXPLAIN " + query.selecting("*")).fetchall()
        return str(plan)

    def _waiting_for(self, work: Callable[[], T]) -> T:
        """Do the work beside this thread, which Ctrl-C reaches: it stops the query."""
        with ThreadPoolExecutor(max_workers=1) as beside:
            done = beside.submit(work)
            try:
                return done.result()
            except KeyboardInterrupt:
                self.connection.interrupt()
                raise

    def _require_query(self, text: str) -> None:
        with _refused(text, text):
            found = self.connection.extract_statements(text)
        if [statement.type for statement in found] != [duckdb.StatementType.SELECT]:
            raise UsageError(
                "one query is answered at a time, and nothing but a query, "
                "such as SELECT * FROM days LIMIT 5"
            )

    def _describe(self, text: str) -> list[tuple[str, ...]]:
        statement = "DESCRIBE " + AROUND.format(columns="*", query=text)
        with _refused(statement, text):
            return self.connection.execute(statement).fetchall()


@contextmanager
def open_session(
    views: Sequence[View], readable: Sequence[Path], scratch: Path
) -> Iterator[Session]:
    """Open DuckDB on the folders that hold published files; what spills goes below `scratch`.

    Raises:
        StorageError: nothing can be written there.
    """
    with _spill_folder(scratch) as spill, duckdb.connect() as connection:
        for setting, value in _limits(readable, spill).items():
            connection.execute(f"SET {setting} = {value}")
        yield Session(views, connection)


def _spill_folder(scratch: Path) -> tempfile.TemporaryDirectory[str]:
    try:
        scratch.mkdir(parents=True, exist_ok=True)
        return tempfile.TemporaryDirectory(prefix="sql-", dir=scratch)
    except OSError as error:
        raise StorageError(
            f"{scratch} cannot be written ({error.strerror}): mend it or set SOCIALLIVE_HOME"
        ) from error


def _limits(readable: Sequence[Path], spill: str) -> dict[str, str]:
    """Settings in their order: the last two cannot be taken back."""
    # DuckDB compares the text of a pattern with these, not the files that it finds.
    names = {name for folder in readable for name in (str(folder), verbatim(folder))}
    folders = ", ".join(literal(f"{name}/") for name in sorted(names))
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
    # What goes wrong while rows arrive comes through Arrow, as an error of input and output.
    except (duckdb.Error, OSError) as error:
        raise _refusal(str(error), statement, text) from error


def _refusal(said: str, statement: str, text: str) -> PipelineError:
    """What DuckDB says, with the place in the text that was asked."""
    kind, _, facts = said.partition(": ")
    message, position = _parse(facts)
    if kind == "IO Error":
        return CorruptPartitionError(
            f"{message}: ask again if the day is being published just now; otherwise run the day "
            "again"
        )
    if kind == "Out of Memory Error":
        return UsageError(f"the answer needs more than {MEMORY} of memory: ask for fewer days")
    if "must be at the top level" in message:
        return UsageError("nothing can be written here: ask a query that only reads")
    first, *more = message.splitlines()
    sentence = " ".join([first, *(line for line in more if line.startswith(HINTS))])
    return UsageError(f"{_place(position, statement, text)}{sentence}")


def _without_end(text: str) -> str:
    """The query without semicolons and comments behind it: it is asked in the middle of another."""
    query = text.encode(errors="replace")
    for position, kind in reversed(duckdb.tokenize(text)):
        if kind is not duckdb.token_type.comment and query[position : position + 1] != b";":
            break
        query = query[:position]
    return query.decode().strip()


def _parse(facts: str) -> tuple[str, int | None]:
    """The message, and the position in bytes."""
    try:
        error = json.loads(facts)
    except ValueError:
        return facts, None
    position = error.get("position")
    return error["exception_message"], int(position) if position is not None else None


def _place(position: int | None, statement: str, text: str) -> str:
    """Line and column of a position, where it lies in the text that was asked."""
    if position is None:
        return ""
    within = position - len(statement.partition(text)[0].encode())
    if not 0 <= within <= len(text.encode()):
        return ""
    before = text.encode()[:within].decode(errors="ignore").split("\n")
    return f"line {len(before)}, column {len(before[-1]) + 1}: "
