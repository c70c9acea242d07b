import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction

import pytest

from reports.creator.headline import summary
from reports.creator.model import ENGAGEMENTS, Audience, CreatorReport, Milestone, TopPost, Usual
from reports.creator.page import render_report, shown_name
from tests.fixtures.creator_reports import (
    LAST,
    PAYLOADS,
    believable,
    every_kind,
    hostile,
    new_account,
    quiet,
    silent,
    unseen,
    without_days,
)
from tests.fixtures.read_page import Element, page_json, read_page

REPORTS = every_kind()
ACTIVE = [kind for kind, report in REPORTS.items() if not report.is_quiet]
MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
TYPES = {"like": "LIKE", "comment": "COMMENT", "share": "SHARE", "save": "SAVE", "click": "CLICK"}


def rendered(report: CreatorReport) -> Element:
    return read_page(render_report(report))


def number(text: str) -> int:
    return int(text.replace(",", ""))


def card(page: Element, name: str) -> Element:
    return page.one("article", data_card=name)


def table_below(page: Element, title: str) -> list[list[str]]:
    [part] = [part for part in page.all("details") if part.all("summary")[0].text == title]
    return part.one("table").rows()


def test_without_a_view_on_record_there_are_no_numbers_of_views_and_the_page_says_why() -> None:
    page = rendered(unseen(REPORTS["believable"]))

    cards = [element.attributes["data-card"] for element in page.all("article", class_="card")]
    assert cards == ["post_engagements", "followers"]
    assert "No views of posts are on record" in page.text
    posts = page.one("ol", class_="posts")
    assert {term.text for term in posts.all("dt")} == {"Engagements"}


def test_a_post_that_nobody_has_seen_yet_is_no_sign_that_views_are_not_counted() -> None:
    report = REPORTS["silent"]

    assert report.counts_views
    assert REPORTS["believable"].counts_views


@pytest.mark.parametrize("kind", ACTIVE)
def test_the_headline_is_the_report_s(kind: str) -> None:
    report = REPORTS[kind]
    page = rendered(report)

    for name in ("post_impressions", "post_engagements", "profile_views"):
        assert number(card(page, name).one("p", class_="value").text) == report.totals[name]
    followers = card(page, "followers")
    assert number(followers.one("p", class_="value").text) == report.followers
    for name in ("followers_gained", "followers_lost"):
        assert (
            number(followers.one("div", data_note=name).one("strong").text) == report.totals[name]
        )
    rate = Decimal(card(page, "engagement_rate").one("p", class_="value").text.removesuffix(" %"))
    assert report.engagement_rate is not None
    assert abs(Fraction(rate) - report.engagement_rate * 100) <= Fraction(1, 20)


@pytest.mark.parametrize("kind", ACTIVE)
def test_the_tables_of_days_are_the_report_s(kind: str) -> None:
    report = REPORTS[kind]
    page, series = rendered(report), report.series

    columns = {
        "Impressions, day by day": [series["post_impressions"]],
        "Engagements, day by day and by type": [
            series["post_engagements"],
            *(report.by_type[kind] for kind in ENGAGEMENTS),
        ],
        "Followers and profile views, day by day": [
            series["followers_gained"],
            series["followers_lost"],
            series["profile_views"],
        ],
    }
    for title, counts in columns.items():
        expected = [
            [
                f"{day:%a} {day.day} {MONTHS[day.month - 1]}",
                *(f"{column[place]:,}" for column in counts),
                "final" if day in report.final_days else "provisional",
            ]
            for place, day in enumerate(report.days)
        ]
        assert table_below(page, title) == expected[::-1]


@pytest.mark.parametrize("kind", REPORTS)
def test_the_script_is_told_the_report_s_numbers_and_no_text_of_users(kind: str) -> None:
    report = REPORTS[kind]

    assert page_json(rendered(report)) == {
        "days": [day.isoformat() for day in report.days],
        "period": [report.period.days.first.isoformat(), LAST.isoformat()],
        "final": [day in report.final_days for day in report.days],
        "series": {name: list(counts) for name, counts in report.series.items()},
        "by_type": {kind: list(counts) for kind, counts in report.by_type.items()},
        "totals": dict(report.totals),
        "followers": report.followers,
        "hours": [[*place, level] for place, level in sorted(report.audience.hours.items())],
    }


