"""A number's history as a line without any text, for pages and for Dagster's previews."""

from collections.abc import Iterator, Sequence
from decimal import Decimal

WIDTH, HEIGHT, EDGE = 160, 36, 3
# As thick wherever the picture is stretched.
EVEN = 'vector-effect="non-scaling-stroke"'

Value = int | Decimal


def sparkline(history: Sequence[Value | None], *, colour: str = "currentColor") -> str:
    """An SVG: a line from the oldest to the newest value, with gaps where there is none."""
    points = list(_points(history))
    lines = "".join(
        f'<polyline {EVEN} points="{" ".join(f"{x:.1f},{y:.1f}" for x, y in stretch)}"/>'
        for stretch in _stretches(points)
    )
    dots = [point for point in points if point is not None]
    # A line of no length stays round however wide the picture is drawn.
    dot = "".join(f'<path {EVEN} stroke-width="5" d="M{x:.1f},{y:.1f}h0"/>' for x, y in dots[-1:])
    return (
        f'<svg class="spark" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" '
        'preserveAspectRatio="none" '
        f'xmlns="http://www.w3.org/2000/svg" aria-hidden="true" color="{colour}">'
        '<g fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" '
        f'stroke-linejoin="round">{lines}{dot}</g></svg>'
    )


def _points(history: Sequence[Value | None]) -> Iterator[tuple[float, float] | None]:
    known = [float(value) for value in history if value is not None]
    least, most = min(known, default=0.0), max(known, default=0.0)
    span = most - least or 1.0
    step = (WIDTH - 2 * EDGE) / max(len(history) - 1, 1)
    for place, value in enumerate(history):
        if value is None:
            yield None
        else:
            height = (HEIGHT - 2 * EDGE) * (float(value) - least) / span
            yield EDGE + place * step, HEIGHT - EDGE - height


def _stretches(
    points: Sequence[tuple[float, float] | None],
) -> Iterator[list[tuple[float, float]]]:
    stretch: list[tuple[float, float]] = []
    for point in [*points, None]:
        if point is not None:
            stretch.append(point)
        elif stretch:
            yield stretch
            stretch = []
