"""What the words and numbers of a back-test mean, for those who read its page."""

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any

from assets.ranking.backtest import AGE_BANDS, AUTHOR_BANDS, FEWEST_POSTS
from assets.ranking.backtest_verdict import BLOCK_DAYS, FEWEST_DAYS, RESAMPLES
from assets.ranking.heuristics import HEURISTICS

NUMBERS = {
    "age_bands": ", ".join(AGE_BANDS),
    "author_bands": ", ".join(AUTHOR_BANDS),
    "fewest_posts": FEWEST_POSTS,
    "resamples": RESAMPLES,
    "block_days": BLOCK_DAYS,
    "fewest_days": FEWEST_DAYS,
}


def how_to_read() -> list[str]:
    """Paragraphs for a reader who sees a back-test for the first time."""
    return [_filled(text) for text in _texts()["how_to_read"]]


def define_terms() -> dict[str, str]:
    """Meaning of every word of the page, the formulas of the heuristics among them."""
    terms = {name: _filled(text) for name, text in _texts()["definitions"].items()}
    return terms | {heuristic.name: f"{heuristic.formula}." for heuristic in HEURISTICS}


def _filled(text: str) -> str:
    return text.format(**NUMBERS)


@cache
def _texts() -> dict[str, Any]:
    path = files("reports") / "templates" / "backtest.toml"
    return tomllib.loads(path.read_text(encoding="utf-8"))
