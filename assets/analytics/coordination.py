"""Coordinated bursts: many fresh accounts on one post at once (docs/decisions/0011).

Only the `coordinated_*` columns tell of them: what is counted stays counted.
"""

from collections.abc import Callable, Sequence
from fractions import Fraction

import narwhals as nw

from assets.analytics.post_engagement_daily import BY_OTHERS, HUNDREDTHS
from assets.analytics.rows import (
    US_PER_HOUR,
    US_PER_MINUTE,
    US_PER_SECOND,
    Rows,
    as_is,
    epoch_day,
    matching,
    row_count,
    total,
    us_of_day,
)

# An account is fresh on the day of its creation and on the six days after it.
FRESH_DAYS = 7
# A burst has so many events by fresh accounts: more, where these are common on other posts.
BURST_EVENTS = 20
# Fresh accounts make up so much of what the audience does there then.
SHARE_OF_BURST = Fraction(4, 5)
# Where fresh accounts make up so much of other posts' events, there is no burst.
SHARE_ELSEWHERE = Fraction(2, 5)
# So many events on other posts tell what is common.
EVENTS_ELSEWHERE = 20
# Of the day's fresh events on the post: a post that newcomers visit all day long has no burst.
SHARE_OF_DAY = Fraction(1, 50)
# Of two minutes that hold a burst together, one holds half of it.
CORE_EVENTS = BURST_EVENTS // 2

POST = ("date", "post_id")
KIND = (*POST, "engagement_type")
WINDOW = (*KIND, "minute")
COUNTS = ("events", "fresh", "sharp")


def fresh_accounts(users: Rows, calendar: Rows) -> Rows:
    """Name the fresh accounts of each day of the calendar: one row per (date, user_id).

    `users` holds the calendar's days and the `FRESH_DAYS - 1` before; other days change nothing.
    """
    created = users.select(user_id="id", created_day=epoch_day())
    ages = [calendar.select("date", created_day=epoch_day() - age) for age in range(FRESH_DAYS)]
    return created.join(nw.concat(ages), on="created_day").select("date", "user_id").unique()


def find_coordinated_events(
    events: Rows, fresh: Rows, *, keep: Callable[[Rows], Rows] = as_is
) -> Rows:
    """Select the audience's events that belong to a coordinated burst, of days with fresh accounts.

    Columns: date, hour, post_id, engagement_type, user_id, hundredths. `keep` holds five small
    tables, as in `summarize_system_metrics`: where the first is empty, DuckDB reads nothing more.
    """
    audience = _audience(events)
    by_fresh = audience.join(fresh, on=["date", "user_id"], how="semi")
    labelled = _labelled(audience, fresh)
    cores = keep(_cores(by_fresh))
    minutes = keep(_count(labelled, WINDOW, within=_around(cores)))
    of_kinds = keep(_count(labelled, KIND, within=cores.select(*POST).unique()))
    of_days = keep(_count(labelled, ("date",), within=cores.select("date").unique()))
    bursts = keep(_bursts(minutes, of_kinds, of_days))
    return by_fresh.join(bursts, on=list(WINDOW), how="semi").select(
        *("date", "hour", "post_id", "engagement_type", "user_id", "hundredths")
    )


def hour_of_day(events: Rows) -> nw.Expr:
    """UTC hour of an event."""
    return us_of_day(events) // US_PER_HOUR


def _audience(events: Rows) -> Rows:
    """Events by others, with their minute, and whether they are on a fifth minute sharp.

    Or in the second before: data that knows days, hours or quarters of them only always is, as
    midnight or the last moment of the day, of whatever time zone. Times to the microsecond hardly
    ever are.
    """
    moment = us_of_day(events)
    return events.filter(BY_OTHERS).select(
        *("date", "post_id", "engagement_type", "user_id"),
        hour=hour_of_day(events),
        minute=moment // US_PER_MINUTE,
        is_sharp=(moment + US_PER_SECOND) % (5 * US_PER_MINUTE) <= US_PER_SECOND,
        hundredths=HUNDREDTHS,
    )


