"""Kinds of trouble; each has a page in docs/runbook that bears its name."""

from enum import StrEnum


class Kind(StrEnum):
    """What is wrong, in the order in which a message lists it."""

    DATABASE_DOWN = "database-down"
    DAEMON_DEAD = "daemon-dead"
    RUN_FAILED = "run-failed"
    LATE_DAYS = "late-days"
    LATE_REPORTS = "late-reports"
    FAILED_CHECK = "failed-check"
    BACKUP_LATE = "backup-late"
    FAILED_TICK = "failed-tick"
    SWITCHED_OFF = "switched-off"
    OLD_GAP = "old-gap"

    @property
    def page(self) -> str:
        """Path of its page in the repository."""
        return f"docs/runbook/{self}.md"


# What only somebody outside of the daemon can see.
FROM_OUTSIDE = frozenset({Kind.DATABASE_DOWN, Kind.DAEMON_DEAD})
FROM_INSIDE = frozenset(Kind) - FROM_OUTSIDE
# Told once: it may be meant, and what comes of it is told by itself.
TOLD_ONCE = frozenset({Kind.SWITCHED_OFF, Kind.OLD_GAP})


class Severity(StrEnum):
    """Whether somebody has to act."""

    ERROR = "error"
    WARNING = "warning"
