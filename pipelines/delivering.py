"""Delivery on an installation: who sends, what letters look like, where reports come from."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict
from uuid import UUID

from assets.lifecycle.erasure_lock import without_erasures
from assets.resources.clock import utc_now, utc_today
from assets.resources.postgres import Postgres, Role
from pipelines.chosen_engine import published_of
from pipelines.settings import Settings
from reports.creator.definitions import ReportSite
from reports.creator.gathering import gather_reports
from reports.creator.model import CreatorReport, ReportPeriod
from reports.creator.past_numbers import PastNumbers
from reports.creator.publishing import publish_reports
from reports.delivery.delivery import Delivered, Delivery, Gather, Whole
from reports.delivery.eml_folder import EmlFolder
from reports.delivery.handed_over import HandedOver, OnceSender
from reports.delivery.installation_key import installation_key
from reports.delivery.kept_choices import KeptChoices
from reports.delivery.links import Links
from reports.delivery.mail import Letterhead
from reports.delivery.outbox import queue_reports
from reports.delivery.pace import Pace
from reports.delivery.preferences import exchange_choices
from reports.delivery.senders import Sender
from reports.delivery.smtp import SmtpSender
from reports.held_days import held_days, refuse_held_days

# Who writes where no server sends it: a domain that nobody can answer to.
NOBODY = "reports@sociallive.invalid"
# Slow enough for the limits of most providers, and a hundred thousand mails in three hours.
MAILS_PER_SECOND = 10


def delivery_of(
    settings: Settings,
    platform: Postgres,
    gather: Gather,
    progress: Callable[[str], None],
    whole: Whole = nullcontext,
) -> Delivery:
    """A run that sends by the server of the settings, or writes files."""
    pace = Pace(MAILS_PER_SECOND if settings.smtp else None)
    return Delivery(
        postgres=platform,
        gather=gather,
        letterhead=letterhead_of(settings),
        sender=sender_of(settings),
        pace=pace,
        progress=progress,
        whole=whole,
    )


def letterhead_of(settings: Settings) -> Letterhead:
    """Who writes, and where links lead."""
    links = Links(installation_key(settings.link_key), settings.public_url)
    return Letterhead(settings.mail_from or NOBODY, links)


def sender_of(settings: Settings) -> Sender:
    """The mail server, each mail once, or the outbox folder."""
    if settings.smtp is None:
        return EmlFolder(settings.outbox)
    sender = SmtpSender(settings.smtp, settings.mail_from or NOBODY)
    return OnceSender(sender, HandedOver(settings.mailed))


def gathering_of(settings: Settings, platform: Postgres) -> Gather:
    """Where the reports of queued mails come from: the lake and the platform, batch by batch.

    Their pages are in place before the first of a batch is handed on: a mail was held for days, may
    be, and its link leads to what the mail says.
    """
    # SQLAlchemy takes longer to import than all definitions: only a delivery needs it.
    from pipelines.dagster_home import open_instance  # noqa: PLC0415

    published = published_of(settings)

    def gather(period: ReportPeriod, creators: Sequence[UUID]) -> Iterator[CreatorReport]:
        with open_instance(settings) as instance:
            refuse_held_days(instance, period.days)
            held = held_days(instance)
        past = PastNumbers(platform, published.lake, held).histories
        with without_erasures(platform):
            reports = list(
                gather_reports(published, platform, period, creators=creators, held=held)
            )
            publish_reports(reports, settings.reports, past=past)
        yield from reports

    return gather


def bring_choices_back(settings: Settings, platform: Postgres) -> int:
    """Let the table and the home have each other's choices; how many the table lacked.

    Raises:
        PartitionLockedError: an account is being erased.
        StorageError: a choice in the home cannot be read or written.
    """
    with without_erasures(platform), platform.session(Role.MAILER) as connection:
        return exchange_choices(connection, KeptChoices(settings.preferences))


def report_site_of(settings: Settings, platform: Postgres) -> ReportSite:
    """Where pages go, and the outbox that they are queued in."""
    reaches_anyone = sender_of(settings).reaches_anyone

    def queue(period: ReportPeriod, creators: Sequence[UUID]) -> Mapping[str, int]:
        with platform.session(Role.MAILER) as connection:
            queued = queue_reports(
                connection, period, creators, now=utc_now(), reaches_anyone=reaches_anyone
            )
        return asdict(queued)

    return ReportSite(settings.reports, queue, utc_today())


def deliver_by(
    settings: Settings, platform: Postgres, whole: Whole = nullcontext
) -> Callable[..., Delivered]:
    """What sends all that is due to those who want it, also after a restore.

    `whole` is held around each mail, from the gate to the note of how it ended.
    """

    def deliver(progress: Callable[[str], None]) -> Delivered:
        with _kept_from_erasures(settings, platform):
            bring_choices_back(settings, platform)
            gather = gathering_of(settings, platform)
            return delivery_of(settings, platform, gather, progress, whole).run()

    return deliver


def _kept_from_erasures(settings: Settings, platform: Postgres) -> AbstractContextManager[None]:
    """Mail as files is ours to erase: a sender that was killed over one leaves it to be found.

    What a server has taken is not, and nobody waits for it.
    """
    return nullcontext() if settings.smtp else without_erasures(platform)
