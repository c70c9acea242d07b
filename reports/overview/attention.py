"""What somebody should look at first: the sentences on top of the overview."""

from collections.abc import Iterator

import polars as pl

from reports.overview.facts import CheckOutcome, DayState, PlatformFacts
from reports.overview.quality import (
    checks_finding,
    restatement_finding,
    unusual_finding,
)
from reports.overview.words import count_of, days_in_words

ALL_WELL = "Every day is there and final, nothing is unusual, nothing was restated."


def sentences(facts: PlatformFacts) -> list[str]:
    """What is out of the ordinary, or that nothing is."""
    return list(_noteworthy(facts)) or [ALL_WELL]


def _noteworthy(facts: PlatformFacts) -> Iterator[str]:
    yield from _open_days(facts)
    if not facts.unusual.is_empty():
        yield unusual_finding(facts)
    if not facts.restatements.is_empty():
        yield restatement_finding(facts)
    if not (facts.checks["outcome"] == CheckOutcome.PASSED.value).all():
        yield checks_finding(facts)


def _open_days(facts: PlatformFacts) -> Iterator[str]:
    missing = facts.days_in(DayState.MISSING)
    if missing:
        yield (
            f"{count_of(len(missing), 'day')} without numbers: {days_in_words(missing)}. "
            f"`sociallive run --from {missing[0]} --to {missing[-1]}` publishes what is missing."
        )
    provisional = facts.days_in(DayState.PROVISIONAL)
    if provisional:
        yield (
            f"{count_of(len(provisional), 'day')} provisional: {days_in_words(provisional)}. "
            "Their numbers may still change."
        )
    begun = facts.days_in(DayState.NOT_OVER)
    if begun:
        yield f"Read before it ended, and therefore not whole: {days_in_words(begun)}."
    lacking = facts.states.filter(pl.col("missing_tables").is_not_null())
    if not lacking.is_empty():
        yield f"Days that lack a table: {days_in_words(lacking['date'].to_list())}."
