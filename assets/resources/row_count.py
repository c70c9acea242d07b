"""How rows are told apart from others without moving them."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Count:
    """Rows of a table and span, and the sum of their hashes: independent of their order."""

    rows: int
    fingerprint: int