@pytest.mark.parametrize("kind", ["believable", "huge", "hostile"])
def test_the_posts_are_the_report_s(kind: str) -> None:
    report = REPORTS[kind]

    items = rendered(report).all("li", class_="post")

    assert len(items) == len(report.posts)
    for item, post in zip(items, report.posts, strict=True):
        shown = {
            part.one("dt").text: number(part.one("dd").text) for part in item.one("dl").all("div")
        }
        assert shown == {"Impressions": post.impressions, "Engagements": post.total}
        by_type = re.findall(r"([\d,]+) ([a-z]+?)s?\b", item.one("p", class_="by-type").text)
        assert {TYPES[name]: number(count) for count, name in by_type} == {
            kind: count for kind, count in post.engagements.items() if count
        }
        assert_receipt(item, post)


def assert_receipt(item: Element, post: TopPost) -> None:
    parts = [(words, Decimal(part.replace("\N{MINUS SIGN}", "-"))) for words, part in receipt(item)]

    assert parts == list(post.receipt)
    if post.score is not None:
        assert sum(part for _, part in parts) == post.score
        assert item.one("summary").text == f"Score {post.score:,.2f}"


def receipt(item: Element) -> list[list[str]]:
    return [row for table in item.all("table", class_="receipt") for row in table.rows()]


def test_the_hours_of_the_week_are_the_report_s() -> None:
    report = believable()
    levels = (4, 3, 2, 1)
    found: dict[tuple[int, int], int] = {}

    for weekday, row in enumerate(rendered(report).one("table", class_="week").rows()):
        for level, spans in zip(levels, row[1:], strict=True):
            for first, end in re.findall(r"(\d+) to (\d+)", spans):
                found |= {(weekday, hour): level for hour in range(int(first), int(end))}

    assert found == report.audience.hours


def test_what_engaging_consisted_of_adds_up() -> None:
    report = believable()
    table = rendered(report).all("table", class_="types")[0]

    counts = [number(row[-1]) for row in table.rows()]

    inside = [place for place, day in enumerate(report.days) if day in report.period.days]
    assert counts == [sum(report.by_type[kind][place] for place in inside) for kind in ENGAGEMENTS]
    assert sum(counts) == report.totals["post_engagements"]
    assert {row[1] for row in table.rows()} == {""}


def test_changes_of_published_numbers_are_told_with_their_reasons() -> None:
    rows = rendered(believable()).one("table", class_="changes").rows()

    assert rows == [
        ["Wed 18 Nov 2026", "Impressions: 409, was 402", "some of it arrived late"],
        [
            "Wed 18 Nov 2026",
            "Followers lost: 2, was 3",
            "an account was erased and something was taken back or deleted",
        ],
    ]


def test_provisional_numbers_are_marked_in_words_and_final_ones_are_not() -> None:
    open_page, final_page = rendered(believable()), rendered(believable(provisional=0))

    assert "24 to 25 Nov may still change" in open_page.one("p", class_="notice").text
    assert all("provisional" in card.text for card in open_page.all("article", class_="card"))
    assert "provisional" not in final_page.one("main").text


def test_a_new_account_is_told_why_nothing_is_compared_and_what_is_too_small() -> None:
    text = rendered(new_account()).one("main").text

    assert text.count("omparison") == 1
    assert "Comparisons begin once you have a whole week before the period" in text
    assert "Nothing was counted in the 4 weeks before." in text
    assert "in grey" not in text
    assert "fewer than 10 accounts" in text
    assert "are shown from 10 accounts on, so that nobody can be recognised in them" in text
    assert not any("before" in card.text for card in rendered(new_account()).all("article"))


def test_an_audience_of_which_one_part_is_too_small_shows_neither() -> None:
    report = replace(believable(), audience=Audience(reached=25))

    text = rendered(report).one("main").text

    assert "25 accounts did something" in text
    assert "New or returning: one of the two is fewer than 10 accounts." in text


