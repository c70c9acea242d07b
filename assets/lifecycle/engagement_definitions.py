"""The assets of engagement's months: made ahead, and archived when they are old."""

from typing import Any

import dagster as dg

from assets.lifecycle.archive import ArchiveReport, archive_engagement
from assets.lifecycle.archive_plan import archive_cut_off
from assets.lifecycle.head_room import Alarm, judge_head_room
from assets.lifecycle.month_partitions import HeadRoom, make_months, read_head_room
from assets.metadata import clear_failures
from assets.resources.clock import utc_today
from assets.resources.postgres import Postgres

GROUP = "lifecycle"
OWNERS = ["team:data-platform"]
PARTITIONS = "engagement_partitions"
ARCHIVE = "engagement_archive"


def engagement_partitions_asset() -> dg.AssetsDefinition:
    """Build the asset that makes months ahead."""

    @dg.asset(
        name=PARTITIONS,
        group_name=GROUP,
        owners=OWNERS,
        kinds={"postgres"},
        tags={"personal_data": "none"},
    )
    def engagement_partitions(
        postgres: dg.ResourceParam[Postgres],
    ) -> dg.MaterializeResult[None]:
        """Month partitions of user_engagement: this month, six to come, those of stray rows.

        - Grain: one partition per calendar month, UTC.
        - Re-run: makes what is missing, and changes nothing when nothing is.
        - Locks: a transaction per month, given up and tried again rather than waited for.
        - Fails when: other sessions hold the tables for half a minute.
        """
        today = utc_today()
        with clear_failures():
            made = make_months(postgres, today)
            room = read_head_room(postgres, today)
        return dg.MaterializeResult(metadata=partitions_metadata(made, room))

    return engagement_partitions


def partitions_metadata(made: list[str], room: HeadRoom) -> dict[str, Any]:
    """What Dagster shows of a run."""
    return {
        "made": dg.MetadataValue.json(made),
        "months_ahead": room.months_ahead,
        "waiting_rows": room.waiting_rows,
        "out_of_range_rows": room.out_of_range_rows,
    }


def head_room_check() -> dg.AssetChecksDefinition:
    """Build the check of how far the months reach."""

    @dg.asset_check(
        name="head_room",
        asset=PARTITIONS,
        description="Partition head-room: whether months reach well ahead, and no row waits for "
        "its month in the default partition.",
    )
    def head_room(postgres: dg.ResourceParam[Postgres]) -> dg.AssetCheckResult:
        """Look, and say what to do."""
        with clear_failures():
            room = read_head_room(postgres, utc_today())
        verdict = judge_head_room(room)
        is_error = verdict.alarm is Alarm.ERROR
        return dg.AssetCheckResult(
            passed=verdict.alarm is Alarm.NONE,
            severity=dg.AssetCheckSeverity.ERROR if is_error else dg.AssetCheckSeverity.WARN,
            description=verdict.summary,
            metadata={
                "months_ahead": room.months_ahead,
                "waiting_rows": room.waiting_rows,
                "out_of_range_rows": room.out_of_range_rows,
                "what_next": verdict.what_next,
            },
        )

    return head_room


def engagement_archive_asset() -> dg.AssetsDefinition:
    """Build the asset that archives engagement of more than a year ago."""

    @dg.asset(
        name=ARCHIVE,
        deps=[PARTITIONS],
        group_name=GROUP,
        owners=OWNERS,
        kinds={"postgres"},
        tags={"personal_data": "pseudonymous_ids"},
    )
    def engagement_archive(
        postgres: dg.ResourceParam[Postgres],
    ) -> dg.MaterializeResult[None]:
        """Engagement created more than a year ago, in user_engagement_archive.

        - Grain: a row of user_engagement, unchanged; user_engagement_all shows both.
        - Source: user_engagement; whole months change parent, others move row by row.
        - Re-run: goes on where the last run ended; a second one finds nothing to do.
        - Locks: milliseconds, given up and tried again rather than waited for.
        - Fails when: another run archives, or other sessions hold the tables for half a minute.
        """
        with clear_failures():
            report = archive_engagement(postgres, archive_cut_off(utc_today(), None))
        return dg.MaterializeResult(metadata=archive_metadata(report))

    return engagement_archive


def archive_metadata(report: ArchiveReport) -> dict[str, Any]:
    """What Dagster shows of a run."""
    return {
        "cut_off": report.cut_off.isoformat(),
        "moved_months": dg.MetadataValue.json([f"{m:%Y-%m}" for m in report.attached_months]),
        "rows_moved_with_months": report.attached_rows,
        "rows_moved_one_by_one": report.moved_rows,
        "rows_copied_before": report.copied_rows,
        "seconds_locked": report.seconds_locked,
        "limit_reached": report.is_limited,
    }
