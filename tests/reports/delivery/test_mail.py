import re
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from fractions import Fraction
from html.parser import HTMLParser
from uuid import UUID

import pytest

from reports.creator.comparison import WHY_NO_WEEK
from reports.creator.model import NUMBERS, Audience, CreatorReport, Period, ReportPeriod, Usual
from reports.creator.words import TIED
from reports.delivery.letter import Letter
from reports.delivery.links import Links
from reports.delivery.mail import Letterhead
from reports.delivery.senders import Mail
from schema.errors import UsageError
from tests.fixtures.creator_reports import unseen, without_days
from tests.fixtures.mail_reports import QUEUED_AT, TOTALS, WEEK, post, quiet_week_of, week_of
from tests.fixtures.post_office import KEY, LETTERHEAD, MAIL_FROM

ANN = UUID(int=7)
HOSTILE = (
    "ann\r\nBcc: all@evil.example\r\n\r\n<script>alert(1)</script>",
    "=?utf-8?q?a=0D=0ABcc:_all@evil.example?=",
    '"ann" <all@evil.example>, bob',
    "\u202egnp.exe\u202c\0\x1b[31m",
    "<img src=x onerror=alert(1)><a href='https://evil.example'>win</a>",
    "{{ 7 * 7 }}{% raw %}",
    "\N{FAMILY}\u0645\u0631\u062d\u0628\u0627 \u65e5\u672c\u8a9e" * 30,
    "z" + "\u0336" * 500,
    "",
    " \u200b ",
)


