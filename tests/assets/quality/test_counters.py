import random
from collections import Counter
from uuid import UUID

import psycopg
import pytest

from assets.quality.counters import COUNTERS, reconcile_counters
from assets.quality.findings import Finding, alarming
from assets.resources.postgres import Postgres
from tests.fixtures.cold import JANUARY, ColdPlatform
from tests.fixtures.counted_platform import (
    ARCHIVE,
    Counts,
    Facts,
    counts_by_definition,
    fill_randomly,
    write_counter,
)
from tests.fixtures.intake import Source, uuid_of

MINUTES_AGO = "INTERVAL '10 minutes'"


def found(postgres: Postgres) -> dict[str, Finding]:
    return {finding.subject: finding for finding in reconcile_counters(postgres)}


def own_ids(facts: Facts, name: str) -> list[UUID]:
    table, _ = name.split(".")
    return [row[0] for row in getattr(facts, table)]


def distance(one: Counts, other: Counts) -> int:
    return sum(abs(one[key] - other[key]) for key in {*one, *other})


@pytest.mark.parametrize("seed", range(3))
def test_on_random_platforms_the_split_equals_one_counted_in_python(
    connection: psycopg.Connection, postgres: Postgres, seed: int
) -> None:
    rng = random.Random(seed)
    facts = fill_randomly(connection, rng)
    chosen, drifts = {}, {}
    for name, definitions in counts_by_definition(facts).items():
        chosen[name] = rng.choice(list(definitions))
        drifts[name] = Counter({rng.choice(own_ids(facts, name)): rng.choice([-2, 1, 3])})
        write_counter(connection, name, definitions[chosen[name]], drift=drifts[name])
    connection.commit()

    findings = found(postgres)

    for name, definitions in counts_by_definition(facts).items():
        left_out = distance(definitions["all"], definitions[chosen[name]])
        [(row, drift)] = drifts[name].items()
        assert findings[name].explained == ({chosen[name]: left_out} if left_out else {}), name
        assert findings[name].unexplained == abs(drift), name
        assert findings[name].examples == (str(row),), name
        assert findings[name].compared == len(own_ids(facts, name)), name


def test_a_counter_that_counts_everything_has_no_difference(
    connection: psycopg.Connection, postgres: Postgres
) -> None:
    facts = fill_randomly(connection, random.Random(9))
    for name, definitions in counts_by_definition(facts).items():
        write_counter(connection, name, definitions["all"], drift=Counter())
    connection.commit()

    findings = reconcile_counters(postgres)

    assert [finding.differing for finding in findings] == [0] * len(COUNTERS)
    assert alarming(findings) == []


def test_a_follower_too_many_is_found_and_alone(source: Source, postgres: Postgres) -> None:
    source.add("user_followers", "follow")
    source.execute("UPDATE users SET followers_count = 2 WHERE id = %s", uuid_of("author"))

    [alarm] = alarming(reconcile_counters(postgres))

    assert alarm.subject == "users.followers_count"
    assert (alarm.compared, alarm.differing, alarm.unexplained) == (2, 1, 1)
    assert alarm.examples == (str(uuid_of("author")),)
    assert "user_followers" in alarm.advice


def test_a_comment_too_many_is_found_even_where_a_deleted_one_could_explain_it(
    source: Source, postgres: Postgres
) -> None:
    for post in ("second", "third"):
        source.add("posts", post, user_id="author")
        source.add("comments", f"live on {post}", post_id=post)
        source.add("comments", f"gone on {post}", post_id=post, deleted_at="2024-01-01")
    source.add("comments", "gone on old", deleted_at="2024-01-01")
    source.execute("UPDATE posts SET comments_count = 1")

    [alarm] = alarming(reconcile_counters(postgres))

    assert alarm.subject == "posts.comments_count"
    assert alarm.explained == {"soft-deleted": 3}
    assert alarm.unexplained == 1
    assert alarm.examples == (str(uuid_of("old post")),)


