"""Whom a refusal for good is about: one mail, or us, who send them all.

Servers refuse their own clients in the words for one mail: Postfix takes the sender first and then
says "554 5.7.1 Relay access denied" to each recipient, as others say of a mail that looks like
spam. What an answer leaves open, the answers before it tell.
"""

import re
from dataclasses import dataclass

from reports.delivery.senders import Verdict

# Who sends is to say who it is, or did so wrongly.
ENTRY_REFUSED = {530, 534, 535, 538}
# The sender's address is no good, or has sent enough for a day.
ABOUT_US = re.compile(rb"5\.(?:1\.[78]|4\.5)\b")
# No such address, or it takes nothing; a mail too large, or not in a form that can be passed on.
# Without a code of its own in the answer, a 5xx is about the mail, too, as RFC 5321 has it.
ABOUT_THE_MAIL = re.compile(
    rb"5\.(?:1\.(?:[1-46]|10)|2\.[1-4]|3\.4|6\.\d+)\b|(?!5\.\d{1,3}\.\d{1,3}\b)"
)
# By chance, so many mails in a row are hardly ever unwelcome each for itself.
MOST_IN_A_ROW = 5


@dataclass(slots=True)
class Refusals:
    """What one server has said in a run."""

    _has_just_taken: bool = False
    _in_a_row: int = 0

    def taken(self) -> None:
        """Note that it took a mail: it takes mails from us."""
        self._has_just_taken = True
        self._in_a_row = 0

    def verdict(self, code: int, answer: bytes) -> Verdict:
        """What a 5xx means for the mail and for those after it.

        One that leaves open whom it is about is about the mail if the one before was taken. Else
        the mail is tried again later, and at the last in a row the server is given up.
        """
        if code in ENTRY_REFUSED or ABOUT_US.match(answer):
            return Verdict.UNREACHABLE
        if ABOUT_THE_MAIL.match(answer):
            return Verdict.REFUSED
        self._in_a_row += 1
        if self._in_a_row >= MOST_IN_A_ROW:
            return Verdict.UNREACHABLE
        is_clear, self._has_just_taken = self._has_just_taken, False
        return Verdict.REFUSED if is_clear else Verdict.LATER
