"""Follows: who follows whom, since when, and until when."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from assets.seeding.demo.draws import (
    NEVER,
    Ints,
    Random,
    draw_ids,
    draw_positions,
    instants,
)
from assets.seeding.demo.people import People
from assets.seeding.demo.timeline import DAY, SECOND, Timeline, after, draw_time_of_day

FOLLOWS_PER_USER = 14
# Shares: of follows begun lately rather than at any time, of follows ended, of ends regretted.
RECENT = 0.3
ENDED = 0.08
REGRETTED = 0.25
# An account needs so long to find, and be found by, all the others it will.
SETTLING_DAYS = 14


@dataclass(frozen=True, slots=True)
class Follows:
    """Every follow there ever was, by followed account and then by age."""

    ids: pl.Series
    follower: Ints
    following: Ints
    since: Ints
    until: Ints

    def ordered_key(self, following: Ints, at: Ints) -> Ints:
        """One number that orders by followed account and then by time, to the second."""
        # 33 bits hold the seconds of 272 years since 1970, which leaves 30 for the account.
        key: Ints = (following << 33) + at // SECOND
        return key


def draw_follows(rng: Random, people: People, *, timeline: Timeline) -> Follows:
    """Invent the follows: the lively follow the popular."""
    follower, following = _draw_pairs(rng, people)
    both = np.maximum(people.created[follower], people.created[following])
    since = _draw_beginnings(rng, both, timeline)
    settled = rng.random(len(both)) < (timeline.end - both) / (SETTLING_DAYS * DAY)
    present = (people.quiet_from[follower] > since) & (people.deleted[following] > since)
    possible = settled & present
    follower, following, since = follower[possible], following[possible], since[possible]
    until = _draw_endings(rng, since, share=ENDED, mean=10 * DAY, end=timeline.end)
    again = np.full(len(until), NEVER)
    ended = until != NEVER
    again[ended] = _draw_endings(rng, until[ended], share=REGRETTED, mean=3 * DAY, end=timeline.end)
    regretted = again != NEVER
    follower = np.concatenate([follower, follower[regretted]])
    following = np.concatenate([following, following[regretted]])
    since = np.concatenate([since, again[regretted]])
    until = np.concatenate([until, np.full(int(regretted.sum()), NEVER)])
    order = np.lexsort((since, following))
    return Follows(
        ids=draw_ids(rng, len(order)),
        follower=follower[order],
        following=following[order],
        since=since[order],
        until=until[order],
    )


def follower_rows(people: People, follows: Follows) -> pl.DataFrame:
    """The rows of `user_followers`: the follows that live."""
    return _all_rows(people, follows).filter(pl.col("until").is_null()).drop("until")


def unfollow_rows(rng: Random, people: People, follows: Follows) -> pl.DataFrame:
    """The rows of `audit_log` that the trigger on `user_followers` would have written."""
    ended = _all_rows(people, follows).filter(pl.col("until").is_not_null()).sort("until")
    return ended.select(
        id=draw_ids(rng, len(ended)),
        table_name=pl.lit("user_followers"),
        operation=pl.lit("DELETE"),
        old_values=_as_json(),
        user_id="follower_id",
        timestamp="until",
    )


def _draw_pairs(rng: Random, people: People) -> tuple[Ints, Ints]:
    users = len(people)
    wanted = users * FOLLOWS_PER_USER
    follower = draw_positions(rng, wanted, people.activity)
    following = draw_positions(rng, wanted, people.popularity)
    pairs = np.unique((follower * users + following)[follower != following])
    return pairs // users, pairs % users


def _draw_beginnings(rng: Random, both: Ints, timeline: Timeline) -> Ints:
    recent = rng.random(len(both)) < RECENT
    earliest = np.where(recent, np.maximum(both, timeline.lead_in), both)
    since = earliest + (rng.random(len(both)) * (timeline.end - earliest)).astype(np.int64)
    rhythmic = draw_time_of_day(rng, since)
    return np.where(rhythmic > both, rhythmic, since)


def _draw_endings(rng: Random, since: Ints, *, share: float, mean: int, end: int) -> Ints:
    endings = after(rng, since + SECOND, mean=mean)
    endings[(rng.random(len(since)) >= share) | (endings >= end)] = NEVER
    return endings


def _all_rows(people: People, follows: Follows) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "id": follows.ids,
            "follower_id": people.ids.gather(follows.follower),
            "following_id": people.ids.gather(follows.following),
            "created_at": instants(follows.since),
            "until": instants(follows.until),
        }
    )


def _as_json() -> pl.Expr:
    # As to_jsonb prints them: dashes in ids, no zeros at the end of a fraction.
    ids = [_dashed(pl.col(name)) for name in ("id", "follower_id", "following_id")]
    created = pl.col("created_at").dt.strftime("%Y-%m-%dT%H:%M:%S%.6f")
    created = created.str.strip_chars_end("0").str.strip_chars_end(".")
    template = '{{"id": "{}", "created_at": "{}", "follower_id": "{}", "following_id": "{}"}}'
    return pl.format(template, ids[0], created, ids[1], ids[2])


def _dashed(ids: pl.Expr) -> pl.Expr:
    digits = ids.bin.encode("hex")
    starts_and_sizes = ((0, 8), (8, 4), (12, 4), (16, 4), (20, 12))
    return pl.concat_str(
        [digits.str.slice(start, size) for start, size in starts_and_sizes], separator="-"
    )
