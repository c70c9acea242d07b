"""`sociallive alerts`: what is wrong and who was told; a test of the channels; a look from cron."""

from datetime import datetime, timedelta

from rich.markup import escape

from assets.resources.clock import utc_now
from pipelines.alerting import channels_of, teller_of
from pipelines.alerts.notebook import Notebook, Notes, OpenProblem
from pipelines.alerts.problem import Findings, gravest_first
from pipelines.alerts.words import LONGEST_SENTENCE, LONGEST_SUBJECT, tell_moment
from pipelines.cli.console import say, show
from pipelines.outside import look_from_outside
from pipelines.settings import Settings, read_settings
from reports.creator.words import counted
from reports.delivery.plain_line import plain_line
from schema.errors import DeliveryStoppedError, UsageError

COLUMNS = ["problem", "kind", "severity", "since", "told", "last told"]
# Every exchange with a channel ends within seconds; a few messages may wait for each.
LONGEST_TELLING = timedelta(minutes=5)
NO_CHANNELS = (
    "Nobody is told: set SOCIALLIVE_ALERT_MAIL to an address, or SOCIALLIVE_ALERT_WEBHOOK to a URL."
)


def show_alerts() -> None:
    """Print open problems, and messages that a channel has not taken."""
    settings = read_settings()
    notes = Notebook(settings.alerts).read()
    known = [
        notes.problems[problem.key]
        for problem in gravest_first(one.problem for one in notes.problems.values())
    ]
    if known:
        show("Open problems", COLUMNS, [_row(one) for one in known])
        for one in known:
            sentence = plain_line(one.problem.sentence, LONGEST_SENTENCE)
            say(f"{plain_line(one.problem.subject, LONGEST_SUBJECT)}: {sentence}")
            say(f"  what to do: {one.problem.kind.page}")
    else:
        say("No problem is open." if notes.looked_at else "Nobody has looked yet.")
    for line in _tell_rest(settings, notes):
        say(line)


def test_channels() -> None:
    """Send a test through every channel.

    Raises:
        UsageError: none is set.
        DeliveryStoppedError: one of them did not take it.
    """
    settings = read_settings()
    channels = {channel.name: channel.place for channel in channels_of(settings)}
    if not channels:
        raise UsageError(NO_CHANNELS)
    answers = teller_of(settings).test(utc_now())
    for name, trouble in answers.items():
        say(f"{name}: {trouble or f'taken ({channels[name]})'}")
    failed = [name for name, trouble in answers.items() if trouble]
    if failed:
        raise DeliveryStoppedError(
            f"the test did not go out by {' and '.join(failed)}: mend the setting or the receiver"
        )


def notify_people() -> None:
    """Look around from outside of the daemon, and tell what is new.

    Raises:
        DeliveryStoppedError: a channel did not take its message, or another process has been
            telling for too long; the next look tries it again.
    """
    settings, now = read_settings(), utc_now()

    def look(looked_at: datetime | None) -> Findings:
        return look_from_outside(settings, now, looked_at=looked_at)

    sent = teller_of(settings).tell(look, now)
    if sent is None:
        _say_who_tells(Notebook(settings.alerts).held_since(), now)
        return
    say(f"{counted(sent.taken, 'message')} sent.")
    if sent.troubles:
        raise DeliveryStoppedError(f"{'; '.join(sent.troubles)}: tried again with the next look")


def _say_who_tells(since: datetime, now: datetime) -> None:
    if now - since > LONGEST_TELLING:
        raise DeliveryStoppedError(
            f"another process has been telling people since {tell_moment(since)}, and until it "
            "ends nobody hears of anything: find it (a `sociallive alerts`, or the code server, "
            "where the sensor `alerts` works) and start it again"
        )
    say("Another process is telling people just now.")


def _row(one: OpenProblem) -> tuple[object, ...]:
    last = tell_moment(one.last_told_at) if one.last_told_at else "never"
    subject = escape(plain_line(one.problem.subject, LONGEST_SUBJECT))
    kind, severity = one.problem.kind.value, one.problem.severity.value
    return subject, kind, severity, tell_moment(one.since), one.times_told, last


def _tell_rest(settings: Settings, notes: Notes) -> list[str]:
    lines = [f"Looked last at {tell_moment(notes.looked_at)}."] if notes.looked_at else []
    for message in notes.messages:
        for channel, wait in message.waiting.items():
            lines.append(
                f"Not sent yet by {channel}: a message of {tell_moment(message.at)}, "
                f"{wait.attempts} attempts, the next one after {tell_moment(wait.not_before)}."
            )
    channels = channels_of(settings)
    lines += [f"Told by {channel.name}: {channel.place}." for channel in channels] or [NO_CHANNELS]
    return lines
