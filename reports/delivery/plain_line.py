"""Text that people wrote, as one harmless line: for headers and mail, which have no style sheet."""

import unicodedata

from reports.user_text import one_line

# Joiners that emoji and several scripts are written with; other format characters reorder or hide.
JOINERS = {"\u200c", "\u200d"}
# More marks than any script puts on one letter.
MOST_MARKS = 4


def plain_line(text: str, most: int) -> str:
    """The text without control, format and unassigned characters, at most so many long.

    Stricter than on a page: nothing is left that a page's style sheet would have to hold in check.
    """
    kept = "".join(character if _is_shown(character) else " " for character in text)
    line = " ".join(_few_marks(unicodedata.normalize("NFC", kept)).split())
    return line if len(line) <= most else one_line(line, most - 1)


def _is_shown(character: str) -> bool:
    return character in JOINERS or unicodedata.category(character)[0] not in {"C", "Z"}


def _few_marks(text: str) -> str:
    shown: list[str] = []
    marks = 0
    for character in text:
        marks = marks + 1 if unicodedata.combining(character) else 0
        if marks <= MOST_MARKS:
            shown.append(character)
    return "".join(shown)
