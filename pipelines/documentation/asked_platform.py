"""The generated platform whose answers stand in the documentation, run anew."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import dagster as dg

from assets.resources.engine import EngineName
from assets.resources.postgres import Postgres
from assets.seeding.demo import generate_platform, write_platform
from pipelines.cli.query import session_of
from pipelines.documentation.questions_page import DAYS, FIRST_DAY, SEED, USERS
from pipelines.platform import embedded_postgres
from pipelines.runs import run_daily_job
from pipelines.settings import Settings
from reports.views.session import Session
from schema.migrate import migrate


@contextmanager
def asked_platform(home: Path) -> Iterator[Session]:
    """Make it below a folder, run its days, and open its views; its database is stopped after."""
    settings = Settings(home, None, EngineName.DUCKDB, FIRST_DAY)
    server = embedded_postgres(settings)
    url = server.start()
    try:
        migrate(url)
        made = generate_platform(users=USERS, last_day=DAYS.last, days=len(DAYS), seed=SEED)
        with Postgres(url).administration() as connection:
            write_platform(connection, made, lambda _table, _rows: None)
        with dg.DagsterInstance.ephemeral() as instance:
            run_daily_job(settings, DAYS, instance=instance)
        with session_of(settings) as session:
            yield session
    finally:
        server.stop()
