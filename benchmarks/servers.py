"""A PostgreSQL of a benchmark's own."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg.conninfo import conninfo_to_dict

from assets.resources.embedded import EmbeddedPostgres
from pipelines.cli.signals import ended_by_signals

LOCAL = "127.0.0.1"
TRUST = f"local all all trust\nhost all all {LOCAL}/32 trust\n"


@contextmanager
def throw_away_server() -> Iterator[str]:
    """An embedded PostgreSQL with its default settings, gone at the end."""
    with _server(tcp=False) as url:
        yield url


@contextmanager
def throw_away_tcp_server() -> Iterator[str]:
    """The same for tools that know no Unix sockets: open to all users of this machine."""
    with _server(tcp=True) as url:
        given = conninfo_to_dict(url)
        yield f"postgresql://{given['user']}@{LOCAL}:{given['port']}/{given['dbname']}"


@contextmanager
def _server(*, tcp: bool) -> Iterator[str]:
    # Whoever ends a benchmark by `kill` is left with no server either.
    with ended_by_signals(), tempfile.TemporaryDirectory(prefix="sl-bench-") as folder:
        Path(folder).chmod(0o755)  # as root, the server runs as another user
        hosts = Path(folder, "hosts.conf")
        hosts.write_text(TRUST, encoding="ascii")
        settings = {"listen_addresses": LOCAL, "hba_file": str(hosts)} if tcp else {}
        server = EmbeddedPostgres(Path(folder, "postgres"), settings=settings)
        try:
            yield server.start()
        finally:
            server.stop()


def postmaster_of(url: str) -> int:
    """Process of the server, whose sessions are its children."""
    with psycopg.connect(url) as session:
        row = session.execute("SELECT pg_read_file('postmaster.pid')").fetchone()
    return int(str(row[0]).splitlines()[0]) if row else 0
