"""Accounts: who they are, since when, how lively, until when."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from assets.seeding.demo.draws import (
    NEVER,
    Floats,
    Ints,
    Random,
    draw_ids,
    draw_texts,
    instants,
    texts_at,
)
from assets.seeding.demo.timeline import DAY, HOUR, SECOND, Timeline, after, draw_time_of_day
from assets.seeding.demo.words import load_names

# Accounts are opened ever faster: the density at the end is e^2 times that of the founding.
GROWTH = 2.0
# Shares of accounts.
CREATORS = 0.10
MODERATORS = 0.005
LOST_INTEREST = 0.30
DELETED = 0.02
SUSPENDED = 0.02
VERIFIED = 0.03
UNCONFIRMED = 0.08
FACELESS = 0.3
# Nobody writes more than that many times as much as the median account: people sleep.
BUSIEST = 70.0
# One of so many busy accounts has a name that no form was tested with.
UNUSUAL_EVERY = 9

# bcrypt of no known password, at the cost the platform uses.
PASSWORD_HASH = "$2b$12$C6UzMDM.H6dfI/f/IKcEeO4f8mZ6pX5wW0sXUu9nq0qQH3kJr7b9K"  # noqa: S105


@dataclass(frozen=True, slots=True)
class People:
    """Accounts by age, oldest first; weights say how much they do, instants when they stop."""

    ids: pl.Series
    created: Ints
    quiet_from: Ints
    deleted: Ints
    activity: Floats
    posting: Floats
    popularity: Floats
    staff: int

    def __len__(self) -> int:
        """Number of accounts."""
        return len(self.created)


def draw_people(rng: Random, *, users: int, timeline: Timeline) -> People:
    """Invent the accounts; the first ones found and moderate the platform and never leave it."""
    created = _draw_openings(rng, users, timeline)
    staff = min(users, 1 + max(1, round(users * MODERATORS)))
    deleted = _draw_endings(rng, created, share=DELETED, mean=200 * DAY, end=timeline.end)
    bored = _draw_endings(rng, created, share=LOST_INTEREST, mean=150 * DAY, end=timeline.end)
    deleted[:staff] = bored[:staff] = NEVER
    activity = rng.lognormal(0, 1.2, users)
    posting = np.minimum(activity**0.5 * rng.lognormal(0, 1.4, users), BUSIEST)
    return People(
        ids=draw_ids(rng, users),
        created=created,
        quiet_from=np.minimum(deleted, bored),
        deleted=deleted,
        activity=activity,
        posting=posting,
        popularity=posting**0.7 * rng.lognormal(0, 0.8, users),
        staff=staff,
    )


def draw_existing(rng: Random, people: People, weights: Floats, at: Ints) -> Ints:
    """For each instant one account that exists by then, as likely as its weight."""
    cumulative = np.cumsum(weights)
    existing = np.searchsorted(people.created, at, side="right")
    drawn = np.searchsorted(
        cumulative, rng.random(len(at)) * cumulative[existing - 1], side="right"
    )
    return np.minimum(drawn, existing - 1).astype(np.int64)


def user_rows(
    rng: Random, people: People, *, last_logins: Ints, timeline: Timeline
) -> pl.DataFrame:
    """The rows of `users`, without the counters that follow from other tables."""
    count = len(people)
    usernames, full_names = _draw_names(rng, people)
    verified = after(rng, people.created, mean=HOUR) + SECOND
    verified[rng.random(count) < UNCONFIRMED] = NEVER
    deleted = instants(people.deleted, before=timeline.end)
    return pl.DataFrame(
        {
            "id": people.ids,
            "email": pl.Series([f"member{n:06d}@example.invalid" for n in range(count)]),
            "username": usernames,
            "password_hash": texts_at([PASSWORD_HASH], np.zeros(count, dtype=np.int64)),
            "full_name": full_names,
            "bio": draw_texts(rng, count, load_names()["bios"]),
            "profile_picture": _pictures(rng, count),
            "role": texts_at(["USER", "CREATOR", "MODERATOR", "ADMIN"], _roles(people)),
            "is_verified": pl.Series(rng.random(count) < VERIFIED),
            "is_active": pl.Series(rng.random(count) >= SUSPENDED) & deleted.is_null(),
            "last_login_at": instants(last_logins, before=timeline.end),
            "email_verified_at": instants(verified, before=timeline.end),
            "created_at": instants(people.created),
            "deleted_at": deleted,
        }
    ).with_columns(
        updated_at=pl.max_horizontal(
            "created_at", "email_verified_at", "last_login_at", "deleted_at"
        )
    )


def _draw_openings(rng: Random, users: int, timeline: Timeline) -> Ints:
    progress = np.log1p(rng.random(users) * np.expm1(GROWTH)) / GROWTH
    days = timeline.founded + progress * (timeline.end - timeline.founded)
    created = np.sort(draw_time_of_day(rng, days.astype(np.int64)))
    # Whatever is posted needs an author: one account is as old as the platform.
    created[0] = timeline.founded
    return created


def _draw_endings(rng: Random, created: Ints, *, share: float, mean: int, end: int) -> Ints:
    endings = after(rng, created + DAY, mean=mean)
    endings[(rng.random(len(created)) >= share) | (endings >= end)] = NEVER
    return endings


def _roles(people: People) -> Ints:
    famous = people.posting >= np.quantile(people.posting, 1 - CREATORS)
    roles = famous.astype(np.int64)
    roles[: people.staff] = 2
    roles[0] = 3
    return roles


def _draw_names(rng: Random, people: People) -> tuple[pl.Series, pl.Series]:
    words, count = load_names(), len(people)
    names = pl.DataFrame(
        {
            "first": draw_texts(rng, count, words["first"]),
            "last": draw_texts(rng, count, words["last"]),
        }
    ).select(
        username=pl.concat_str("first", pl.lit("."), "last").str.to_lowercase(),
        full_name=pl.concat_str("first", pl.lit(" "), "last"),
    )
    namesakes = pl.int_range(pl.len(), dtype=pl.Int64).over("username")
    numbers = pl.when(namesakes > 0).then((namesakes + 1).cast(pl.String)).otherwise(pl.lit(""))
    names = names.with_columns(username=pl.concat_str("username", numbers))
    busiest = np.argsort(-people.posting, kind="stable")[UNUSUAL_EVERY - 1 :: UNUSUAL_EVERY]
    named = list(zip(busiest.tolist(), words["unusual"], strict=False))
    positions = [position for position, _ in named]
    return (
        names["username"].scatter(positions, [username for _, (username, _) in named]),
        names["full_name"].scatter(positions, [full_name for _, (_, full_name) in named]),
    )


def _pictures(rng: Random, count: int) -> pl.Series:
    pictures = pl.select(
        pl.format("https://cdn.example.invalid/avatars/{}.webp", pl.int_range(count))
    ).to_series()
    return pictures.set(pl.Series(rng.random(count) < FACELESS), None)
