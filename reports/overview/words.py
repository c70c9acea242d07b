"""Numbers, days and changes in words: what cells and sentences of the overview are made of."""

from collections.abc import Sequence
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

from schema.windows import consecutive

NOTHING = "\N{EN DASH}"
MINUS = "\N{MINUS SIGN}"
PER_CENT = "\N{NO-BREAK SPACE}%"
# A larger change is told in times, not in per cent.
MOST_PER_CENT = 10
# Per cent of fewer than this say nothing: these are told as they are.
FEW = 20
MOST_SPANS = 4

Number = int | Decimal | Fraction


def rounded(value: Number, decimals: int) -> Decimal:
    """The value with so many decimals, half away from zero."""
    exact = Fraction(value)
    scale = 10**decimals
    steps = (Decimal(exact.numerator * scale) / exact.denominator).quantize(1, ROUND_HALF_UP)
    return steps.scaleb(-decimals)


def number(value: Number, decimals: int = 0) -> str:
    """A number with thousands set apart."""
    return f"{rounded(value, decimals):,f}".replace("-", MINUS)


def per_cent(share: Number, decimals: int = 1) -> str:
    """A share in per cent."""
    return f"{number(Fraction(share) * 100, decimals)}{PER_CENT}"


def exact_number(value: int | Decimal) -> str:
    """All decimals that there are, and none that is zero only."""
    text = f"{value:,f}"
    shortened = text.rstrip("0").rstrip(".") if "." in text else text
    return shortened.replace("-", MINUS)


def exact_per_cent(share: Decimal) -> str:
    """A share in per cent, unrounded."""
    return f"{exact_number(share * 100)}{PER_CENT}"


def change_of(value: Number, before: Number) -> Fraction | None:
    """By which share a value differs from one before; none where that was 0."""
    return Fraction(value) / Fraction(before) - 1 if before else None


def change_in_words(value: Number, before: Number) -> str:
    """How a value compares with one before: "3.1 % more than", "as much as" and so on."""
    if value == before:
        return "the same as"
    change = change_of(value, before)
    if change is None or _are_few(value, before):
        return f"{exact(abs(Fraction(value) - Fraction(before)))} {_direction(value, before)} than"
    if abs(change) > MOST_PER_CENT:
        amount = "many" if isinstance(value, int) else "much"
        return f"{number(Fraction(value) / Fraction(before), 0)} times as {amount} as"
    return f"{per_cent(abs(change))} {'more' if change > 0 else 'less'} than"


def _are_few(value: Number, before: Number) -> bool:
    return isinstance(value, int) and isinstance(before, int) and max(value, before) < FEW


def _direction(value: Number, before: Number) -> str:
    if value > before:
        return "more"
    return "fewer" if isinstance(value, int) else "less"


def exact(value: Number) -> str:
    """A number with as many decimals as it takes, four at most."""
    return exact_number(rounded(value, 4))


def signed(change: Fraction) -> str:
    """A difference of small numbers with its sign."""
    return f"{_sign(change)}{exact_number(rounded(abs(change), 1))}"


def signed_per_cent(change: Fraction) -> str:
    """A change with its sign."""
    return f"{_sign(change)}{per_cent(abs(change))}"


def signed_points(change: Fraction) -> str:
    """By how much a share differs from another, in percentage points: their per cent mislead."""
    return f"{_sign(change)}{number(abs(change) * 100, 1)} points"


def _sign(change: Fraction) -> str:
    return "+" if change > 0 else MINUS if change < 0 else "\N{PLUS-MINUS SIGN}"


def data_size(size: int) -> str:
    """Bytes in the unit that leaves one to three digits."""
    units = ("bytes", "kB", "MB", "GB", "TB", "PB")
    power = min((len(str(abs(size))) - 1) // 3, len(units) - 1)
    return f"{number(Fraction(size, 1000**power), 1 if power else 0)} {units[power]}"


def duration(seconds: Number) -> str:
    """A length of time in the unit that people use for it."""
    exact = Fraction(seconds)
    for unit, length in (("days", 86_400), ("hours", 3_600), ("minutes", 60)):
        if exact >= 2 * length:
            return f"{number(exact / length, 1)} {unit}"
    return f"{number(exact)} seconds"


def count_of(amount: int, one: str) -> str:
    """An amount with its noun."""
    return f"{amount:,} {one if amount == 1 else f'{one}s'}"


def days_in_words(days: Sequence[date]) -> str:
    """Sorted days as spans, the first few of them."""
    spans = consecutive(list(days))
    told = [str(span) for span in spans[:MOST_SPANS]]
    left = sum(len(span) for span in spans[MOST_SPANS:])
    return ", ".join(told) + (f" and {count_of(left, 'later day')}" if left else "")
