"""Links that prove by themselves whom they are for: signed, for one purpose, without a login."""

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error
from dataclasses import dataclass, field
from datetime import date
from enum import IntEnum
from hashlib import sha256
from uuid import UUID

from reports.creator.model import Period, ReportPeriod

VERSION = 1
DIGEST_BYTES = 32
UUID_BYTES = 16
DAY_BYTES = 4
PERIODS = tuple(Period)


class Purpose(IntEnum):
    """What a token opens; one for a purpose opens nothing of another."""

    PAGE = 1
    UNSUBSCRIBE = 2


def page_token(key: bytes, user_id: UUID, period: ReportPeriod) -> str:
    """Token of one report's page."""
    day = period.last.toordinal().to_bytes(DAY_BYTES, "big")
    number = PERIODS.index(period.period).to_bytes(1, "big")
    return _sign(key, Purpose.PAGE, user_id.bytes + number + day)


def read_page_token(key: bytes, token: str) -> tuple[UUID, ReportPeriod] | None:
    """Whose report of which period a token opens; none when it opens no page."""
    facts = _verify(key, Purpose.PAGE, token)
    if facts is None or len(facts) != UUID_BYTES + 1 + DAY_BYTES:
        return None
    day = date.fromordinal(int.from_bytes(facts[UUID_BYTES + 1 :], "big"))
    return UUID(bytes=facts[:UUID_BYTES]), ReportPeriod(PERIODS[facts[UUID_BYTES]], day)


def unsubscribe_token(key: bytes, user_id: UUID) -> str:
    """Token of a creator's choice of reports; it never ends, as the mail that holds it."""
    return _sign(key, Purpose.UNSUBSCRIBE, user_id.bytes)


def read_unsubscribe_token(key: bytes, token: str) -> UUID | None:
    """Whose choice a token opens; none when it opens no one's."""
    facts = _verify(key, Purpose.UNSUBSCRIBE, token)
    return UUID(bytes=facts) if facts is not None and len(facts) == UUID_BYTES else None


def message_id(key: bytes, user_id: UUID, period: ReportPeriod, domain: str) -> str:
    """The same report has the same id, however often it is sent; it tells nobody whose it is."""
    about = f"message {user_id} {period.period} {period.last}".encode()
    digest = hmac.new(key, about, sha256).hexdigest()[:32]
    return f"<{period.period}.{period.last}.{digest}@{domain}>"


@dataclass(frozen=True, slots=True)
class Links:
    """Addresses of pages and of choices; without a public URL there are none."""

    key: bytes = field(repr=False)
    public_url: str | None = None

    def page(self, user_id: UUID, period: ReportPeriod) -> str | None:
        """Where a report's page is: a folder of its own, so that the page's relative links hold."""
        return self._below("reports", page_token(self.key, user_id, period) + "/")

    def preferences(self, user_id: UUID) -> str | None:
        """Where a creator chooses how often to get reports, or to get none."""
        return self._below("unsubscribe", unsubscribe_token(self.key, user_id))

    def _below(self, *parts: str) -> str | None:
        return "/".join([self.public_url.rstrip("/"), *parts]) if self.public_url else None


def _sign(key: bytes, purpose: Purpose, facts: bytes) -> str:
    signed = bytes([VERSION, purpose]) + facts
    return urlsafe_b64encode(signed + _digest(key, signed)).rstrip(b"=").decode()


def _verify(key: bytes, purpose: Purpose, token: str) -> bytes | None:
    raw = _decode(token)
    signed, digest = raw[:-DIGEST_BYTES], raw[-DIGEST_BYTES:]
    is_ours = hmac.compare_digest(_digest(key, signed), digest)
    return signed[2:] if is_ours and signed[:2] == bytes([VERSION, purpose]) else None


def _digest(key: bytes, signed: bytes) -> bytes:
    return hmac.digest(key, b"sociallive link " + signed, "sha256")


def _decode(token: str) -> bytes:
    """The bytes of a token; none of one that is written in another way than ours."""
    try:
        raw = urlsafe_b64decode(token + "=" * (-len(token) % 4))
    except (Error, ValueError):
        return b""
    return raw if urlsafe_b64encode(raw).rstrip(b"=").decode() == token else b""
