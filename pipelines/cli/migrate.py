"""`sociallive migrate`: the newest schema."""

from pipelines.cli.console import say
from pipelines.platform import open_platform
from pipelines.settings import read_settings
from schema.migrate import MigrationReport, migrate


def migrate_platform() -> None:
    """Migrate the platform database and say what was done."""
    for line in describe(migrate(open_platform(read_settings()).url)):
        say(line)


def describe(report: MigrationReport) -> list[str]:
    """One line per applied migration, or that there was nothing to do."""
    applied = [f"applied {name}" for name in report.applied]
    summary = f"the database is at {report.version}: {len(report.applied)} migrations applied, "
    return [*applied, *report.notes, f"{summary}{report.already} were there already"]
