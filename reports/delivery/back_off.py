"""When a mail that was not taken is tried again: later each time, and not all at once."""

from datetime import timedelta
from hashlib import sha256

MOST_ATTEMPTS = 8
FIRST_WAIT = timedelta(minutes=10)


def wait_after(attempts: int, message_id: str) -> timedelta | None:
    """How long to wait after so many attempts; None when that was the last one.

    Doubles each time, with up to half as much again that hangs on the mail: the same every time.
    """
    if attempts >= MOST_ATTEMPTS:
        return None
    digest = sha256(f"{attempts} {message_id}".encode()).digest()
    thousandths = 1000 + int.from_bytes(digest[:4], "big") % 501
    return FIRST_WAIT * (1 << (attempts - 1)) * thousandths // 1000
