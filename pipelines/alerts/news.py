"""What is new: problems that have come, that last, and that are over."""

from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from pipelines.alerts.kinds import TOLD_ONCE, Severity
from pipelines.alerts.message import KEPT, Event, Message, Told, write_message
from pipelines.alerts.notebook import Notes, OpenProblem
from pipelines.alerts.problem import Findings, Problem

# Once a day; a little less, so that reminders do not wander through it.
REMINDED_AFTER = timedelta(hours=23, minutes=30)
# With one reminder go those that would follow soon.
REMINDED_TOGETHER = timedelta(hours=12)


def take_note(notes: Notes, findings: Findings, channels: Collection[str], now: datetime) -> Notes:
    """Notes after a look around: one message about what is new, one about what is over.

    What is too old to be looked for is not called over, but no longer watched.

    Where there is no channel nobody was told, and all is news once there is one.
    """
    found = {problem.key: problem for problem in findings.problems}
    known = {key: _renewed(known, found.get(key)) for key, known in notes.problems.items()}
    over = {key for key, one in known.items() if _is_over(one.problem, found, findings)}
    opened = [_opened(problem, now) for key, problem in found.items() if key not in known]
    standing = [*opened, *(one for key, one in known.items() if key not in over)]
    new = [one for one in standing if _is_news(one)]
    # What cannot be seen from here may be well again.
    lasting = [one for one in standing if one not in new and one.problem.key in found]
    ended = [known[key] for key in over if known[key].times_told]
    written = [
        _write(event, told, channels, now)
        for event, told in (
            (Event.ALERT, new),
            (Event.REMINDER, _to_remind_of(lasting, now)),
            (Event.FORGOTTEN, [one for one in ended if one.problem.key in findings.forgotten]),
            (Event.OVER, [one for one in ended if one.problem.key not in findings.forgotten]),
        )
        if told and channels
    ]
    told_now = {told.problem.key for message in written for told in message.told}
    return Notes(
        problems={
            one.problem.key: _told(one, now) if one.problem.key in told_now else one
            for one in standing
        },
        messages=(*_worth_keeping(notes.messages, channels, now), *written),
        looked_at=now,
    )


def _opened(problem: Problem, now: datetime) -> OpenProblem:
    return OpenProblem(problem, since=now)


def _renewed(known: OpenProblem, found: Problem | None) -> OpenProblem:
    """The problem as it is now; of what is over, the last that was known."""
    return replace(known, problem=found) if found else known


def _is_over(problem: Problem, found: Collection[str], findings: Findings) -> bool:
    could_be_seen = problem.kind in findings.looked_for and problem.key not in findings.undecided
    return could_be_seen and problem.key not in found


def _is_news(one: OpenProblem) -> bool:
    """Whether nobody was told of it, or only of a warning where it is an error now."""
    as_warning = one.told_as is Severity.WARNING and one.problem.severity is Severity.ERROR
    return one.told_as is None or as_warning


def _to_remind_of(lasting: Iterable[OpenProblem], now: datetime) -> list[OpenProblem]:
    """All that were told long ago, once one of them is due."""
    waiting = [
        (now - (one.last_told_at or one.since), one)
        for one in lasting
        if one.problem.kind not in TOLD_ONCE
    ]
    if all(silence < REMINDED_AFTER for silence, _one in waiting):
        return []
    return [one for silence, one in waiting if silence >= REMINDED_TOGETHER]


def _write(
    event: Event, told: Iterable[OpenProblem], channels: Collection[str], now: datetime
) -> Message:
    return write_message(event, (Told(one.problem, one.since) for one in told), channels, now)


def _told(one: OpenProblem, now: datetime) -> OpenProblem:
    was_error = one.told_as is Severity.ERROR
    told_as = Severity.ERROR if was_error else one.problem.severity
    return replace(one, times_told=one.times_told + 1, last_told_at=now, told_as=told_as)


def _worth_keeping(
    messages: Iterable[Message], channels: Collection[str], now: datetime
) -> Iterable[Message]:
    """Messages that a channel is still to take; channels that are set no more take none."""
    for message in messages:
        waiting = {name: wait for name, wait in message.waiting.items() if name in channels}
        if waiting and now - message.at <= KEPT:
            yield replace(message, waiting=waiting)