def test_a_quiet_creator_reads_kind_words_and_sees_no_empty_chart() -> None:
    before, never = rendered(quiet()), rendered(silent())

    assert "That happens to everyone" in before.one("main").text
    assert "Sunday, 19 to 20 o'clock UTC" in before.one("main").text
    assert [part.attributes["data-chart"] for part in before.all("figure")] == [
        "impressions",
        "hours",
    ]
    assert number(card(before, "followers").one("p", class_="value").text) == 214
    assert never.all("figure") == []
    assert "one comment counts as much as ten likes" in never.one("main").text


def test_a_quiet_creator_s_one_post_is_called_one() -> None:
    one, two = (rendered(replace(quiet(), posts_created=posts)) for posts in (1, 2))

    assert "1 post in these days: people may still find it" in one.one("main").text
    assert "2 posts in these days: people may still find them" in two.one("main").text


def test_every_metric_is_defined_as_the_registry_has_it() -> None:
    terms = rendered(believable()).one("dl", class_="terms").text

    assert "VIEW events on D on the user's posts" in terms
    assert "post_impressions, version 1, in events" in terms


@pytest.mark.parametrize("kind", REPORTS)
def test_all_elements_are_closed_and_no_name_is_given_twice(kind: str) -> None:
    page = render_report(REPORTS[kind])

    ids = re.findall(r'\bid="([^"]+)"', page)
    assert read_page(page).one("h1").text == shown_name(REPORTS[kind])
    assert len(ids) == len(set(ids))
    attributes = set(names_of_attributes(read_page(page)))
    assert "style" not in attributes
    assert not any(name.startswith("on") for name in attributes)


def names_of_attributes(element: Element) -> Iterator[str]:
    yield from element.attributes
    for part in element.parts:
        if isinstance(part, Element):
            yield from names_of_attributes(part)


def test_hostile_text_is_escaped_wherever_it_stands() -> None:
    page = render_report(hostile())

    assert "<script>alert(1)" not in page
    assert "<img" not in page
    assert 'href="https://' not in page
    shown = [part.text for part in read_page(page).all("bdi")]
    for payload in PAYLOADS[:9]:
        assert " ".join(payload.split()) in shown


def test_a_deleted_post_is_said_to_be_one() -> None:
    posts = [replace(post, text=None) for post in believable().posts]

    items = rendered(replace(believable(), posts=posts)).all("li", class_="post")

    said = [item.one("p", class_="excerpt").text for item in items]
    assert said == ["A post without text"] * 4 + ["This post was deleted"]


def test_a_report_without_any_day_before_the_period_says_nothing_about_them() -> None:
    report = believable()
    last = {name: counts[-7:] for name, counts in report.series.items()}
    kinds = {kind: counts[-7:] for kind, counts in report.by_type.items()}
    first = replace(report, days=report.days[-7:], series=last, by_type=kinds, usual={})

    page = rendered(first)

    assert len(table_below(page, "Impressions, day by day")) == 7
    assert "before in grey" not in page.text
    assert "Days before the period" not in page.text


def test_a_page_says_how_many_of_the_days_before_it_shows() -> None:
    whole, still = believable(), quiet()
    few, fewer = (without_days(report, *report.days[7:18]) for report in (whole, still))

    assert "This week in colour, the 4 weeks before in grey." in rendered(whole).text
    assert "This week in colour, 17 of the 28 days before in grey." in rendered(few).text
    assert "17 of the 28 days before" in [title.text for title in rendered(fewer).all("h2")]


def test_a_megabyte_of_text_is_shown_in_part() -> None:
    assert len(render_report(hostile()).encode()) < 130_000


@pytest.mark.parametrize("username", ["", " \t", "\u200b\u200d", "\0", "\u202e"])
def test_a_name_that_cannot_be_seen_is_replaced(username: str) -> None:
    assert shown_name(replace(believable(), username=username)) == "Creator 5eed0000"


def test_the_policy_allows_no_inline_script_nor_style_but_the_page_s_own() -> None:
    [policy] = re.findall(r'Content-Security-Policy" content="([^"]+)"', render_report(silent()))

    parts = dict(part.split(" ", 1) for part in policy.split("; "))
    assert parts["default-src"] == "'none'"
    assert parts["script-src"] == "'self'"
    assert re.fullmatch(r"('sha256-[\w+/=]{44}' ?){2}", parts["style-src"])
    assert parts["img-src"] == "data:"
    assert (parts["base-uri"], parts["form-action"]) == ("'none'", "'none'")


