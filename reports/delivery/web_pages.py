"""The small pages behind a mail's links: plain HTML, without scripts."""

from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from reports.delivery.kept_choices import Frequency

WORDS = {
    Frequency.DAILY: "every day",
    Frequency.WEEKLY: "every week",
    Frequency.MONTHLY: "every month",
    Frequency.OFF: "never",
}


def choice_page(chosen: Frequency, *, is_new: bool = False) -> str:
    """How often reports come now, with a button for each other frequency; first of all: never."""
    others = [frequency for frequency in reversed(Frequency) if frequency is not chosen]
    return _template("choice.html").render(
        chosen=WORDS[chosen],
        is_off=chosen is Frequency.OFF,
        is_new=is_new,
        others=[(frequency.value, WORDS[frequency]) for frequency in others],
    )


def sentence_page(sentence: str) -> str:
    """One sentence."""
    return _template("sentence.html").render(sentence=sentence)


@cache
def _environment() -> Environment:
    loader = PackageLoader("reports", "templates/web")
    return Environment(loader=loader, autoescape=True, undefined=StrictUndefined)


def _template(name: str) -> Template:
    return _environment().get_template(name)
