"""`sociallive migrate`: the newest schema, of the platform and of what Dagster notes."""

from pipelines.cli.console import say
from pipelines.dagster_home import has_storage, open_instance
from pipelines.platform import open_platform
from pipelines.settings import read_settings
from schema.migrate import MigrationReport, migrate


def migrate_platform() -> None:
    """Migrate the platform database, then Dagster's storage, and say what was done."""
    settings = read_settings()
    for line in describe(migrate(open_platform(settings).url)):
        say(line)
    if has_storage(settings):
        # Dagster's own command would take the address as it is set, which names another driver.
        with open_instance(settings) as instance:
            instance.upgrade()
        say("Dagster's storage is at its newest schema")


def describe(report: MigrationReport) -> list[str]:
    """One line per applied migration, or that there was nothing to do."""
    applied = [f"applied {name}" for name in report.applied]
    summary = f"the database is at {report.version}: {len(report.applied)} migrations applied, "
    return [*applied, *report.notes, f"{summary}{report.already} were there already"]
