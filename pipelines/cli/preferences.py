"""`sociallive preferences`: how often a creator gets reports by mail."""

from assets.resources.clock import utc_now
from assets.resources.postgres import Role
from pipelines.cli.console import say
from pipelines.platform import checked_platform
from pipelines.settings import read_settings
from reports.creator.finding import find_creator
from reports.delivery.kept_choices import ChangedBy, Frequency, KeptChoices
from reports.delivery.preferences import choose_frequency, find_frequency
from schema.errors import UsageError


def show_or_choose(named: str, text: str | None) -> None:
    """Say how often, after changing it if that is asked.

    Raises:
        UsageError: nobody has this name or id, or only by guessing, or there is no such choice.
    """
    chosen = _frequency(text) if text is not None else None
    settings = read_settings()
    platform = checked_platform(settings)
    user_id = find_creator(platform, named)
    with platform.session(Role.MAILER) as connection:
        if chosen is not None:
            by = ChangedBy.OPERATOR
            kept = KeptChoices(settings.preferences)
            choose_frequency(connection, kept, user_id, chosen, by=by, now=utc_now())
        found = find_frequency(connection, user_id)
    say(f"Reports by mail: {found}")


def _frequency(text: str) -> Frequency:
    try:
        return Frequency(text)
    except ValueError as error:
        choices = ", ".join(Frequency)
        raise UsageError(f"{text!r} is not a choice: give one of {choices}") from error