def _labelled(audience: Rows, fresh: Rows) -> Rows:
    known = fresh.with_columns(is_fresh=nw.lit(value=True))
    labelled = audience.join(known, on=["date", "user_id"], how="left")
    return labelled.with_columns(nw.col("is_fresh").fill_null(value=False))


def _cores(by_fresh: Rows) -> Rows:
    """Minutes one of which every burst has."""
    per_minute = by_fresh.group_by(*WINDOW).agg(fresh=row_count())
    return per_minute.filter(nw.col("fresh") >= CORE_EVENTS).select(*WINDOW)


def _around(cores: Rows) -> Rows:
    """The minutes with those before and after them."""
    shifted = [cores.with_columns(minute=nw.col("minute") + step) for step in (-1, 0, 1)]
    return nw.concat(shifted).unique()


def _count(labelled: Rows, by: Sequence[str], *, within: Rows) -> Rows:
    columns = within.collect_schema().names()
    inside = labelled.join(within, on=columns, how="semi")
    return inside.group_by(*by).agg(
        events=row_count(),
        fresh=matching(nw.col("is_fresh")),
        sharp=matching(nw.col("is_sharp")),
    )


def _bursts(minutes: Rows, of_kinds: Rows, of_days: Rows) -> Rows:
    """Minutes of which a window that covers them is a burst."""
    kinds = of_kinds.select(*KIND, fresh_of_day="fresh")
    windows = _windows(minutes).join(kinds, on=list(KIND))
    judged = windows.join(_elsewhere(of_kinds, of_days), on=list(POST))
    return judged.filter(*_is_burst()).select(*WINDOW).unique()


def _windows(minutes: Rows) -> Rows:
    """Counts of each window that covers a minute: itself, and with the one before or after it."""
    counted = minutes.select(*WINDOW, "events", "fresh")
    after = counted.select(
        *KIND, minute=nw.col("minute") - 1, events_after="events", fresh_after="fresh"
    )
    pairs = counted.join(after, on=list(WINDOW)).select(
        *WINDOW,
        events=nw.col("events") + nw.col("events_after"),
        fresh=nw.col("fresh") + nw.col("fresh_after"),
    )
    seen_from_second = pairs.with_columns(minute=nw.col("minute") + 1)
    return nw.concat([counted, pairs, seen_from_second])


def _elsewhere(of_kinds: Rows, of_days: Rows) -> Rows:
    """Counts of the day's other posts."""
    of_posts = of_kinds.group_by(*POST).agg(*(total(name) for name in COUNTS))
    days = of_days.select(
        "date", events_of_day="events", fresh_of_all="fresh", sharp_of_all="sharp"
    )
    return of_posts.join(days, on="date").select(
        *POST,
        events_elsewhere=nw.col("events_of_day") - nw.col("events"),
        fresh_elsewhere=nw.col("fresh_of_all") - nw.col("fresh"),
        sharp_elsewhere=nw.col("sharp_of_all") - nw.col("sharp"),
    )


def _is_burst() -> list[nw.Expr]:
    fresh, elsewhere = nw.col("fresh"), nw.col("events_elsewhere")
    # Of `elsewhere`, what is left between the share of fresh accounts and the share that forbids.
    room = (
        elsewhere * SHARE_ELSEWHERE.numerator
        - nw.col("fresh_elsewhere") * SHARE_ELSEWHERE.denominator
    )
    return [
        elsewhere >= EVENTS_ELSEWHERE,
        # Else the day's times have no minutes, and a quarter of an hour would be a burst.
        nw.col("sharp_elsewhere") * 2 <= elsewhere,
        # 20 / (1 - share / forbidden share), in integers.
        fresh * room >= elsewhere * (BURST_EVENTS * SHARE_ELSEWHERE.numerator),
        _is_part(fresh, nw.col("events"), SHARE_OF_BURST),
        _is_part(fresh, nw.col("fresh_of_day"), SHARE_OF_DAY),
    ]


def _is_part(part: nw.Expr, whole: nw.Expr, share: Fraction) -> nw.Expr:
    return part * share.denominator >= whole * share.numerator
