"""`sociallive stop`: the embedded database goes to rest."""

from pipelines.cli.console import say
from pipelines.platform import embedded_postgres
from pipelines.settings import read_settings
from schema.errors import UsageError


def stop_database() -> None:
    """Stop the embedded server.

    Raises:
        UsageError: the settings name a server that is not ours to stop.
    """
    settings = read_settings()
    if settings.database_url:
        raise UsageError("SOCIALLIVE_DATABASE_URL names another server: it is not ours to stop")
    embedded_postgres(settings).stop()
    say("the embedded database is stopped")
