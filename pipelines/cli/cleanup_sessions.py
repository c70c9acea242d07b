"""`sociallive cleanup-sessions`: what expired over 30 days ago goes."""

from assets.lifecycle.expired_rows import DELIVERY_DAYS, remove_expired_rows
from assets.lifecycle.expired_rows_definitions import EXPIRED_ROWS, removal_metadata
from pipelines.cli.console import say
from pipelines.history import note_materialization
from pipelines.platform import checked_platform
from pipelines.settings import read_settings

NAMES = {
    "sessions": "sessions",
    "feed_items": "feed items",
    "reset_tokens": "password reset tokens",
    "deliveries": "mails of the outbox",
}


def clean_up_sessions() -> None:
    """Remove expired rows, and say how many of each."""
    settings = read_settings()
    removed = remove_expired_rows(checked_platform(settings))
    note_materialization(settings, EXPIRED_ROWS, removal_metadata(removed))
    ages = dict.fromkeys(NAMES, f"expired before {removed.cutoff:%F %T} UTC")
    ages["deliveries"] = f"ended over {DELIVERY_DAYS} days ago"
    for name, rows in removed.counts().items():
        say(f"{rows:,} {NAMES[name]} removed that {ages[name]}")
