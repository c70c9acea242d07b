"""E-mail addresses that can stand in a header and in an SMTP command: one, plain, nothing else."""

import re

import idna

LONGEST = 254
LOCAL_PART = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
ADDRESS = re.compile(rf"{LOCAL_PART}@{LABEL}(?:\.{LABEL})*")
# What looks like an address in somebody else's sentence.
MENTION = re.compile(r"[^\s<>\"'()]+@[^\s<>\"'()]+")


def plain_address(text: str) -> str | None:
    """The address with its domain in ASCII; none when it is not exactly one plain address."""
    local, at, domain = text.rpartition("@")
    # IDNA 2008, as registries have it: Python's own makes another domain of straße.de, strasse.de.
    try:
        plain = domain if domain.isascii() else idna.encode(domain, uts46=True).decode()
    except UnicodeError:
        return None
    written = f"{local}{at}{plain}"
    is_plain = len(written) <= LONGEST and ADDRESS.fullmatch(written)
    return written if is_plain else None


def domain_of(address: str) -> str:
    """What stands behind the @."""
    return address.rpartition("@")[2]


def without_addresses(sentence: str) -> str:
    """The sentence with every address in it left out."""
    return MENTION.sub("(address)", sentence)
