"""Names of servers: which ones nobody could ever look up."""


def can_be_host(text: str) -> bool:
    """Whether it can be looked up."""
    # On an empty or overlong part Python fails in the middle of connecting, with an error of its
    # own that no driver translates.
    try:
        return bool(text.encode("idna"))
    except UnicodeError:
        return False
