"""A number beside the range that is usual: a strip that words stand next to."""

from fractions import Fraction

from reports.creator.canvas import Canvas

HEIGHT, MIDDLE = 18, 9
# Part of the strip that the greatest number takes.
LONGEST = 0.92


def draw_range(value: Fraction, lower: Fraction, middle: Fraction, upper: Fraction) -> str:
    """`value` as a dot; the usual range as a bar from `lower` to `upper`, a tick at `middle`."""
    canvas = Canvas(HEIGHT)
    scale = LONGEST / (float(max(value, upper)) or 1)
    dot, left, tick, right = (float(number) * scale for number in (value, lower, middle, upper))
    canvas.box((0, MIDDLE - 1), (1, 2), "line")
    canvas.box((left, MIDDLE - 4), (max(right - left, 0.01), 8), "before")
    canvas.box((tick, MIDDLE - 7), (0.006, 14), "tickmark")
    canvas.dot(dot, MIDDLE, 5, "now")
    return canvas.decoration("range")
