"""The words that invented people use: names and phrases, hostile ones among them."""

import json
from functools import cache
from importlib import resources
from typing import TypedDict, cast


class Names(TypedDict):
    """What accounts are called."""

    first: list[str]
    last: list[str]
    unusual: list[tuple[str, str]]
    bios: list[str | None]


class Phrases(TypedDict):
    """What accounts write."""

    languages: dict[str, float]
    topics: dict[str, float]
    tags: dict[str, list[str]]
    openers: dict[str, list[str]]
    sentences: dict[str, dict[str, list[str]]]
    closers: list[str]
    hostile: list[str]
    comments: list[str]
    replies: list[str]
    cities: list[str]


@cache
def load_names() -> Names:
    """Read the names; they are data, so that no editor rewrites their letters."""
    return cast("Names", _read("names"))


@cache
def load_phrases() -> Phrases:
    """Read the phrases."""
    return cast("Phrases", _read("phrases"))


def _read(name: str) -> object:
    text = (resources.files(__package__) / f"{name}.json").read_text(encoding="utf-8")
    return json.loads(text)
