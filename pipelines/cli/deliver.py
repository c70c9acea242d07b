"""`sociallive deliver`: what is queued and due goes out."""

from assets.resources.postgres import Postgres, Role
from pipelines.cli.console import console, say, show
from pipelines.cli.signals import finished_first
from pipelines.delivering import deliver_by
from pipelines.platform import checked_platform
from pipelines.settings import read_settings
from reports.delivery.outbox import count_deliveries
from schema.errors import DeliveryStoppedError

WAITS = {
    "turn": "its turn",
    "final": "final numbers",
    "report": "a report",
    "retry": "another attempt",
}


def deliver_due() -> None:
    """Send what is due, and show the mails per state.

    Raises:
        DeliveryStoppedError: the mail server could not be used, or a published day not be read;
            nothing is lost.
    """
    settings = read_settings()
    with console.status("delivering") as status:
        platform = checked_platform(settings)
        deliver = deliver_by(settings, platform, finished_first)
        delivered = deliver(progress=status.update)
    show_deliveries(platform)
    if settings.smtp is None:
        say(f"No mail server is set: mail lies in {settings.outbox}")
    if delivered.trouble:
        raise DeliveryStoppedError(
            f"{delivered.trouble}. What was not sent is still queued: run `sociallive deliver` "
            "again"
        )


def show_deliveries(platform: Postgres) -> None:
    """Print mails per state, and what queued ones wait for."""
    with platform.session(Role.MAILER) as connection:
        counted = count_deliveries(connection)
    rows = [(_words(state, waits_for), mails) for state, waits_for, mails in counted]
    show("Reports by mail", ["state", "mails"], rows or [("nothing was ever queued", 0)])


def _words(state: str, waits_for: str) -> str:
    return f"{state}, waits for {WAITS[waits_for]}" if waits_for else state
