"""Where the lines of a chart's axis stand: round numbers, zero and the greatest included."""

from collections.abc import Iterator
from itertools import count

MOST_STEPS = 4
ROUND = (1, 2, 5)


def round_steps(greatest: int) -> list[int]:
    """Round numbers from 0 to the first that is not below `greatest`, which is at least 1."""
    step = next(size for size in _round_sizes() if size * MOST_STEPS >= greatest)
    last = -(-greatest // step)
    return [step * number for number in range(last + 1)]


def _round_sizes() -> Iterator[int]:
    for power in count():
        for number in ROUND:
            yield number * 10**power
