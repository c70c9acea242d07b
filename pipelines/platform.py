"""The platform database that the settings point to: a given one, or the embedded one, started."""

import os

from assets.resources.embedded import EmbeddedPostgres, default_data_home
from assets.resources.postgres import Postgres
from pipelines.settings import Settings


def embedded_postgres(settings: Settings) -> EmbeddedPostgres:
    """The embedded server of this home."""
    return EmbeddedPostgres(default_data_home(settings.home, euid=os.geteuid()))


def open_platform(settings: Settings) -> Postgres:
    """Point to the platform database; without a setting, start or attach to the embedded one.

    Raises:
        DatabaseUnavailableError: the embedded server cannot be started.
    """
    return Postgres(settings.database_url or embedded_postgres(settings).start())
