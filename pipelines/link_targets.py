"""What links in mail lead to, on an installation."""

from assets.resources.postgres import Postgres
from pipelines.settings import Settings
from reports.delivery.installation_key import installation_key
from reports.delivery.kept_choices import KeptChoices
from reports.delivery.web import LinkTargets


def link_targets_of(settings: Settings, platform: Postgres) -> LinkTargets:
    """Pages and choices of creators, opened by this installation's key."""
    key, kept = installation_key(settings.link_key), KeptChoices(settings.preferences)
    return LinkTargets(key, platform, settings.reports, kept)
