"""Dagster's SQLite storage, with the events of a range of days in one transaction.

Event by event it opens, commits and closes two databases; a day has some fifty of them, which took
longer than the numbers of a small platform.
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
from sqlalchemy.engine import Connection


class BatchedEvents(SqliteEventLogStorage):
    """Stores what Dagster hands over as a batch at once, and everything else as before."""

    def __init__(self, base_dir: str) -> None:
        """Open the storage in a folder, where Dagster's own would open it."""
        super().__init__(base_dir)
        # A batch is at both databases; other threads wait for it.
        self._db_lock = threading.RLock()  # type: ignore[assignment]
        self._batch: ExitStack | None = None
        self._opened: dict[str, Connection] = {}

    def store_event_batch(self, events: Sequence[dg.EventLogEntry]) -> None:
        """Store all events, or none of them."""
        with self._db_lock, ExitStack() as batch:
            self._batch = batch
            try:
                super().store_event_batch(events)
            finally:
                self._batch = None
                self._opened.clear()

    @contextmanager
    def _connect(self, shard: str) -> Iterator[Connection]:
        with self._db_lock:
            if self._batch is None:
                with super()._connect(shard) as connection:
                    yield connection
                return
            if shard not in self._opened:
                self._opened[shard] = self._batch.enter_context(super()._connect(shard))
            yield self._opened[shard]


def store_in_batches(instance: dg.DagsterInstance) -> None:
    """Let an instance store batches at once where its storage is SQLite."""
    events = instance.event_log_storage
    if isinstance(events, SqliteEventLogStorage):
        batched = BatchedEvents(str(Path(events.path_for_shard(INDEX_SHARD_NAME)).parent))
        batched.register_instance(instance)
        # The settings of an instance name a class only together with a folder, which we do not fix.
        instance._event_storage = batched  # noqa: SLF001
