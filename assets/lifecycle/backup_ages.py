"""How old the newest backup is, and the newest proof that one restores; and whether it is late."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from assets.lifecycle.backup_folder import DUMPS, BackupFolder, instant_of
from assets.lifecycle.drill_records import read_records

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
# Ages are told in days from here on.
TWO_DAYS = 2 * DAY


class Verdict(StrEnum):
    """What an age means."""

    FINE = "fine"
    LATE = "late"
    TOO_LATE = "too late"


@dataclass(frozen=True, slots=True)
class Age:
    """The newest of something that is there; `at` is None where there is none."""

    what: str
    at: datetime | None
    now: datetime
    late_after: timedelta
    too_late_after: timedelta
    what_to_do: str
    failure: str | None = None
    """Why the newest attempt failed, whatever the age: a sentence without an end."""

    @property
    def hours(self) -> float | None:
        """Hours since then."""
        return None if self.at is None else round((self.now - self.at) / HOUR, 1)

    @property
    def verdict(self) -> Verdict:
        """None at all is late: nobody may have wanted one yet."""
        if self.failure:
            return Verdict.TOO_LATE
        if self.at is None:
            return Verdict.LATE
        age = self.now - self.at
        if age > self.too_late_after:
            return Verdict.TOO_LATE
        return Verdict.LATE if age > self.late_after else Verdict.FINE

    @property
    def last(self) -> str:
        """When that was."""
        if self.at is None:
            return f"{self.what}: none yet"
        return f"{self.what}: {self.at:%Y-%m-%d %H:%M} UTC, {_words(self.now - self.at)} ago"

    @property
    def sentence(self) -> str:
        """For a person."""
        if self.failure:
            return f"{self.last}; the newest one failed: {self.failure}"
        if self.at is None:
            return f"{self.last}; {self.what_to_do}"
        if self.verdict is Verdict.FINE:
            return self.last
        return f"{self.last}, {self.verdict}: {self.what_to_do}"


def backup_age(folder: BackupFolder, now: datetime) -> Age:
    """Age of the newest backup: one a day is expected."""
    newest = folder.newest(DUMPS, now)
    return Age(
        what="newest backup",
        at=instant_of(newest) if newest else None,
        now=now,
        late_after=2 * DAY,
        too_late_after=7 * DAY,
        what_to_do="`sociallive backup` takes one",
    )


def drill_age(folder: BackupFolder, now: datetime) -> Age:
    """Age of the newest drill that succeeded: one a week is expected."""
    records = read_records(folder, now)
    proven = [instant_of(record.drill) for record in records if record.failure is None]
    return Age(
        what="newest successful restore drill",
        at=max(proven, default=None),
        now=now,
        late_after=10 * DAY,
        too_late_after=30 * DAY,
        what_to_do="`sociallive restore-drill` does one",
        failure=records[-1].failure if records else None,
    )


def _words(age: timedelta) -> str:
    if age >= TWO_DAYS:
        return f"{age.days} days"
    return f"{age // HOUR} hours" if age >= HOUR else f"{age.seconds // 60} minutes"
