"""Text that users wrote, made fit to be shown on one line: it stays text, and stays where it is."""

import unicodedata

# Directional embeddings, overrides and isolates: an unpaired one would turn what stands after it.
BIDI_CONTROLS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
JOINERS = frozenset("\u200d\ufe0e\ufe0f\u20e3")
SKIN_TONES = range(0x1F3FB, 0x1F400)
FLAG_LETTERS = range(0x1F1E6, 0x1F200)
TAG_LETTERS = range(0xE0020, 0xE0080)
REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
ELLIPSIS = "\N{HORIZONTAL ELLIPSIS}"
# How many characters are looked at for each that is kept: what is cut is never read whole.
READ_AHEAD = 4
# Characters that one visible character may consist of; longer chains are cut inside.
LONGEST_CLUSTER = 32


def one_line(text: str, most: int) -> str:
    """At most that many characters on one line, without controls, cut between visible characters.

    What is cut off is marked by an ellipsis. Lone surrogates become U+FFFD, so that the result can
    be written as UTF-8. The result is still hostile where it is read as markup: escape it.
    """
    seen = text[: most * READ_AHEAD]
    letters = seen if seen.isprintable() else "".join(map(_shown, seen))
    line = " ".join(letters.split())
    if len(line) <= most and len(seen) == len(text):
        return line
    return line[: _border(line, most)].rstrip() + ELLIPSIS


def isolated(text: str) -> str:
    """The text between marks that keep its direction from turning its neighbours.

    For places where no element can do so, such as a title or a subject.
    """
    return f"\N{FIRST STRONG ISOLATE}{text}\N{POP DIRECTIONAL ISOLATE}"


def is_blank(text: str) -> bool:
    """Whether nothing of it would be seen."""
    return all(unicodedata.category(letter)[0] in "CZM" for letter in text)


def _shown(letter: str) -> str:
    if letter in BIDI_CONTROLS:
        return ""
    category = unicodedata.category(letter)
    if category == "Cs":
        return REPLACEMENT
    if letter.isspace():
        return " "
    return "" if category == "Cc" else letter


def _border(line: str, most: int) -> int:
    """Where to cut: the last border between visible characters within the first `most`."""
    first = max(most - LONGEST_CLUSTER, 1)
    for border in range(min(most, len(line)), first - 1, -1):
        if border == len(line) or not _belongs_together(line, border):
            return border
    return most


def _belongs_together(line: str, border: int) -> bool:
    before, after = line[border - 1], line[border]
    if before == "\u200d" or after in JOINERS or unicodedata.category(after)[0] == "M":
        return True
    if ord(after) in SKIN_TONES or ord(after) in TAG_LETTERS:
        return True
    return ord(after) in FLAG_LETTERS and _flag_letters_before(line, border) % 2 == 1


def _flag_letters_before(line: str, border: int) -> int:
    count = 0
    while count < border and ord(line[border - 1 - count]) in FLAG_LETTERS:
        count += 1
    return count
