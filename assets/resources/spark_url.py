"""Where Spark computes: on threads of this machine, a cluster, or behind a Connect server."""

import re
from dataclasses import dataclass, field

from schema.errors import UsageError

LOCAL = re.compile(r"local(\[(\*|[1-9][0-9]{0,3})\])?")
HOST = r"[A-Za-z0-9][A-Za-z0-9.-]{0,252}"
MASTERS = re.compile(rf"spark://({HOST}:[0-9]{{1,5}}(?:,{HOST}:[0-9]{{1,5}})*)")
# Its parameters may hold a token.
CONNECT = re.compile(rf"sc://({HOST}(?::[0-9]{{1,5}})?)(?:/(?:;[!-~]*)?)?")
CONNECT_PORT = 15002


@dataclass(frozen=True, slots=True)
class SparkUrl:
    """A checked address; `servers` are (host, port), none of them for this machine's threads."""

    text: str = field(repr=False)
    servers: tuple[tuple[str, int], ...] = ()
    is_connect: bool = False

    def __str__(self) -> str:
        """The address as messages name it: without parameters, which may be secret."""
        if not self.servers:
            return self.text
        scheme = "sc" if self.is_connect else "spark"
        return f"{scheme}://" + ",".join(f"{host}:{port}" for host, port in self.servers)


LOCAL_SPARK = SparkUrl("local[*]")


def parse_spark_url(text: str) -> SparkUrl:
    """Understand an address of Spark.

    Raises:
        UsageError: it is none; the message does not repeat it, for it may hold a token.
    """
    if LOCAL.fullmatch(text):
        return SparkUrl(text)
    if masters := MASTERS.fullmatch(text):
        return SparkUrl(text, tuple(_server(server) for server in masters[1].split(",")))
    if connect := CONNECT.fullmatch(text):
        return SparkUrl(text, (_server(connect[1]),), is_connect=True)
    raise UsageError(
        "SOCIALLIVE_SPARK_URL is no address of Spark: set it to local[*] or local[N] for threads "
        "of this machine, spark://host:port for a standalone cluster, or sc://host:port for a "
        "Spark Connect server"
    )


def _server(text: str) -> tuple[str, int]:
    host, _, port = text.partition(":")
    return host, int(port) if port else CONNECT_PORT
