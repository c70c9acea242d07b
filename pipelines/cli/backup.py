"""`sociallive backup` and `sociallive restore-drill`: copies of the database, proven to restore."""

from assets.lifecycle.backup import back_up
from assets.lifecycle.backup_definitions import (
    BACKUP,
    DRILL,
    backup_metadata,
    drill_metadata,
)
from assets.lifecycle.backup_folder import BASES, DUMPS
from assets.lifecycle.restore_drill import drill
from pipelines.cli.console import console, say
from pipelines.history import note_materialization
from pipelines.platform import backup_site
from pipelines.settings import read_settings

MIB = 1 << 20


def take_backup(*, with_base: bool) -> None:
    """Back up, and say where everything is and what could not be done."""
    settings = read_settings()
    site = backup_site(settings)
    with console.status("backing up …"):
        report = back_up(site, with_base=with_base)
    note_materialization(settings, BACKUP, backup_metadata(report, site.folder))
    dump, base = report.dump, report.base
    rows = sum(table.rows for table in dump.tables)
    seconds = (dump.ended_at - dump.started_at).total_seconds()
    say(f"dump         {site.folder.path(DUMPS, dump.backup)}")
    say(
        f"             {len(dump.tables)} tables, {rows:,} rows, {dump.size_bytes / MIB:,.1f} MiB, "
        f"{seconds:.1f} s"
    )
    if base:
        say(f"base backup  {site.folder.path(BASES, base.backup)}")
        say(f"             {base.size_bytes / MIB:,.1f} MiB, log from {base.first_segment} on")
    if report.left_out:
        say(f"left out     {'' if base else 'base backup: '}{report.left_out}")
    for name in report.removed:
        say(f"removed      {name}")
    say("`sociallive restore-drill` proves that it restores.")


def drill_restore() -> None:
    """Restore the newest backup for trial, and say how long that took."""
    settings = read_settings()
    with console.status("restoring …"):
        record = drill(backup_site(settings))
    note_materialization(settings, DRILL, drill_metadata(record))
    say(
        f"dump {record.dump} restored in {record.restore_seconds:.1f} s: {record.tables} tables, "
        f"{record.rows:,} rows, all as they were backed up"
    )
    if record.base and record.recovery_seconds is not None:
        reached = record.recovered_until
        said = f", up to its marker of {reached:%F %T} UTC" if reached else ""
        say(f"base backup {record.base} recovered in {record.recovery_seconds:.1f} s{said}")
    for note in record.notes:
        say(note)