def test_a_counter_that_is_zero_everywhere_is_never_maintained(
    source: Source, postgres: Postgres
) -> None:
    source.add("user_engagement", "first", engagement_type="LIKE")
    source.add("user_engagement", "other", engagement_type="LIKE", user_id="author")

    likes = found(postgres)["posts.likes_count"]

    assert likes.explained == {"never maintained": 2}
    assert not likes.is_alarming


def test_a_counter_that_is_null_stays_null_and_is_never_maintained(
    source: Source, postgres: Postgres
) -> None:
    source.add("posts", "second", user_id="author", likes_count=1)
    source.add("user_engagement", "counted", engagement_type="LIKE", post_id="second")
    source.add("user_engagement", "lost", engagement_type="LIKE")
    source.execute("UPDATE posts SET shares_count = NULL")
    source.execute("UPDATE posts SET likes_count = NULL WHERE likes_count = 0")

    findings = found(postgres)

    assert findings["posts.shares_count"] == Finding("counters", "posts.shares_count", compared=2)
    assert findings["posts.likes_count"].explained == {"never maintained": 1}
    assert not findings["posts.likes_count"].is_alarming


def test_a_counter_may_lag_behind_by_the_events_of_the_last_minute(
    source: Source, postgres: Postgres
) -> None:
    source.add("posts", "second", user_id="author", likes_count=1)
    source.add("user_engagement", "counted", engagement_type="LIKE", post_id="second")
    source.add("user_engagement", "new", engagement_type="LIKE")

    likes = found(postgres)["posts.likes_count"]

    assert likes.explained == {"settling": 1}
    assert not likes.is_alarming


def test_a_counter_that_lags_behind_longer_is_found(source: Source, postgres: Postgres) -> None:
    source.add("posts", "second", user_id="author", likes_count=1)
    source.add("user_engagement", "counted", engagement_type="LIKE", post_id="second")
    source.add("user_engagement", "late", engagement_type="LIKE")
    source.execute(f"UPDATE user_engagement SET created_at = localtimestamp - {MINUTES_AGO}")

    [alarm] = alarming(reconcile_counters(postgres))

    assert alarm.subject == "posts.likes_count"
    assert alarm.examples == (str(uuid_of("old post")),)


def test_likes_that_were_archived_are_explained_when_the_counter_leaves_them_out(
    source: Source, postgres: Postgres
) -> None:
    source.execute(ARCHIVE)
    source.execute(
        "INSERT INTO user_engagement_archive (user_id, post_id, engagement_type, created_at) "
        "VALUES (%s, %s, 'LIKE', '2020-06-01')",
        uuid_of("author"),
        uuid_of("old post"),
    )
    source.add("user_engagement", "new", engagement_type="LIKE", created_at="2024-01-01")
    source.execute("UPDATE posts SET likes_count = 1")

    likes = found(postgres)["posts.likes_count"]

    assert likes.explained == {"archived": 1}
    assert not likes.is_alarming


def test_likes_of_comments_have_no_source(postgres: Postgres) -> None:
    assert found(postgres)["comments.likes_count"].explained == {"no source": 0}
    assert not found(postgres)["comments.likes_count"].is_alarming


def test_an_empty_platform_has_nothing_to_tell(postgres: Postgres) -> None:
    findings = reconcile_counters(postgres)

    assert [finding.compared for finding in findings] == [0] * len(COUNTERS)
    assert alarming(findings) == []


def test_likes_of_a_dropped_month_are_still_counted(platform: ColdPlatform) -> None:
    source = platform.source
    source.add("user_engagement", "dropped", engagement_type="LIKE", created_at="2024-01-01")
    source.add("user_engagement", "comment", engagement_type="COMMENT", created_at="2024-01-01")
    source.execute("UPDATE posts SET likes_count = 1, comments_count = 1")
    platform.archive(JANUARY)
    platform.copy()
    platform.drop()

    counters = found(platform.postgres)

    assert not counters["posts.likes_count"].is_alarming
    assert counters["posts.comments_count"].explained == {"COMMENT events": 1}
    assert counters["posts.comments_count"].unexplained == 0
