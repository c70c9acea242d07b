import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.user_text import (
    BIDI_CONTROLS,
    ELLIPSIS,
    LONGEST_CLUSTER,
    is_blank,
    isolated,
    one_line,
)

FAMILY = "\N{MAN}\u200d\N{WOMAN}\u200d\N{GIRL}"
NORWAY = "\U0001f1f3\U0001f1f4"
WAVE = "\N{WAVING HAND SIGN}\U0001f3fd"
# Every code point, lone surrogates too.
ANY_TEXT = st.text(st.characters())


@given(ANY_TEXT, st.integers(1, 60))
def test_a_line_is_short_written_as_utf_8_and_holds_no_control(text: str, most: int) -> None:
    line = one_line(text, most)

    assert len(line) <= most + len(ELLIPSIS)
    assert line.encode().decode() == line
    assert not any(unicodedata.category(letter) in {"Cc", "Cs"} for letter in line)
    assert not BIDI_CONTROLS & set(line)
    assert "\u2028" not in line
    assert "\u2029" not in line


@given(ANY_TEXT)
def test_a_line_that_was_made_is_left_as_it_is(text: str) -> None:
    line = one_line(text, 40).removesuffix(ELLIPSIS)

    assert one_line(line, 40) == line


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", "plain"),
        ("  two\r\nlines\t and \u2028 more ", "two lines and more"),
        ("nul\0bell\a", "nulbell"),
        ("lone \ud800", "lone \N{REPLACEMENT CHARACTER}"),
        ("\u202egnp.exe\u202c", "gnp.exe"),
        ("", ""),
    ],
)
def test_what_cannot_be_shown_is_left_out(text: str, shown: str) -> None:
    assert one_line(text, 40) == shown


@pytest.mark.parametrize(
    "visible", [FAMILY, NORWAY, WAVE, "e\u0301\u0302", "\u2764\ufe0f", "1\ufe0f\u20e3"]
)
def test_a_cut_never_goes_through_a_visible_character(visible: str) -> None:
    for most in range(1, 3 * len(visible)):
        kept = one_line(visible * 4, most).removesuffix(ELLIPSIS)
        whole, rest = divmod(len(kept), len(visible))

        assert kept == visible * whole + visible[:rest]
        assert rest == 0 or whole == 0


def test_a_pile_of_marks_is_cut_all_the_same() -> None:
    line = one_line("z" + "\u0301" * 10_000, 100)

    assert LONGEST_CLUSTER < len(line) <= 101


def test_a_megabyte_costs_no_more_than_its_beginning() -> None:
    class Counted(str):
        __slots__ = ("read",)

        def __getitem__(self, part: object) -> str:
            assert isinstance(part, slice)
            assert part.stop is not None
            assert part.stop < 2_000
            return super().__getitem__(part)

    assert one_line(Counted("x" * 1_000_000), 280) == "x" * 280 + ELLIPSIS


@pytest.mark.parametrize("text", ["", " ", "\u200b\u200d", "\u2800"[:0], "\ufeff"])
def test_text_of_which_nothing_is_seen_is_blank(text: str) -> None:
    assert is_blank(text)
    assert not is_blank(text + "a")


def test_isolation_opens_and_closes() -> None:
    assert isolated("a") == "\u2068a\u2069"
