import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.delivery.plain_line import MOST_MARKS, plain_line

FAMILY = "\N{MAN}\u200d\N{WOMAN}\u200d\N{GIRL}"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("ann", "ann"),
        ("ann\r\nBcc: all@example.org", "ann Bcc: all@example.org"),
        ("nul\0 bell\a\x1b[31m", "nul bell [31m"),
        ("\u202egnp.exe\u202c \u2066x\u2069", "gnp.exe x"),
        ("line\u2028paragraph\u2029tab\tend", "line paragraph tab end"),
        (f"{FAMILY} \u0645\u0631\u062d\u0628\u0627", f"{FAMILY} \u0645\u0631\u062d\u0628\u0627"),
        ("\ud800 \udfff", ""),
        ("  ", ""),
        ("abcdefghijk", "abcdefghi\N{HORIZONTAL ELLIPSIS}"),
    ],
)
def test_a_line_is_what_people_can_see(text: str, line: str) -> None:
    assert plain_line(text, 10 if text == "abcdefghijk" else 90) == line


def test_a_line_that_just_fits_is_not_cut() -> None:
    assert plain_line("abcdefghij", 10) == "abcdefghij"


def test_a_cut_never_goes_through_a_visible_character() -> None:
    assert plain_line(FAMILY * 3, 9) == FAMILY + "\N{HORIZONTAL ELLIPSIS}"


def test_a_letter_keeps_a_few_marks_only() -> None:
    assert len(plain_line("z" + "\u0336" * 400, 90)) == 1 + MOST_MARKS


def test_marks_that_stand_on_no_letter_are_few_too() -> None:
    assert plain_line("\u0336" * 400, 90) == "\u0336" * MOST_MARKS


@given(text=st.text(), most=st.integers(min_value=1, max_value=50))
def test_a_line_is_short_and_has_nothing_that_moves_or_hides(text: str, most: int) -> None:
    line = plain_line(text, most)

    assert len(line) <= most
    assert line == line.strip()
    assert {unicodedata.category(c) for c in line} & {"Cc", "Cs", "Co", "Zl", "Zp"} == set()
    line.encode()