def test_milestones_are_said_in_a_sentence() -> None:
    best = Milestone("best_day_engagements", 912, LAST - timedelta(days=1))
    report = replace(believable(), milestones=(Milestone("followers", 1_000), best))

    told = [item.text for item in rendered(report).one("ul", class_="milestones").all("li")]

    assert told == [
        "★ 1,000 followers reached",
        "★ Best day in four weeks: 912 engagements on 24 November 2026",
    ]


def test_a_page_of_a_new_installation_says_since_when_it_counts() -> None:
    whole = believable()
    late = replace(whole, days=[LAST], series={name: [1] for name in whole.series})
    late = replace(late, by_type={kind: [1] for kind in whole.by_type}, final_days=frozenset())

    text = rendered(late).text

    assert "Counted since 25 November 2026. The days before it were never counted." in text
    assert "Provisional. 25 Nov may still change" in text
    assert "Counted since" not in rendered(whole).text


def test_a_page_says_which_of_its_days_was_read_before_it_ended() -> None:
    half = rendered(replace(believable(), cut_short=(LAST,))).text

    assert "Not whole: 25 Nov. Read before it ended" in half
    assert "Not whole" not in rendered(believable()).text


def test_a_page_tells_a_small_group_from_weeks_that_were_not_counted() -> None:
    report = believable()

    def who_came(audience: Audience) -> str:
        return rendered(replace(report, audience=audience)).text

    assert "one of the two is fewer than 10 accounts" in who_came(Audience(reached=50))
    unknown = who_came(Audience(reached=50, knows_returning=False))
    assert "Who came back is told once all of the four weeks before are counted." in unknown
    assert "one of the two" not in unknown


def test_nothing_is_said_of_views_where_there_were_none_and_never_are() -> None:
    report = believable()
    unseen = replace(
        report, totals={**report.totals, "post_impressions": 0}, usual={}, milestones=()
    )

    assert "Your posts got 261 engagements." in rendered(unseen).text
    assert "Your posts were seen 3,361 times" in rendered(report).text


@pytest.mark.parametrize("report", [believable(), replace(quiet(), final_days=frozenset())])
def test_the_news_of_a_period_stands_before_its_reservations(report: CreatorReport) -> None:
    page = render_report(report)

    assert page.index('<p class="summary">') < page.index("<strong>Provisional.</strong>")
    assert page.index("<strong>Provisional.</strong>") < page.index('class="card"')


def test_the_first_lines_name_the_post_that_did_best() -> None:
    report = believable()
    first, *others = report.posts
    assert first.text
    best = rendered(report).one("p", class_="best")
    untitled = replace(report, posts=[replace(first, text=None), *others])
    gone = replace(report, posts=[replace(first, text=None, is_deleted=True), *others])

    assert (
        best.text
        == f"Best post: {first.text[:70].rstrip()}\N{HORIZONTAL ELLIPSIS}, 149 engagements."
    )
    assert "the one of Tue 24 Nov 2026" in rendered(untitled).one("p", class_="best").text
    assert rendered(gone).all("p", class_="best") == []


def test_the_posts_of_a_period_are_counted_with_their_noun() -> None:
    one, three = (rendered(replace(believable(), posts_created=posts)).text for posts in (1, 3))

    assert "You published 1 post." in one
    assert "You published 3 posts." in three


@pytest.mark.parametrize(
    ("gained", "lost", "words"),
    [
        (2, 1, "2 accounts began to follow you, 1 stopped."),
        (1, 0, "1 account began to follow you."),
        (0, 3, "3 accounts stopped following you."),
        (0, 0, "No followers came or went."),
    ],
)
def test_who_came_and_went_is_told_without_counting_to_nothing(
    gained: int, lost: int, words: str
) -> None:
    report = believable()
    totals = {**report.totals, "followers_gained": gained, "followers_lost": lost}

    assert summary(replace(report, totals=totals)).endswith(words)


def test_where_no_view_is_on_record_nobody_is_told_to_have_been_seen_as_usual() -> None:
    report = unseen(believable())
    none = Usual(4, Fraction(0), 0, 0)

    told = summary(replace(report, usual={**report.usual, "post_impressions": none}))

    assert told.startswith("Your posts got 261 engagements")
