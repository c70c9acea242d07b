"""A made-up platform to try the pipeline on: seeded, deterministic, shaped like a real one.

Belongs here: who the invented people are, what they write, when they do what, and the one
transaction that loads them. Does not: other people's data, the copying itself, and the clock.
"""

from assets.seeding.demo.platform import Platform, generate_platform
from assets.seeding.demo.writing import write_platform

__all__ = ["Platform", "generate_platform", "write_platform"]
