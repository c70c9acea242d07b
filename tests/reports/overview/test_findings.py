"""What the sentences of the overview say, beside numbers written out by hand."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from reports.overview.attention import ALL_WELL, sentences
from reports.overview.facts import STATES, DayState, PlatformFacts
from reports.overview.page import chapters
from tests.fixtures.overview_facts import (
    LAST,
    NOW,
    Row,
    everything,
    facts_of,
    frame_of,
    last_days,
    metric,
    weeks_of,
)


def finding(facts: PlatformFacts, key: str) -> str:
    """What a subject says, with ordinary spaces."""
    [subject] = [s for part in chapters(facts) for s in part.subjects if s.key == key]
    return subject.finding.replace("\N{NO-BREAK SPACE}", " ")


def on(days_before: int) -> date:
    return LAST - timedelta(days=days_before)


def state(name: str, value: int) -> Row:
    return metric("user_lifecycle", LAST, value, f'{{"state": "{name}"}}')


def events(kind: str, week: int, per_day: int) -> list[Row]:
    """As many events on each day of the week that ends so many weeks before the last day."""
    tags = f'{{"type": "{kind}"}}'
    return [metric("engagement_events", on(7 * week + n), per_day, tags) for n in range(7)]


def popular(rank: int, change: int | None, post: int) -> Row:
    reason = "new" if change is None else "risen" if change > 0 else "fallen"
    parts = (None, None, None, None, None)
    ids = (bytes([post]) * 16, bytes([post]) * 16)
    return (LAST, rank, *ids, Decimal(9 - rank), NOW, change, reason, *parts)


def test_who_came_back_is_a_share_of_those_who_were_there_the_day_before() -> None:
    rows = [state("returning", 30), state("dormant", 10), state("resurrected", 4), state("new", 2)]

    assert finding(facts_of(last_days(1), rows), "user_lifecycle") == (
        "On 2024-03-01, 4 came back after a break, and 75.0 % of those active the day before were "
        "active again; 10 were not."
    )


def test_nobody_the_day_before_is_no_share() -> None:
    rows = [state("returning", 0), state("dormant", 0), state("resurrected", 4), state("new", 2)]

    told = finding(facts_of(last_days(1), rows), "user_lifecycle")

    assert told.endswith("; nobody was active the day before.")


def test_events_and_their_mix_are_told_of_whole_weeks() -> None:
    rows = [
        *events("VIEW", 0, 20),
        *events("LIKE", 0, 3),
        *events("SHARE", 0, 1),
        *events("VIEW", 1, 18),
        *events("LIKE", 1, 1),
        *events("SHARE", 1, 1),
    ]
    facts = facts_of(last_days(3), rows)

    assert finding(facts, "engagement_events") == (
        "In the 7 days to 2024-03-01 there were 168 events, 20.0 % more than in the 7 days before "
        "(140)."
    )
    assert finding(facts, "engagement_mix") == (
        "Changed most: like, 75.0 % of the last 7 days, 25.0 points more than in the 7 days before."
    )


def test_a_mix_without_a_week_before_names_what_is_most_often() -> None:
    facts = facts_of(
        last_days(7), [*events("VIEW", 0, 9), *events("LIKE", 0, 1), *events("SAVE", 0, 3)]
    )

    assert finding(facts, "engagement_mix") == "Most often in the last 7 days: save, 75.0 %."


def test_a_week_that_lacks_a_day_is_not_summed() -> None:
    rows = [row for row in events("VIEW", 0, 9) if row[0] != on(3)]

    assert finding(facts_of(last_days(7), rows), "engagement_mix") == (
        "There is no whole week to tell a mix from."
    )


def test_a_whole_week_of_nothing_but_views_has_no_mix_and_says_so() -> None:
    facts = facts_of(last_days(7), [*events("VIEW", 0, 9), *events("LIKE", 0, 0)])

    assert finding(facts, "engagement_mix") == (
        "There were no events other than views in the last 7 days."
    )


def test_the_highest_climb_is_named() -> None:
    posts = [popular(1, None, 1), popular(2, 5, 2), popular(3, 7, 3), popular(4, -2, 4)]
    facts = facts_of(last_days(1), everything(LAST), popular=posts)

    assert finding(facts, "popular_posts") == (
        "At the end of 2024-03-01, 4 posts are ranked: 1 new, 2 risen, 1 fallen. "
        "The highest climb: 7 places, to 3 (post 03030303)."
    )


@pytest.mark.parametrize(
    ("lags", "told"),
    [
        ((3_600, 7_200), "read 2.0 hours after its end. No day came more than 24 hours late."),
        ((90_000, 60), "read 60 seconds after its end. 1 of 2 days came more than 24 hours after"),
    ],
)
def test_late_days_are_counted(lags: tuple[int, int], told: str) -> None:
    rows = [
        (day, DayState.FINAL.value, 1, None, 5, Decimal(lag))
        for day, lag in zip(last_days(2), lags, strict=True)
    ]
    facts = replace(facts_of(last_days(2), weeks_of(2)), states=frame_of(STATES, rows))

    assert told in finding(facts, "ingest_lag")


def test_what_is_waiting_is_told_by_kind_and_nothing_is_zero() -> None:
    rows = [
        metric("moderation_pending", LAST, 4, '{"content_type": "POST"}'),
        metric("moderation_pending", LAST, 1, '{"content_type": "USER_PROFILE"}'),
    ]
    facts = facts_of(last_days(1), rows)

    assert finding(facts, "moderation_pending") == (
        "Cases waiting at the end of 2024-03-01: 5 (post 4, user profile 1)."
    )
    assert finding(facts, "moderation_decided") == "Cases decided on 2024-03-01: 0."


def test_failed_uploads_are_counted_among_all() -> None:
    rows = [
        metric("media_uploads", on(1), 4, '{"status": "COMPLETED"}'),
        metric("media_uploads", LAST, 1, '{"status": "FAILED"}'),
    ]

    assert finding(facts_of(last_days(2), rows), "media_uploads") == (
        "1 of 5 uploads of these days failed."
    )


def test_a_quiet_week_needs_no_attention() -> None:
    assert sentences(facts_of(last_days(7), weeks_of(7))) == [ALL_WELL]


def test_everything_out_of_the_ordinary_is_told_first() -> None:
    facts = facts_of(
        last_days(3),
        weeks_of(2),
        states={on(1): DayState.PROVISIONAL, LAST: DayState.NOT_OVER},
        unusual=[(on(1), "new_users", 90, 1, 9, "unusually many")],
        restatements=[(on(1), "system_metrics", "new_users", "unexplained", 2, 0, NOW)],
        checks=[
            ("posts", "counters", "warned", NOW, "look"),
            ("posts", "lake_files", "passed", NOW, None),
        ],
    )

    assert sentences(facts) == [
        (
            "1 day without numbers: 2024-02-28. `sociallive run --from 2024-02-28 --to 2024-02-28` "
            "publishes what is missing."
        ),
        "1 day provisional: 2024-02-29. Their numbers may still change.",
        "Read before it ended, and therefore not whole: 2024-03-01.",
        "1 amount unlike the same weekdays before: 2024-02-29.",
        (
            "2 changes of published numbers of 1 day (2024-02-29; unexplained: 2), 0 of them after "
            "the day was final. 2 without an explanation."
        ),
        "1 of 2 checks passed when they last ran; not: counters of posts.",
    ]


def test_a_check_that_waits_or_runs_is_none_that_did_not_pass() -> None:
    facts = facts_of(
        last_days(3),
        weeks_of(2),
        checks=[
            ("posts", "counters", "came to no result", NOW, None),
            ("posts", "lake_files", "passed", NOW, None),
        ],
    )

    [said] = [sentence for sentence in sentences(facts) if "passed" in sentence]
    assert said == "1 of 1 check passed when they last ran; of 1 more there is no result yet."
