"""Mail over SMTP: one connection for many messages, and an honest word about each.

Once the last byte of a message is handed over, only the server's answer can tell whether it has
it: without one the outcome is unknown. Everything before that can be tried again.
"""

import re
import smtplib
import ssl
from contextlib import AbstractContextManager
from dataclasses import dataclass, field

from reports.delivery.addresses import domain_of, without_addresses
from reports.delivery.plain_line import plain_line
from reports.delivery.refusals import Refusals
from reports.delivery.senders import LONGEST_SENTENCE, Mail, Message, Outcome, Verdict
from reports.delivery.smtp_url import SmtpServer
from reports.delivery.time_limit import hung_up_after

TIMEOUT_SECONDS = 30
# For all that is said about one mail, however slowly it trickles in.
LONGEST_EXCHANGE_SECONDS = 300
SERVICE_CLOSING = 421
GO_ON = 354
# Where each class of answers begins.
POSITIVE = 200
INTERMEDIATE = 300
TRANSIENT = 400
PERMANENT = 500
HIDDEN = "(hidden)"
SILENCE = "the connection ended before the server said whether it has the mail"


@dataclass(slots=True)
class SmtpSender:
    """A mail server and the connection to it, made when it is needed."""

    server: SmtpServer
    mail_from: str
    timeout: float = TIMEOUT_SECONDS
    longest_exchange: float = LONGEST_EXCHANGE_SECONDS
    _session: smtplib.SMTP | None = field(default=None, repr=False)
    _refusals: Refusals = field(default_factory=Refusals, repr=False)

    @property
    def reaches_anyone(self) -> bool:
        """No server delivers to a reserved domain."""
        return False

    def hand_over(self, mail: Message) -> Outcome:
        """Send one mail, over the open connection or a new one."""
        try:
            with self._limited():
                session = self._connected()
        except (OSError, smtplib.SMTPException, ValueError) as error:
            # ValueError: what is to be said has characters that the protocol cannot carry.
            self._drop()
            reason = f"{self.server.place} cannot be used: {self._said(error)}"
            return Outcome(Verdict.UNREACHABLE, self._clean(reason))
        with self._limited():
            outcome = self._transfer(session, mail)
        return Outcome(outcome.verdict, self._clean(outcome.sentence))

    def withdraw(self, mail: Mail) -> None:
        """What a server has taken cannot be taken back."""

    def close(self) -> None:
        """Say good-bye."""
        if self._session is not None:
            try:
                with self._limited():
                    self._session.quit()
            except (OSError, smtplib.SMTPException):
                self._session.close()
            self._session = None

    def _limited(self) -> AbstractContextManager[None]:
        return hung_up_after(
            self.longest_exchange, lambda: self._session.sock if self._session else None
        )

    def _connected(self) -> smtplib.SMTP:
        """A connection that still answers: an idle one may have been closed by the server."""
        if self._session is not None and not _answers(self._session):
            self._drop()
        if self._session is None:
            context = ssl.create_default_context()
            self._session = self._connect(context)
            self._enter(self._session, context)
        return self._session

    def _connect(self, context: ssl.SSLContext) -> smtplib.SMTP:
        name = domain_of(self.mail_from)
        at = (self.server.host, self.server.port, name)
        if self.server.tls == "implicit":
            return _EncryptedSession(*at, timeout=self.timeout, context=context)
        return _Session(*at, timeout=self.timeout)

    def _enter(self, session: smtplib.SMTP, context: ssl.SSLContext) -> None:
        session.ehlo_or_helo_if_needed()
        if self.server.tls == "required":
            session.starttls(context=context)
            session.ehlo()
        if self.server.user is not None:
            session.login(self.server.user, self.server.password or "")

    def _transfer(self, session: smtplib.SMTP, mail: Message) -> Outcome:
        try:
            code, answer = session.mail(self.mail_from)
            if code >= PERMANENT:
                # About us, not about this mail: no other would go out either.
                return self._refused(session, code, answer, Verdict.UNREACHABLE)
            if _is_positive(code):
                code, answer = session.rcpt(mail.recipient)
            if _is_positive(code):
                code, answer = session.docmd("data")
            if code != GO_ON:
                return self._refused(session, code, answer)
            session.send(_dotted(mail.content))
        except (OSError, smtplib.SMTPException) as error:
            self._drop()
            return Outcome(Verdict.LATER, self._said(error))
        return self._answer(session)

    def _answer(self, session: smtplib.SMTP) -> Outcome:
        """What the server says of a message that it has in full."""
        try:
            code, answer = session.getreply()
        except (OSError, smtplib.SMTPException) as error:
            self._drop()
            return Outcome(Verdict.UNKNOWN, f"{SILENCE}: {self._said(error)}")
        if _is_positive(code):
            self._refusals.taken()
            return Outcome(Verdict.ACCEPTED)
        if code < TRANSIENT:
            self._drop()
            return Outcome(Verdict.UNKNOWN, f"{SILENCE}: it said {code} {self._text(answer)}")
        return self._refused(session, code, answer)

    def _refused(
        self, session: smtplib.SMTP, code: int, answer: bytes, verdict: Verdict | None = None
    ) -> Outcome:
        try:
            is_open = code != SERVICE_CLOSING and _is_positive(session.rset()[0])
        except (OSError, smtplib.SMTPException):
            is_open = False
        if not is_open:
            self._drop()
        if verdict is None and code >= PERMANENT:
            verdict = self._refusals.verdict(code, answer)
        sentence = f"{code} {self._text(answer)}"
        if verdict is Verdict.UNREACHABLE:
            sentence = f"{self.server.place} takes no mail from us: {sentence}"
        return Outcome(verdict or Verdict.LATER, sentence)

    def _drop(self) -> None:
        if self._session is not None:
            self._session.close()
            self._session = None

    def _clean(self, sentence: str) -> str:
        """On one line, without addresses."""
        return plain_line(without_addresses(sentence), LONGEST_SENTENCE)

    def _said(self, error: Exception) -> str:
        if isinstance(error, smtplib.SMTPResponseException):
            return f"{error.smtp_code} {self._text(error.smtp_error)}"
        return self._hide(str(error)) or type(error).__name__

    def _text(self, answer: bytes | str) -> str:
        said = answer if isinstance(answer, str) else answer.decode("utf-8", "replace")
        return self._hide(said)

    def _hide(self, said: str) -> str:
        """Others' words without what the server knows of us; our own have nothing to hide."""
        if self.server.password:
            said = said.replace(self.server.password, HIDDEN)
        if self.server.user:
            # As a word: a user called "mail" would take the letters out of every "mailbox".
            said = re.sub(rf"(?<!\w){re.escape(self.server.user)}(?!\w)", HIDDEN, said)
        return said


class _Session(smtplib.SMTP):
    """Limits each reply: it hears the greeting before anybody else could hang it up."""

    def getreply(self) -> tuple[int, bytes]:
        with hung_up_after(self.timeout, lambda: self.sock):
            return super().getreply()


class _EncryptedSession(_Session, smtplib.SMTP_SSL):
    """The same, encrypted from the first byte on."""


def _is_positive(code: int) -> bool:
    return POSITIVE <= code < INTERMEDIATE


def _answers(session: smtplib.SMTP) -> bool:
    try:
        return _is_positive(session.noop()[0])
    except (OSError, smtplib.SMTPException):
        return False


def _dotted(content: bytes) -> bytes:
    """The message as DATA wants it: a line that begins with a dot gets another, and the end."""
    return re.sub(rb"(?m)^\.", b"..", content) + b".\r\n"
