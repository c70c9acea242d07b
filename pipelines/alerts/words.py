"""A message in words: harmless on one line each, the same on every channel."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from pipelines.alerts.kinds import Severity
from pipelines.alerts.message import Event, Message, Told
from reports.delivery.plain_line import plain_line

LONGEST_SUBJECT = 120
LONGEST_SENTENCE = 600
# Messages about more would not be read.
MOST_SHOWN = 20
OPENINGS = {
    Event.REMINDER: "Still",
    Event.OVER: "Well again",
    Event.FORGOTTEN: "No longer watched",
    Event.TEST: "Test",
}
PREFIXES = {
    Event.OVER: "Over now; it was: ",
    Event.FORGOTTEN: "Never mended; it was: ",
}


@dataclass(frozen=True, slots=True)
class Places:
    """Where links lead: the Dagster UI, and the documentation where it is served."""

    ui_url: str
    docs_url: str | None = None

    def in_ui(self, told: Told) -> str:
        """The run or asset that a problem is about."""
        return f"{self.ui_url}{told.problem.path}"

    def runbook(self, told: Told) -> str:
        """What to do: a page, or its path in the repository."""
        kind = told.problem.kind
        return f"{self.docs_url}/runbook/{kind}.html" if self.docs_url else kind.page


@dataclass(frozen=True, slots=True)
class Item:
    """One problem as a message shows it."""

    subject: str
    sentence: str
    since: str
    severity: Severity
    link: str
    runbook: str


def subject_of(message: Message) -> str:
    """The line that matters: the gravest problem, and how many others there are."""
    gravest, more = message.told[0].problem, len(message.told) - 1
    line = plain_line(gravest.subject, LONGEST_SUBJECT)
    return f"{opening_of(message)}: {line}" + (f" (and {more} more)" if more else "")


def opening_of(message: Message) -> str:
    """What kind of message it is, in a word."""
    usual = "Alert" if message.severity is Severity.ERROR else "Warning"
    return OPENINGS.get(message.event, usual)


def items_of(message: Message, places: Places) -> Iterator[Item]:
    """The problems, gravest first."""
    for told in message.told[:MOST_SHOWN]:
        problem, is_over = told.problem, message.event is Event.OVER
        sentence = PREFIXES.get(message.event, "") + problem.sentence
        until = f" until {tell_moment(message.at)}" if is_over else ""
        yield Item(
            subject=plain_line(problem.subject, LONGEST_SUBJECT),
            sentence=plain_line(sentence, LONGEST_SENTENCE),
            since=tell_moment(told.since) + until,
            severity=problem.severity,
            link=places.in_ui(told),
            runbook=places.runbook(told),
        )


def closing_of(message: Message) -> str:
    """The line below the problems."""
    more = len(message.told) - MOST_SHOWN
    hidden = f"{more} more: `sociallive alerts` lists all. " if more > 0 else ""
    if message.event is Event.OVER:
        return f"{hidden}It was looked for at {tell_moment(message.at)}, and not found any more."
    if message.event is Event.FORGOTTEN:
        return f"{hidden}It is too long ago to be looked for: you are not reminded of it any more."
    if message.event is Event.TEST:
        return "Nothing is wrong: somebody has asked for this test."
    return f"{hidden}You are reminded once a day while it lasts, and told when it is over."


def tell_moment(moment: datetime) -> str:
    """An instant for a person."""
    return f"{moment:%Y-%m-%d %H:%M} UTC"
