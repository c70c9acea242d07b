"""The platform database that the settings point to: a given one, or the embedded one, started."""

import os

from assets.lifecycle.backup import BackupSite
from assets.lifecycle.backup_folder import BackupFolder
from assets.resources.embedded import EmbeddedPostgres, default_data_home
from assets.resources.postgres import Postgres
from pipelines.settings import Settings
from schema.migrate import migrate, require_current_schema


def embedded_postgres(settings: Settings) -> EmbeddedPostgres:
    """The embedded server of this home."""
    return EmbeddedPostgres(default_data_home(settings.home, euid=os.geteuid()))


def open_platform(settings: Settings) -> Postgres:
    """Point to the platform database; without a setting, start or attach to the embedded one.

    Raises:
        DatabaseUnavailableError: the embedded server cannot be started.
    """
    return Postgres(settings.database_url or embedded_postgres(settings).start())


def checked_platform(settings: Settings) -> Postgres:
    """The platform, at the schema that this code speaks.

    Raises:
        SchemaMismatchError: it has another schema, or none.
    """
    platform = open_platform(settings)
    with platform.administration() as connection:
        require_current_schema(connection)
    return platform


def ready_platform(settings: Settings) -> Postgres:
    """The platform at the newest schema: one of our own is brought there, a given one is checked.

    Raises:
        SchemaMismatchError: the given database has another schema, or none.
    """
    if settings.database_url:
        return checked_platform(settings)
    platform = open_platform(settings)
    migrate(platform.url)
    return platform


def backup_site(settings: Settings) -> BackupSite:
    """What is backed up and where to; whatever the schema, since a migration may come next.

    Raises:
        DatabaseUnavailableError: the embedded server cannot be started.
    """
    return BackupSite(
        postgres=open_platform(settings),
        embedded=None if settings.database_url else embedded_postgres(settings),
        folder=BackupFolder(settings.backups),
        scratch=default_data_home(settings.home / "restore-drill", euid=os.geteuid()),
    )
