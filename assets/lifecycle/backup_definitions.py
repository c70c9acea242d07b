"""The assets that keep the database recoverable, and the checks that they are not too old."""

from typing import Any

import dagster as dg

from assets.lifecycle.backup import BackupReport, BackupSite, back_up
from assets.lifecycle.backup_ages import Age, Verdict, backup_age, drill_age
from assets.lifecycle.backup_folder import BASES, DUMPS, BackupFolder
from assets.lifecycle.drill_records import DrillRecord
from assets.lifecycle.restore_drill import drill
from assets.metadata import clear_failures
from assets.resources.clock import utc_now

GROUP = "lifecycle"
OWNERS = ["team:data-platform"]
BACKUP, DRILL = "database_backup", "restore_drill"
NO_BACKUP = "Take one now with `sociallive backup`, and see why the nightly job did not."
NO_DRILL = "Try it now with `sociallive restore-drill`, and see why the weekly job did not."


def database_backup_asset() -> dg.AssetsDefinition:
    """Build the asset of the newest backup."""

    @dg.asset(
        name=BACKUP,
        group_name=GROUP,
        owners=OWNERS,
        kinds={"postgres", "file"},
        tags={"personal_data": "everything"},
    )
    def database_backup(
        context: dg.AssetExecutionContext, backup_site: dg.ResourceParam[BackupSite]
    ) -> dg.MaterializeResult[None]:
        """The newest backup of the platform's database, in a folder that only its owner can enter.

        - Holds: a compressed dump of one snapshot with the counts and hashes of its tables; where
          the server allows it, a base backup, and of our own server the log from there on.
        - Kept: the newest of each of 7 days, 4 weeks and 12 months (of weeks and months none of
          over 366 days), and what a drill has proven last.
        - Fails when: the user does not see all rows, a program fails, or the disk is full.
        """
        with clear_failures():
            report = back_up(backup_site)
        if report.left_out:
            context.log.warning("%s", report.left_out)
        return dg.MaterializeResult(metadata=backup_metadata(report, backup_site.folder))

    return database_backup


def restore_drill_asset() -> dg.AssetsDefinition:
    """Build the asset of the newest restore drill."""

    @dg.asset(
        name=DRILL,
        deps=[BACKUP],
        group_name=GROUP,
        owners=OWNERS,
        kinds={"postgres"},
        tags={"personal_data": "none"},
    )
    def restore_drill(
        backup_site: dg.ResourceParam[BackupSite],
    ) -> dg.MaterializeResult[None]:
        """The newest proof that the newest backup restores, in servers made for it alone.

        - Proves: files unchanged; every table with the same rows and hashes; all constraints,
          triggers and policies; pages and indexes sound; this code's schema; popular posts can be
          refreshed; the base backup recovers to the marker at the end of the archived log.
        - Tells: how long both ways took.
        - Fails when: anything of it is not so; the message names the file, segment or table.
        """
        with clear_failures():
            record = drill(backup_site)
        return dg.MaterializeResult(metadata=drill_metadata(record))

    return restore_drill


def backup_age_checks(folder: BackupFolder) -> list[dg.AssetChecksDefinition]:
    """Build the checks of age; they read names of files only."""

    @dg.asset_check(asset=BACKUP, name="backup_age")
    def newest_backup_age() -> dg.AssetCheckResult:
        """The newest backup is at most 2 days old; over 7 days is an error."""
        return check_result(backup_age(folder, utc_now()), NO_BACKUP)

    @dg.asset_check(asset=DRILL, name="restore_drill_age")
    def newest_drill_age() -> dg.AssetCheckResult:
        """The newest drill succeeded, at most 10 days ago; over 30 days is an error."""
        return check_result(drill_age(folder, utc_now()), NO_DRILL)

    return [newest_backup_age, newest_drill_age]


def check_result(age: Age, what_next: str) -> dg.AssetCheckResult:
    """What Dagster shows of an age."""
    is_error = age.verdict is Verdict.TOO_LATE
    return dg.AssetCheckResult(
        passed=age.verdict is Verdict.FINE,
        severity=dg.AssetCheckSeverity.ERROR if is_error else dg.AssetCheckSeverity.WARN,
        description=age.sentence,
        metadata={
            **({} if age.hours is None else {"hours": age.hours}),
            "what_next": "nothing" if age.verdict is Verdict.FINE else what_next,
        },
    )


def backup_metadata(report: BackupReport, folder: BackupFolder) -> dict[str, Any]:
    """Figures of a backup."""
    dump, base = report.dump, report.base
    facts: dict[str, Any] = {
        "backup": dg.MetadataValue.path(str(folder.path(DUMPS, dump.backup))),
        "dagster/row_count": sum(table.rows for table in dump.tables),
        "tables": len(dump.tables),
        "size_bytes": dump.size_bytes,
        "seconds": round((dump.ended_at - dump.started_at).total_seconds(), 1),
        "left_out": report.left_out or "nothing",
        "removed": ", ".join(report.removed) or "nothing",
    }
    if base:
        facts |= {
            "base_backup": dg.MetadataValue.path(str(folder.path(BASES, base.backup))),
            "base_size_bytes": base.size_bytes,
        }
    return facts


def drill_metadata(record: DrillRecord) -> dict[str, Any]:
    """Figures of a drill."""
    facts: dict[str, Any] = {
        "backup": record.dump,
        "tables": record.tables,
        "dagster/row_count": record.rows,
        "size_bytes": record.size_bytes,
        "restore_seconds": round(record.restore_seconds, 1),
        "notes": "\n".join(record.notes) or "none",
    }
    if record.base and record.recovery_seconds is not None:
        facts |= {"base": record.base, "recovery_seconds": round(record.recovery_seconds, 1)}
    if record.recovered_until:
        facts["recovered_until"] = record.recovered_until.isoformat()
    return facts
