"""Sign-ins: sessions that live, expired or were revoked, and forgotten passwords."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from assets.seeding.demo.draws import (
    NEVER,
    Ints,
    Random,
    draw_choices,
    draw_ids,
    draw_positions,
    draw_tokens,
    instants,
    texts_at,
)
from assets.seeding.demo.people import People, draw_existing
from assets.seeding.demo.timeline import DAY, HOUR, MINUTE, Timeline, after, draw_instants

SESSIONS_PER_USER_DAY = 0.15
# Older ones are there for the clean-up to find.
HISTORY_DAYS = 100
REVOKED = 0.25
# Share of sessions that are used again after the sign-in.
USED_AGAIN = 0.8

RESETS_PER_USER_DAY = 0.002
NEVER_RESET = 0.4

LIFETIME_DAYS = np.array([30, 7])
DEVICES = (
    '{"os": "Android 16", "kind": "mobile"}',
    '{"os": "iOS 26", "kind": "mobile"}',
    '{"os": "Windows 11", "kind": "desktop"}',
    '{"os": "macOS 26", "kind": "desktop"}',
)
DEVICE_WEIGHTS = (0.38, 0.3, 0.2, 0.12)
USER_AGENTS = (
    "SocialLive/7.5.2 (Android 16; Pixel 10)",
    "SocialLive/7.5.0 (iPhone; iOS 26.1)",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Firefox/145.0",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) <script>alert('agent')</script>",
)
# Blocks for documentation (RFC 5737, RFC 3849): nobody's address.
NETWORKS = {"192.0.2.{}": 0.4, "198.51.100.{}": 0.3, "203.0.113.{}": 0.2, "2001:db8::{}": 0.1}


@dataclass(frozen=True, slots=True)
class Sessions:
    """Sessions, oldest first."""

    user: Ints
    created: Ints
    expires: Ints
    used: Ints
    device: Ints


def draw_sessions(rng: Random, people: People, *, timeline: Timeline) -> Sessions:
    """Invent the sign-ins of the window and of the months before."""
    begin = max(timeline.founded, timeline.start - HISTORY_DAYS * DAY)
    wanted = round(len(people) * (timeline.end - begin) / DAY * SESSIONS_PER_USER_DAY)
    created = np.sort(draw_instants(rng, wanted, start=begin, end=timeline.end, growth=1.3))
    user = draw_existing(rng, people, people.activity, created)
    present = people.quiet_from[user] > created
    user, created = user[present], created[present]
    device = draw_positions(rng, len(user), DEVICE_WEIGHTS)
    expires = created + LIFETIME_DAYS[device // 2] * DAY
    used = after(rng, created, mean=4 * DAY)
    used = np.where(rng.random(len(user)) < USED_AGAIN, used, created)
    latest = np.minimum(np.minimum(expires, timeline.end), people.quiet_from[user]) - 1
    return Sessions(user, created, expires, np.clip(used, created, latest), device)


def last_logins(people: People, sessions: Sessions) -> Ints:
    """When each account signed in last; NEVER where no session tells."""
    logins = np.full(len(people), -1)
    np.maximum.at(logins, sessions.user, sessions.created)
    return np.where(logins < 0, NEVER, logins)


def session_rows(rng: Random, people: People, sessions: Sessions) -> pl.DataFrame:
    """The rows of `user_sessions`."""
    count = len(sessions.user)
    return pl.DataFrame(
        {
            "id": draw_ids(rng, count),
            "user_id": people.ids.gather(sessions.user),
            "refresh_token_hash": draw_tokens(rng, count),
            "device_info": texts_at(DEVICES, sessions.device),
            "ip_address": _draw_addresses(rng, count),
            "user_agent": texts_at(USER_AGENTS, sessions.device),
            "is_active": pl.Series(rng.random(count) >= REVOKED),
            "expires_at": instants(sessions.expires),
            "created_at": instants(sessions.created),
            "last_used_at": instants(sessions.used),
        }
    )


def reset_token_rows(rng: Random, people: People, *, timeline: Timeline) -> pl.DataFrame:
    """The rows of `password_reset_tokens`: used within the hour, expired, or still good."""
    days = (timeline.end - timeline.start) / DAY
    wanted = round(len(people) * days * RESETS_PER_USER_DAY)
    created = np.sort(
        draw_instants(rng, wanted, start=timeline.start, end=timeline.end, growth=1.0)
    )
    user = draw_existing(rng, people, people.activity, created)
    used = after(rng, created, mean=10 * MINUTE)
    used[(rng.random(wanted) < NEVER_RESET) | (used >= created + HOUR)] = NEVER
    return pl.DataFrame(
        {
            "id": draw_ids(rng, wanted),
            "user_id": people.ids.gather(user),
            "token_hash": draw_tokens(rng, wanted),
            "expires_at": instants(created + HOUR),
            "used_at": instants(used, before=timeline.end),
            "created_at": instants(created),
        }
    )


def _draw_addresses(rng: Random, count: int) -> pl.Series:
    networks = draw_choices(rng, count, NETWORKS)
    hosts = pl.Series(rng.integers(1, 255, count)).cast(pl.String)
    return pl.DataFrame({"network": networks, "host": hosts}).select(
        pl.col("network").str.replace("{}", pl.col("host"), literal=True)
    )["network"]
