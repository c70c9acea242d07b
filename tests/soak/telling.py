"""What a soak prints: sentences with their time, and rows of a table."""

import sys
from datetime import UTC, datetime


def say(sentence: str) -> None:
    """A sentence, and when it was said."""
    tell(f"{datetime.now(UTC):%H:%M:%S}  {sentence}")


def tell_row(*cells: object) -> None:
    """A row of a table."""
    tell(f"| {' | '.join(f'{cell:,}' if isinstance(cell, int) else str(cell) for cell in cells)} |")


def tell(line: str) -> None:
    """A line, at once: whoever waits for it may be a process."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
