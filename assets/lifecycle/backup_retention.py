"""Which backups to keep: a pure choice by their instants.

A clock that was wrong once dates a backup after `now`, and one that is wrong now finds all others
there or long past: neither may cost the last good ones.
"""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

# Dumps keep people who were erased since: twelve months that have a dump may be twenty years.
OLDEST = timedelta(days=366)
# A base backup is as large as the database, and takes all later write-ahead log with it.
BASES = 2
Period = Callable[[datetime], object]
# How many of each are kept, and how long before the newest. Days know no end: of a clock that is a
# year ahead, the dump of today must not end those of last week.
PERIODS: dict[Period, tuple[int, timedelta]] = {
    lambda instant: instant.date(): (7, timedelta.max),
    lambda instant: instant.isocalendar()[:2]: (4, OLDEST),
    lambda instant: (instant.year, instant.month): (12, OLDEST),
}


def dumps_to_keep(
    instants: Iterable[datetime], proven: datetime | None, now: datetime
) -> set[datetime]:
    """The newest of each of the last 7 days, 4 weeks and 12 months that have any.

    Of weeks and months, none of over 366 days before the newest. `proven` stays, too, the newest
    that a drill has restored: the last one known to be good. Those after `now` stay and do not
    count.
    """
    newest_first = sorted(instants, reverse=True)
    kept = {instant for instant in newest_first if instant == proven or instant > now}
    newest_first = [instant for instant in newest_first if instant <= now]
    for period, (count, longest) in PERIODS.items():
        newest_of: dict[object, datetime] = {}
        for instant in newest_first:
            if newest_first[0] - instant <= longest:
                newest_of.setdefault(period(instant), instant)
        kept |= set(list(newest_of.values())[:count])
    return kept


def bases_to_keep(
    instants: Iterable[datetime], proven: datetime | None, now: datetime
) -> set[datetime]:
    """The newest two, and the newest that a drill has recovered; those after `now` come last.

    One that stayed until its date would hold all log until then.
    """
    newest_first = sorted(instants, key=lambda instant: (instant <= now, instant), reverse=True)
    return {*newest_first[:BASES], *(i for i in newest_first if i == proven)}
