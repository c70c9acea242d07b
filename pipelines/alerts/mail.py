"""Alerts by mail: over the mail server of the reports, or as files in the outbox."""

from dataclasses import dataclass, field
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from pathlib import Path

from assets.resources.durable_files import replace_private
from pipelines.alerts.message import Message
from pipelines.alerts.words import Places, closing_of, items_of, opening_of, subject_of
from reports.delivery.addresses import domain_of
from reports.delivery.mail_templates import mail_templates
from reports.delivery.senders import Verdict
from reports.delivery.smtp import SmtpSender
from reports.delivery.smtp_url import SmtpServer
from schema.errors import StorageError

SENDER_NAME = "Social Live alerts"
# A sensor's tick has a minute for everything: an exchange may take twice this.
TIMEOUT_SECONDS = 10
FOLDER = "alerts"


@dataclass(frozen=True, slots=True)
class WrittenAlert:
    """A finished mail."""

    recipient: str = field(repr=False)
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class MailChannel:
    """Mail to one address; without a server, `.eml` files in a folder of the outbox."""

    recipient: str
    mail_from: str
    places: Places
    server: SmtpServer | None
    outbox: Path
    timeout: float = TIMEOUT_SECONDS

    @property
    def name(self) -> str:
        """What tells it from the others."""
        return "mail"

    @property
    def place(self) -> str:
        """The address, and what takes the mail there."""
        by = self.server.place if self.server else f"files in {self.outbox / FOLDER}"
        return f"{self.recipient} by {by}"

    def send(self, message: Message) -> str | None:
        """Hand over one mail; a server that does not say whether it has it is asked again."""
        content = self.write(message)
        if self.server is None:
            return self._keep(message, content)
        sender = SmtpSender(self.server, self.mail_from, self.timeout, 2 * self.timeout)
        try:
            outcome = sender.hand_over(WrittenAlert(self.recipient, content))
        finally:
            sender.close()
        return None if outcome.verdict is Verdict.ACCEPTED else outcome.sentence

    def write(self, message: Message) -> bytes:
        """The same message gives the same bytes."""
        mail = EmailMessage(SMTP)
        mail["From"] = Address(SENDER_NAME, addr_spec=self.mail_from)
        mail["To"] = Address(addr_spec=self.recipient)
        mail["Subject"] = subject_of(message)
        mail["Date"] = format_datetime(message.at)
        mail["Message-ID"] = f"<alert.{message.identity}@{domain_of(self.mail_from)}>"
        mail["Auto-Submitted"] = "auto-generated"
        mail["X-Auto-Response-Suppress"] = "All"
        facts = {
            "opening": opening_of(message),
            "event": message.event,
            "severity": message.severity,
            "subject": subject_of(message),
            "items": list(items_of(message, self.places)),
            "closing": closing_of(message),
        }
        for name, subtype in (("alert.txt", "plain"), ("alert.html", "html")):
            text = mail_templates("pipelines", "alerts/templates").get_template(name).render(facts)
            if subtype == "plain":
                mail.set_content(text, cte="quoted-printable")
            else:
                mail.add_alternative(text, subtype=subtype, cte="quoted-printable")
        mail.set_boundary(f"=_{message.identity}")
        return mail.as_bytes()

    def _keep(self, message: Message, content: bytes) -> str | None:
        name = f"{message.at:%Y-%m-%d-%H%M%S}-{message.event}-{message.identity[:8]}.eml"
        try:
            replace_private(self.outbox / FOLDER / name, content)
        except StorageError as error:
            return str(error)
        return None