class Shown(HTMLParser):
    """What a reader of the mail sees, and what the mail would load or lead to."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.tags: set[str] = set()
        self.addresses: list[str] = []
        self.handlers: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.addresses += [str(v) for k, v in attrs if k in {"href", "src", "background"}]
        self.handlers += [k for k, _ in attrs if k.startswith("on")]

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.texts).split())


def write(report: CreatorReport, head: Letterhead = LETTERHEAD) -> Mail:
    return head.write(Letter(report, "ann@example.org", QUEUED_AT))


def parsed(mail: Mail) -> EmailMessage:
    message = message_from_bytes(mail.content, policy=default)
    assert isinstance(message, EmailMessage)
    assert message.defects == []
    return message


def body(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    assert part is not None
    content: str = part.get_content()
    return content


def numbers_in(text: str) -> set[int]:
    return {int(found.replace(",", "")) for found in re.findall(r"\b\d[\d,]*\b", text)}


def test_where_views_are_not_counted_the_mail_speaks_of_engagement_alone() -> None:
    message = parsed(write(unseen(week_of(ANN))))
    plain, html = (message.get_body((kind,)) for kind in ("plain", "html"))
    assert plain is not None
    assert html is not None
    told = (plain.get_content(), Shown(html.get_content()).text)

    assert message["Subject"] == f"mira.makes.pots, your week: {TOTALS[1]} engagements"
    for text in told:
        assert "engagements" in text
        assert "impression" not in text.lower()
        assert "profile view" not in text


def test_both_parts_hold_the_numbers_of_the_report() -> None:
    report = week_of(ANN)
    message = parsed(write(report))

    for part in (body(message, "plain"), Shown(body(message, "html")).text):
        text = part.replace(TIED, " ")
        assert set(TOTALS) | {report.followers, 5_000, 2_222} <= numbers_in(text)
        assert "23 % more than usual (8,500 to 11,200 in each of the 4 weeks before)" in text
        assert "as usual (600 to 701 in each of the 4 weeks before)" in text
        assert "50 % fewer than usual (2,000 to 2,936 in each of the 2 weeks before)" in text
        assert "no comparison yet" in text
        assert "engagement rate 5.5 %" in text
        for shown in report.posts:
            assert {shown.impressions, shown.total} <= numbers_in(text)


def test_the_parts_are_alternatives_and_the_chart_belongs_to_the_html() -> None:
    message = parsed(write(week_of(ANN)))

    kinds = [part.get_content_type() for part in message.walk()]
    assert kinds == [
        *("multipart/alternative", "text/plain", "multipart/related", "text/html", "image/png"),
    ]
    chart = next(part for part in message.walk() if part.get_content_type() == "image/png")
    assert chart.get_content_disposition() == "inline"
    assert f'src="cid:{chart["Content-ID"].strip("<>")}"' in body(message, "html")
    assert chart.get_content().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("missing", "words"),
    [
        (0, "grey ones the 4 weeks before."),
        (11, "grey ones 17 of the 28 days before."),
        (28, "are the days of this report."),
    ],
)
def test_a_mail_says_how_many_of_the_days_before_its_chart_shows(missing: int, words: str) -> None:
    whole = week_of(ANN)

    message = parsed(write(without_days(whole, *whole.days[:missing])))

    assert words in Shown(body(message, "html")).text


def test_a_mail_about_followers_alone_has_no_empty_chart() -> None:
    report = week_of(ANN)
    unseen = replace(report, series={**report.series, "post_impressions": [0] * len(report.days)})

    message = parsed(write(unseen))

    assert [part.get_content_type() for part in message.walk() if not part.is_multipart()] == [
        "text/plain",
        "text/html",
    ]
    assert "cid:" not in body(message, "html")


def test_the_same_report_gives_the_same_bytes_and_another_one_others() -> None:
    mail = write(week_of(ANN))

    assert write(week_of(ANN)) == mail
    assert write(week_of(UUID(int=8))).content != mail.content
    later = LETTERHEAD.write(
        Letter(week_of(ANN), "ann@example.org", datetime(2025, 1, 1, tzinfo=UTC))
    )
    assert later.message_id == mail.message_id
    assert later.content != mail.content


def test_the_headers_say_whose_list_it_is_and_how_to_leave_it() -> None:
    mail = write(week_of(ANN))
    message = parsed(mail)
    url = LETTERHEAD.links.preferences(ANN)

    assert message["From"] == f"Social Live <{MAIL_FROM}>"
    assert message["Date"].datetime == QUEUED_AT
    assert message["Message-ID"] == mail.message_id
    assert message["List-Id"] == "Creator reports <creator-reports.social.example>"
    by_mail = f"<mailto:{MAIL_FROM}?subject=unsubscribe%20{ANN}>"
    assert message["List-Unsubscribe"] == f"<{url}>, {by_mail}"
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Subject"] == "mira.makes.pots, your week: 12,345 impressions"
    assert f"List-Unsubscribe: <{url}>,\r\n {by_mail}\r\n".encode() in mail.content


def test_without_a_public_url_there_is_no_link_and_no_one_click() -> None:
    message = parsed(write(week_of(ANN), Letterhead(MAIL_FROM, Links(KEY))))

    assert message["List-Unsubscribe"].startswith("<mailto:")
    assert message["List-Unsubscribe-Post"] is None
    assert "http" not in body(message, "plain")
    for kind in ("plain", "html"):
        assert "first published." in body(message, kind).replace("\n", " ")
        assert "the whole report" not in body(message, kind)
    assert [a for a in Shown(body(message, "html")).addresses if not a.startswith("cid:")] == []


def test_nothing_is_loaded_from_anywhere_and_nothing_runs() -> None:
    html = body(parsed(write(week_of(ANN))), "html")
    shown = Shown(html)
    ours = {str(LETTERHEAD.links.page(ANN, week_of(ANN).period))}
    ours.add(str(LETTERHEAD.links.preferences(ANN)))

    assert {a for a in shown.addresses if not a.startswith("cid:")} == ours
    assert not shown.tags & {"script", "link", "iframe", "object", "form", "base", "svg"}
    assert not shown.handlers
    assert not re.search(r"url\(|@import|@font-face", html)
    assert "prefers-color-scheme: dark" in html
    assert 'class="amount"' in html
    assert re.search(r'class="amount" style="[^"]*font-size: 24px', html)


def test_a_quiet_creator_gets_a_short_kind_mail() -> None:
    message = parsed(write(quiet_week_of(ANN)))
    text = body(message, "plain")

    assert message["Subject"] == "slow.sundays, your week was quiet"
    assert "It was quiet around your posts" in text
    assert "Tuesdays from 18:00 UTC" in text
    assert "impressions" not in text
    assert [p for p in message.walk() if p.get_content_type() == "image/png"] == []


@pytest.mark.parametrize(
    ("posts", "words"),
    [
        (0, "When you post again, the numbers will be here."),
        (1, "You published 1 post: people may still find it."),
        (2, "You published 2 posts: people may still find them."),
    ],
)
def test_a_quiet_mail_knows_whether_anything_was_posted(posts: int, words: str) -> None:
    quiet = replace(quiet_week_of(ANN), posts_created=posts, audience=Audience())
    message = parsed(write(quiet))

    for text in (body(message, "plain"), Shown(body(message, "html")).text):
        assert words in text
        assert ("When you post again" in text) == (not posts)


def test_several_days_were_quiet_and_one_was() -> None:
    periods = [ReportPeriod(period, WEEK.last) for period in (Period.DAY, Period.MONTH)]

    subjects = [
        parsed(write(replace(quiet_week_of(ANN), period=period)))["Subject"] for period in periods
    ]

    told = ["your day was quiet", "your last four weeks were quiet"]
    assert subjects == [f"slow.sundays, {words}" for words in told]


@pytest.mark.parametrize("text", HOSTILE)
def test_what_a_user_wrote_adds_no_header_no_recipient_and_no_markup(text: str) -> None:
    report = replace(week_of(ANN, text), posts=(post(1, text=text), post(2, text=text)))
    mail = write(report)
    message = parsed(mail)
    plain = parsed(write(week_of(ANN, "ann")))

    assert message.keys() == plain.keys()
    assert [a.addr_spec for a in message["To"].addresses] == ["ann@example.org"]
    assert [a.addr_spec for a in message["From"].addresses] == [MAIL_FROM]
    assert message["Bcc"] is None
    assert len(str(message["Subject"])) < 110
    for header in ("To", "Subject"):
        assert not re.search(r"[\x00-\x1f\x7f\u202a-\u202e\u2066-\u2069]", str(message[header]))
    ours, theirs = Shown(body(plain, "html")), Shown(body(message, "html"))
    assert theirs.tags <= ours.tags
    assert len(theirs.addresses) == len(ours.addresses)
    assert not theirs.handlers
    assert max(len(line) for line in mail.content.split(b"\r\n")) <= 998


def test_an_address_that_is_none_is_refused_without_being_shown() -> None:
    with pytest.raises(UsageError, match="not one plain e-mail address") as refusal:
        LETTERHEAD.write(Letter(week_of(ANN), "ann@example.org\r\nBcc: bob@b.c", QUEUED_AT))

    assert "ann" not in str(refusal.value)


@pytest.mark.parametrize(
    ("period", "words"),
    [
        (Period.DAY, ("Your day, ", "\n2 March 2024 (UTC)")),
        (
            Period.MONTH,
            (
                "Your four weeks, ",
                "\n4 February to 2 March 2024 (UTC)",
                "weeks before, times 4",
            ),
        ),
    ],
)
def test_each_period_is_named(period: Period, words: tuple[str, ...]) -> None:
    report = replace(week_of(ANN), period=ReportPeriod(period, week_of(ANN).period.last))

    text = body(parsed(write(report)), "plain")

    assert all(word in text for word in words)


def test_the_mail_shows_no_number_that_the_report_does_not_have() -> None:
    report = week_of(ANN)
    days = {25, 2, 27, 2024}
    usual = {8_500, 11_200, 600, 701, 2_000, 2_936, 4, 23, 50, 5, 28}
    posts = {4_101, 4_102, 351, 352, 333, 24, 12, 41, 1}
    milestones = {5_000, 2_222, 5_043}

    [text] = [body(parsed(write(report, Letterhead(MAIL_FROM, Links(KEY)))), "plain")]

    assert numbers_in(text) <= {*TOTALS, *days, *usual, *posts, *milestones}
    assert len(NUMBERS) == len(TOTALS)


def test_what_the_longest_bar_of_the_picture_counts_is_told_beside_it() -> None:
    shown = Shown(body(parsed(write(week_of(ANN))), "html")).text

    most = max(week_of(ANN).series["post_impressions"])
    assert f"Most: {most:,} impressions on 2 March 2024." in " ".join(shown.split())


def test_a_mail_without_weeks_to_compare_with_says_so_once() -> None:
    message = parsed(write(replace(week_of(ANN), usual={})))

    assert "\n12,345 impressions\n" in body(message, "plain").replace("\r", "")
    for text in (body(message, "plain"), Shown(body(message, "html")).text):
        assert "sual" not in text
        assert text.count(WHY_NO_WEEK) == 1


@pytest.mark.parametrize(
    ("totals", "subject"),
    [
        ({"followers_gained": 3, "profile_views": 7}, "your week: 3 new followers"),
        ({"followers_lost": 2}, "your week"),
    ],
)
def test_a_subject_tells_the_first_number_that_is_any(totals: dict[str, int], subject: str) -> None:
    report = week_of(ANN)
    report = replace(report, totals=dict.fromkeys(report.totals, 0) | totals)

    assert parsed(write(report))["Subject"] == f"mira.makes.pots, {subject}"


NOTHING_EVER = dict.fromkeys(NUMBERS, 0)


def about(totals: dict[str, int], *, before: dict[str, int], usual: dict[str, Usual]) -> str:
    """The plain text of a week whose days before had these numbers, each day."""
    report = week_of(ANN)
    days = len(report.days)
    message = parsed(
        write(
            replace(
                report,
                totals=NOTHING_EVER | totals,
                series={name: [before.get(name, 0)] * (days - 7) + [0] * 7 for name in NUMBERS},
                usual=dict.fromkeys(NUMBERS, Usual(4, Fraction(0), 0, 0)) | usual,
                posts=(),
                milestones=(),
                restatements=(),
            )
        )
    )
    plain, html = body(message, "plain"), Shown(body(message, "html")).text
    for line in ("impressions", "engagements", "new followers", "profile views", "follower lost"):
        assert (line in plain) is (line in html)
    return plain


def test_a_mail_about_one_lost_follower_lists_no_zeros() -> None:
    text = about({"followers_lost": 1}, before={}, usual={})

    assert "1 follower lost" in text
    assert not re.search(r"^0 ", text, re.MULTILINE)


def test_a_fall_to_zero_is_told_with_the_number_beside_it() -> None:
    usual = {"followers_gained": Usual(4, Fraction(7), 7, 7)}
    text = about({"followers_lost": 1}, before={}, usual=usual).replace(TIED, " ")

    assert "0 new followers: fewer than usual (7 in each of the 4 weeks before)" in text
    assert "0 profile views" in text
    assert "impressions" not in text

    text = about({"followers_lost": 1}, before={"post_impressions": 1}, usual={})
    assert "0 engagements" in text
    assert "0 impressions" in text
    assert "new followers" not in text
