"""A creator's report as a message: the same report gives the same bytes."""

import re
from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, EmailPolicy
from email.utils import format_datetime
from hashlib import sha256
from urllib.parse import quote

from reports.creator.model import Period
from reports.delivery.addresses import domain_of, plain_address
from reports.delivery.letter import Letter, write_texts
from reports.delivery.links import Links, message_id
from reports.delivery.mail_chart import mail_chart
from reports.delivery.mail_words import HEADLINES, counted
from reports.delivery.senders import Mail
from schema.errors import UsageError

SENDER_NAME = "Social Live"
SUBJECTS = {Period.DAY: "your day", Period.WEEK: "your week", Period.MONTH: "your last four weeks"}
# Headers that machines read: folding would write their long links as encoded words.
FOR_MACHINES = {"list-unsubscribe", "list-unsubscribe-post", "list-id", "message-id"}
# What would end a display name, or begin an encoded word.
SPECIALS = re.compile(r'[()<>\[\]:;@\\,"]|=\?|\?=')


class LetterPolicy(EmailPolicy):
    """Folds headers that people read, and breaks those for machines at commas only."""

    def fold_binary(self, name: str, value: str) -> bytes:
        """One header as bytes."""
        if name.lower() in FOR_MACHINES:
            return f"{name}: {value}\r\n".replace(", ", ",\r\n ").encode("ascii")
        return super().fold_binary(name, value)


POLICY = LetterPolicy(linesep=SMTP.linesep, max_line_length=SMTP.max_line_length)


@dataclass(frozen=True, slots=True)
class Letterhead:
    """Who writes, and where its links lead."""

    mail_from: str
    links: Links

    def write(self, letter: Letter) -> Mail:
        """Write the message.

        Raises:
            UsageError: the address is none that mail can be sent to.
        """
        recipient = plain_address(letter.email)
        if recipient is None:
            raise UsageError("the address of the account is not one plain e-mail address")
        report = letter.report
        identity = message_id(
            self.links.key, report.user_id, report.period, domain_of(self.mail_from)
        )
        message = EmailMessage(POLICY)
        self._head(message, letter, recipient, identity)
        self._body(message, letter, identity)
        content = message.as_bytes()
        return Mail(report.user_id, report.period, recipient, identity, content)

    def _head(self, message: EmailMessage, letter: Letter, recipient: str, identity: str) -> None:
        message["From"] = Address(SENDER_NAME, addr_spec=self.mail_from)
        message["To"] = Address(_header_text(letter.name), addr_spec=recipient)
        message["Subject"] = _subject(letter)
        message["Date"] = format_datetime(letter.queued_at)
        message["Message-ID"] = identity
        message["List-Id"] = f"Creator reports <creator-reports.{domain_of(self.mail_from)}>"
        self._unsubscribe(message, letter)
        message["Auto-Submitted"] = "auto-generated"
        message["Precedence"] = "bulk"
        message["X-Auto-Response-Suppress"] = "All"

    def _unsubscribe(self, message: EmailMessage, letter: Letter) -> None:
        user_id = letter.report.user_id
        by_mail = f"<mailto:{self.mail_from}?subject={quote(f'unsubscribe {user_id}')}>"
        url = self.links.preferences(user_id)
        message["List-Unsubscribe"] = f"<{url}>, {by_mail}" if url else by_mail
        if url:
            message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"

    def _body(self, message: EmailMessage, letter: Letter, identity: str) -> None:
        report = letter.report
        digest = sha256(identity.encode()).hexdigest()[:32]
        chart_id = f"chart.{digest}@{domain_of(self.mail_from)}"
        chart = None if report.is_quiet else mail_chart(report)
        texts = write_texts(
            letter,
            chart_id=chart_id if chart else None,
            page_url=self.links.page(report.user_id, report.period),
            preferences_url=self.links.preferences(report.user_id),
        )
        message.set_content(texts.plain, cte="quoted-printable")
        message.add_alternative(texts.html, subtype="html", cte="quoted-printable")
        if chart:
            _attach_chart(message, chart, chart_id)
        for number, part in enumerate(message.walk()):
            if part.is_multipart():
                part.set_boundary(f"=_{digest}_{number}")


def _attach_chart(message: EmailMessage, chart: bytes, chart_id: str) -> None:
    html = message.get_body(("html",))
    if html is None:
        raise TypeError("a chart belongs to the HTML of a mail")
    html.add_related(chart, "image", "png", cid=f"<{chart_id}>", disposition="inline")


def _subject(letter: Letter) -> str:
    report = letter.report
    name, period = _header_text(letter.name), SUBJECTS[report.period.period]
    if report.is_quiet:
        was = "were" if report.period.period is Period.MONTH else "was"
        return f"{name}, {period} {was} quiet"
    told = (
        counted(report.totals[key], names) for key, names in HEADLINES.items() if report.totals[key]
    )
    news = next(told, None)
    return f"{name}, {period}: {news}" if news else f"{name}, {period}"


def _header_text(name: str) -> str:
    return " ".join(SPECIALS.sub(" ", name).split()) or "creator"
