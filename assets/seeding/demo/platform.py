"""The whole invented platform: one frame per table, made from a seed and nothing else."""

from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl

from assets.seeding.demo.comments import (
    Comments,
    comment_rows,
    count_by,
    draw_comments,
    live_comments_per_post,
)
from assets.seeding.demo.engagement import Engagement, draw_engagement, engagement_rows
from assets.seeding.demo.feed import feed_rows
from assets.seeding.demo.follows import draw_follows, follower_rows, unfollow_rows
from assets.seeding.demo.media import draw_media, media_rows
from assets.seeding.demo.moderation import draw_cases, moderation_rows
from assets.seeding.demo.people import draw_people, user_rows
from assets.seeding.demo.posts import Posts, draw_posts, post_rows
from assets.seeding.demo.sessions import (
    draw_sessions,
    last_logins,
    reset_token_rows,
    session_rows,
)
from assets.seeding.demo.timeline import timeline_of
from assets.seeding.demo.views import draw_views
from schema.errors import UsageError
from schema.vocabulary import EngagementType
from schema.windows import ONE_DAY, DayRange

# Ten million events; a laptop holds no more in memory at once.
LARGEST_SIZE = 3_000_000
EARLIEST_DAY = date(1975, 1, 1)


@dataclass(frozen=True, slots=True)
class Platform:
    """One frame per table, columns named as in the schema, ids as 16 raw bytes, JSON as text.

    The fields are in an order in which foreign keys let the tables be filled. What the database
    counts itself (posts, followers, following of users) is left to it.
    """

    days: DayRange
    users: pl.DataFrame
    posts: pl.DataFrame
    comments: pl.DataFrame
    user_followers: pl.DataFrame
    user_engagement: pl.DataFrame
    user_sessions: pl.DataFrame
    password_reset_tokens: pl.DataFrame
    media_files: pl.DataFrame
    content_moderation: pl.DataFrame
    feed_items: pl.DataFrame
    audit_log: pl.DataFrame


def generate_platform(*, users: int, last_day: date, days: int, seed: int) -> Platform:
    """Invent a platform whose engagement fills the days up to `last_day`, its end included.

    The same arguments give the same frames, byte for byte; others share no id with them.

    Raises:
        UsageError: the size makes no platform, or one that memory cannot hold.
    """
    _refuse_impossible(users=users, last_day=last_day, days=days)
    window = DayRange(last_day - (days - 1) * ONE_DAY, last_day)
    timeline = timeline_of(window)
    # A stream for each part: more posts change no follow.
    shared = np.random.SeedSequence([seed, users, days, last_day.toordinal()])
    streams = [np.random.Generator(np.random.PCG64(part)) for part in shared.spawn(8)]
    for_people, for_posts, for_follows, for_views, for_events, for_comments, for_rest, texts = (
        streams
    )

    people = draw_people(for_people, users=users, timeline=timeline)
    posts = draw_posts(for_posts, people, timeline=timeline)
    follows = draw_follows(for_follows, people, timeline=timeline)
    views = draw_views(for_views, people, posts, follows, timeline=timeline)
    events = draw_engagement(for_events, people, posts, views, timeline=timeline)
    commented = events.of(EngagementType.COMMENT)
    comments = draw_comments(for_comments, people, posts, commented, timeline=timeline)
    sessions = draw_sessions(for_rest, people, timeline=timeline)
    media = draw_media(for_rest, people, posts, timeline=timeline)
    cases = draw_cases(for_rest, people, posts, comments, media, timeline=timeline)
    logins = last_logins(people, sessions)
    counters = _counters(posts, events, comments)
    return Platform(
        days=window,
        users=user_rows(texts, people, last_logins=logins, timeline=timeline),
        posts=post_rows(texts, people, posts, counters=counters, timeline=timeline),
        comments=comment_rows(texts, people, posts, comments, timeline=timeline),
        user_followers=follower_rows(people, follows),
        user_engagement=engagement_rows(for_events, people, posts, events),
        user_sessions=session_rows(for_rest, people, sessions),
        password_reset_tokens=reset_token_rows(for_rest, people, timeline=timeline),
        media_files=media_rows(for_rest, people, media, timeline=timeline),
        content_moderation=moderation_rows(for_rest, people, cases, timeline=timeline),
        feed_items=feed_rows(for_rest, people, posts, follows, timeline=timeline),
        audit_log=unfollow_rows(for_rest, people, follows),
    )


def _refuse_impossible(*, users: int, last_day: date, days: int) -> None:
    if users < 1 or days < 1:
        raise UsageError(f"a demo needs at least 1 user and 1 day, not {users} and {days}")
    if users * days > LARGEST_SIZE:
        raise UsageError(
            f"a demo of {users} users over {days} days is too large:"
            f" keep users x days at or below {LARGEST_SIZE}"
        )
    if (last_day - EARLIEST_DAY).days < days:
        raise UsageError(f"a demo of {days} days that ends on {last_day} begins too early")


def _counters(posts: Posts, events: Engagement, comments: Comments) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "likes_count": count_by(events.of(EngagementType.LIKE).post, len(posts)),
            "comments_count": live_comments_per_post(comments, len(posts)),
            "shares_count": count_by(events.of(EngagementType.SHARE).post, len(posts)),
        }
    )
