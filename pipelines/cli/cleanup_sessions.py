"""`sociallive cleanup-sessions`: what expired over 30 days ago goes."""

from assets.lifecycle.expired_rows import remove_expired_rows
from pipelines.cli.console import say
from pipelines.platform import checked_platform
from pipelines.settings import read_settings

NAMES = {
    "sessions": "sessions",
    "feed_items": "feed items",
    "reset_tokens": "password reset tokens",
}


def clean_up_sessions() -> None:
    """Remove expired rows, and say how many of each."""
    removed = remove_expired_rows(checked_platform(read_settings()))
    for name, rows in removed.counts().items():
        say(f"{rows:,} {NAMES[name]} removed that expired before {removed.cutoff:%F %T} UTC")
