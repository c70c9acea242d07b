"""Any text that a user could write, on a page and in a mail: it adds nothing but itself."""

from dataclasses import replace
from functools import cache
from uuid import UUID

from hypothesis import example, given, settings
from hypothesis import strategies as st

from reports.creator.page import render_report
from reports.delivery.letter import Letter
from tests.fixtures.creator_reports import PAYLOADS, believable, identity
from tests.fixtures.mail_reports import QUEUED_AT, post, week_of
from tests.fixtures.post_office import LETTERHEAD
from tests.fixtures.read_page import read_page, shape

ANN = UUID(int=7)
MARKUP = [
    "<",
    ">",
    '"',
    "'",
    "&",
    "`",
    "=",
    "/",
    "--",
    "]]>",
    "<!",
    "</script",
    "{{",
    "}}",
    "{%",
    "$",
]
HOSTILE = st.lists(
    st.one_of(
        st.sampled_from(MARKUP),
        st.sampled_from(PAYLOADS),
        st.characters(),
        st.sampled_from(
            ["\u202e", "\u2066", "\u200b", "\ufeff", "\0", "\r\n", "\u0301" * 9, "\ud800"]
        ),
    ),
    max_size=12,
).map("".join)
FEW = settings(max_examples=25, derandomize=True)


@cache
def plain_page() -> list[tuple[str, tuple[str, ...]]]:
    return shape(read_page(page_with("plain", "plain")))


def page_with(name: str, text: str) -> str:
    report = believable(17)
    shown = [replace(report.posts[0], post_id=identity(900), text=text)]
    return render_report(replace(report, username=name, posts=shown))


@FEW
@given(HOSTILE.filter(str.strip), HOSTILE)
@example("</title><script>alert(1)</script>", "</p><script>alert(1)</script>")
def test_no_text_adds_anything_to_a_page(name: str, text: str) -> None:
    page = page_with(name, f"x{text}")

    assert shape(read_page(page)) == plain_page()
    page.encode("utf-8")


@FEW
@given(HOSTILE, HOSTILE)
def test_no_text_adds_a_header_or_a_part_to_a_mail(name: str, text: str) -> None:
    posts = tuple(post(number, text=f"x{text}") for number in (1, 2))
    letter = Letter(replace(week_of(ANN, name), posts=posts), "ann@example.org", QUEUED_AT)

    written = LETTERHEAD.write(letter).content
    plain = LETTERHEAD.write(Letter(week_of(ANN), "ann@example.org", QUEUED_AT)).content

    assert headers(written) == headers(plain)
    assert max(map(len, written.split(b"\r\n"))) <= 998


def headers(mail: bytes) -> list[bytes]:
    """Names of the headers of a mail; a line that goes on has none."""
    head = mail.partition(b"\r\n\r\n")[0].split(b"\r\n")
    return [line.partition(b":")[0] for line in head if line[:1] not in {b" ", b"\t"}]
