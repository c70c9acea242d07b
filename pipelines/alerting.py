"""Alerts and repairs of an installation: its channels, its sensors, and looking from outside."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import dagster as dg

from assets.lifecycle.backup_folder import BackupFolder
from assets.resources.clock import utc_now
from assets.resources.lake import Lake
from pipelines.alerts.channel import Channel
from pipelines.alerts.mail import MailChannel
from pipelines.alerts.notebook import Notebook
from pipelines.alerts.telling import Sent, Teller
from pipelines.alerts.watch import Watch
from pipelines.alerts.webhook import WebhookChannel
from pipelines.alerts.words import Places
from pipelines.delivering import NOBODY
from pipelines.jobs import DAILY_JOB
from pipelines.repair.owed import OwedDays
from pipelines.repair.sensor import Repairs, repair_sensor
from pipelines.settings import Settings
from reports.creator.model import Period
from reports.creator.words import counted
from reports.overview.checks import check_keys

ALERT_SENSOR = "alerts"
EVERY_SECONDS = 60
REPORT_JOBS = {period: f"report_each_{period}" for period in Period}
BUSY = "another process is telling"


@dataclass(frozen=True, slots=True)
class Alerting:
    """What `Definitions` are to know of it."""

    sensors: list[dg.SensorDefinition]


def alerting_of(
    settings: Settings,
    tables: Sequence[str],
    checks: Sequence[dg.AssetChecksDefinition],
    jobs: Sequence[Any],
) -> Alerting:
    """The sensor that tells people and the one that mends; neither touches the platform."""
    watch = watch_of(settings, tables, checks)
    mending = [job for job in jobs if job.name in {DAILY_JOB, *REPORT_JOBS.values()}]
    return Alerting([alert_sensor(settings, watch), repair_sensor(watch.repairs, mending)])


def watch_of(
    settings: Settings, tables: Sequence[str], checks: Sequence[dg.AssetChecksDefinition]
) -> Watch:
    """What is looked at."""
    repairs = Repairs(owed_days(settings, tables), REPORT_JOBS)
    return Watch(repairs, BackupFolder(settings.backups), check_keys(checks))


def owed_days(settings: Settings, tables: Sequence[str]) -> OwedDays:
    """The days that every one of the tables should have by now."""
    return OwedDays(Lake(settings.lake), tables, settings.lookback_days)


def channels_of(settings: Settings) -> list[Channel]:
    """Every way to reach people that is set."""
    places = Places(settings.ui_url, settings.docs_url)
    channels: list[Channel] = []
    if settings.alert_mail:
        mail_from = settings.mail_from or NOBODY
        channels.append(
            MailChannel(settings.alert_mail, mail_from, places, settings.smtp, settings.outbox)
        )
    if settings.alert_webhook:
        channels.append(WebhookChannel(settings.alert_webhook, places))
    return channels


def teller_of(settings: Settings) -> Teller:
    """Who notes and tells."""
    return Teller(Notebook(settings.alerts), channels_of(settings))


def alert_sensor(
    settings: Settings, watch: Watch, *, clock: Callable[[], datetime] = utc_now
) -> dg.SensorDefinition:
    """Build the sensor; it starts no runs."""

    @dg.sensor(
        name=ALERT_SENSOR,
        minimum_interval_seconds=EVERY_SECONDS,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Tells operators what is wrong: once, once a day while it lasts, and when it "
        "is over.",
    )
    def alerts(context: dg.SensorEvaluationContext) -> dg.SkipReason:
        now = clock()
        sent = teller_of(settings).tell(
            lambda looked_at: watch.look(
                context.instance, now, automation=_automation(context), looked_at=looked_at
            ),
            now,
        )
        for trouble in sent.troubles if sent else ():
            context.log.warning("%s; tried again later", trouble)
        return dg.SkipReason(_summary(sent))

    return alerts


def _automation(context: dg.SensorEvaluationContext) -> set[str]:
    """Names of all schedules and sensors beside this sensor."""
    beside = context.repository_def
    if beside is None:
        return set()
    schedules = {schedule.name for schedule in beside.schedule_defs}
    return schedules | {sensor.name for sensor in beside.sensor_defs}


def _summary(sent: Sent | None) -> str:
    if sent is None:
        return BUSY
    failed = f"; {counted(len(sent.troubles), 'channel')} failed" if sent.troubles else ""
    return f"{counted(sent.taken, 'message')} sent{failed}"
