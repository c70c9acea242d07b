"""Dagster's SQLite storage, with the events of a range of days in one transaction.

Event by event it opens, commits and closes two databases; a day has some fifty of them, which took
longer than the numbers of a small platform. Each time, it also makes an engine of its own, which
compiles statements that the one before had compiled. Here, databases stay open until the storage
is closed.
"""

import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import dagster as dg
from dagster._core.storage.event_log.sqlite.sqlite_event_log import (
    INDEX_SHARD_NAME,
    SqliteEventLogStorage,
)
from dagster._core.storage.sqlite import SQLITE_BUSY_TIMEOUT_SECONDS
from sqlalchemy import create_engine
from sqlalchemy.engine import Connection, Engine

# A run writes to its own database and to the one of all runs; a search reads those of many runs.
MOST_ENGINES = 4


class BatchedEvents(SqliteEventLogStorage):
    """Stores what Dagster hands over as a batch at once, and everything else as before."""

    def __init__(self, base_dir: str) -> None:
        """Open the storage in a folder, where Dagster's own would open it."""
        super().__init__(base_dir)
        # A batch is at both databases; other threads wait for it.
        self._db_lock = threading.RLock()  # type: ignore[assignment]
        self._batch: ExitStack | None = None
        self._opened: dict[str, Connection] = {}
        self._engines: dict[str, Engine] = {}

    def store_event_batch(self, events: Sequence[dg.EventLogEntry]) -> None:
        """Store all events, or none of them."""
        with self._db_lock, ExitStack() as batch:
            self._batch = batch
            try:
                super().store_event_batch(list(_apart(events)))
            finally:
                self._batch = None
                self._opened.clear()

    def has_table(self, table_name: str) -> bool:
        """Whether the database of all runs has a table; asked with every check and every asset."""
        with self._connect(INDEX_SHARD_NAME) as connection:
            return bool(connection.dialect.has_table(connection, table_name))

    def dispose(self) -> None:
        """Close the databases."""
        with self._db_lock:
            while self._engines:
                self._engines.popitem()[1].dispose()
        super().dispose()

    @contextmanager
    def _connect(self, shard: str) -> Iterator[Connection]:
        with self._db_lock:
            if self._batch is None:
                with self._engine_of(shard).begin() as connection:
                    yield connection
                return
            if shard not in self._opened:
                self._opened[shard] = self._batch.enter_context(self._engine_of(shard).begin())
            yield self._opened[shard]

    def _engine_of(self, shard: str) -> Engine:
        if shard not in self._engines:
            if len(self._engines) == MOST_ENGINES:
                self._engines.pop(next(iter(self._engines))).dispose()
            self._engines[shard] = self._new_engine(shard)
        return self._engines[shard]

    def _new_engine(self, shard: str) -> Engine:
        """An engine as Dagster's own, but for a connection that it keeps between transactions."""
        with super()._connect(shard):
            pass  # Dagster makes the tables of a new database.
        return create_engine(
            self.conn_string_for_shard(shard),
            connect_args={"timeout": SQLITE_BUSY_TIMEOUT_SECONDS},
        )


def _apart(events: Sequence[dg.EventLogEntry]) -> Iterator[dg.EventLogEntry]:
    """The events with times of their own: the UI shows one per asset, run and millisecond."""
    last: dict[dg.AssetKey | None, int] = {}
    for event in events:
        asset = event.dagster_event.asset_key if event.dagster_event else None
        own = int(event.timestamp * 1000)
        last[asset] = max(own, last.get(asset, 0) + 1)
        yield event if last[asset] == own else event._replace(timestamp=(last[asset] + 0.5) / 1000)


def store_in_batches(instance: dg.DagsterInstance) -> None:
    """Let an instance store batches at once where its storage is SQLite."""
    events = instance.event_log_storage
    if isinstance(events, SqliteEventLogStorage):
        batched = BatchedEvents(str(Path(events.path_for_shard(INDEX_SHARD_NAME)).parent))
        batched.register_instance(instance)
        # The settings of an instance name a class only together with a folder, which we do not fix.
        instance._event_storage = batched  # noqa: SLF001
