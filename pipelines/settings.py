"""The only reader of the environment."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from assets.resources.engine import EngineName
from assets.resources.spark_url import LOCAL_SPARK, SparkUrl, parse_spark_url
from pipelines.alerts.webhook_url import WebhookUrl, parse_webhook_url
from pipelines.dagster_url import dagster_url
from pipelines.link_urls import code_url, link_url
from reports.delivery.addresses import plain_address
from reports.delivery.smtp_url import SmtpServer, parse_smtp_url
from schema.connecting import refuse_impossible_host
from schema.errors import UsageError
from schema.windows import parse_day

REPOSITORY = Path(__file__).resolve().parent.parent
DEFAULT_FIRST_DAY = date(2010, 1, 1)
DEFAULT_LOOKBACK_DAYS = 7
# What lies further back is the full audit's.
MOST_LOOKBACK_DAYS = 365
# As fast as Polars on large days, with a quarter of the memory: docs/decisions/0007.
DEFAULT_ENGINE = EngineName.DUCKDB

DAGSTER_DATABASE = "SOCIALLIVE_DAGSTER_DATABASE_URL"
# Dagster's own: of so many events it makes a batch, of none unless it is told.
EVENTS_AT_ONCE = "DAGSTER_EVENT_BATCH_SIZE"
MOST_EVENTS_AT_ONCE = "1000"

DEFAULT_UI_URL = "http://127.0.0.1:3000"


@dataclass(frozen=True, slots=True)
class Settings:
    """What a user may choose; see the README for each."""

    home: Path
    database_url: str | None = field(repr=False)
    engine: EngineName
    first_day: date
    lookback_days: int = DEFAULT_LOOKBACK_DAYS
    spark: SparkUrl = LOCAL_SPARK
    smtp: SmtpServer | None = None
    mail_from: str | None = None
    public_url: str | None = None
    dagster_database_url: str | None = field(default=None, repr=False)
    alert_mail: str | None = None
    alert_webhook: WebhookUrl | None = None
    ui_url: str = DEFAULT_UI_URL
    docs_url: str | None = None
    code_url: str | None = None

    @property
    def lake(self) -> Path:
        """Folder of the lake."""
        return self.home / "lake"

    @property
    def reports(self) -> Path:
        """Folder of the pages that commands write."""
        return self.home / "reports"

    @property
    def views(self) -> Path:
        """Folder of the views that other tools open."""
        return self.home / "views"

    @property
    def rejects(self) -> Path:
        """Folder of rows that `load` set aside."""
        return self.home / "rejects"

    @property
    def cold(self) -> Path:
        """Folder of archived engagement that PostgreSQL need not hold any more."""
        return self.home / "cold"

    @property
    def backups(self) -> Path:
        """Folder of backups of the database."""
        return self.home / "backups"

    @property
    def erasures(self) -> Path:
        """Folder of tombstones and receipts of erased accounts, and of their key."""
        return self.home / "erasures"

    @property
    def preferences(self) -> Path:
        """Folder of how often creators want reports, by which it survives a restored backup."""
        return self.home / "preferences"

    @property
    def mailed(self) -> Path:
        """Folder of which mails a server may have, by which none is sent twice after a restore."""
        return self.home / "mailed"

    @property
    def outbox(self) -> Path:
        """Folder of mail that no server takes."""
        return self.home / "outbox"

    @property
    def alerts(self) -> Path:
        """Folder of what is known of problems, and of who was told."""
        return self.home / "alerts"

    @property
    def link_key(self) -> Path:
        """File of the key that links in mail are signed with."""
        return self.home / "keys" / "report-links.key"

    @property
    def scratch(self) -> Path:
        """Folder for what an engine cannot hold in memory; empty between runs."""
        return self.home / "scratch"

    @property
    def dagster_home(self) -> Path:
        """Folder of Dagster's own storage."""
        return self.home / "dagster"


def read_settings(environment: Mapping[str, str] = os.environ) -> Settings:
    """Read and check the settings.

    Raises:
        UsageError: a setting has a value that it cannot have.
    """
    home = environment.get("SOCIALLIVE_HOME") or str(REPOSITORY / ".sociallive")
    smtp = _smtp(environment.get("SOCIALLIVE_SMTP_URL"))
    mail_from = _address("SOCIALLIVE_MAIL_FROM", environment)
    webhook = environment.get("SOCIALLIVE_ALERT_WEBHOOK")
    if smtp and not mail_from:
        raise UsageError(
            "SOCIALLIVE_SMTP_URL is set and SOCIALLIVE_MAIL_FROM is not: set it to the address "
            "that reports come from"
        )
    return Settings(
        home=Path(home).absolute(),
        database_url=_database_url(environment.get("SOCIALLIVE_DATABASE_URL")),
        engine=_engine(environment.get("SOCIALLIVE_ENGINE") or DEFAULT_ENGINE.value),
        first_day=_first_day(environment.get("SOCIALLIVE_FIRST_DAY")),
        lookback_days=_lookback_days(environment.get("SOCIALLIVE_LOOKBACK_DAYS")),
        spark=parse_spark_url(environment.get("SOCIALLIVE_SPARK_URL") or LOCAL_SPARK.text),
        smtp=smtp,
        mail_from=mail_from,
        dagster_database_url=dagster_url(DAGSTER_DATABASE, environment.get(DAGSTER_DATABASE)),
        public_url=link_url("SOCIALLIVE_PUBLIC_URL", environment.get("SOCIALLIVE_PUBLIC_URL")),
        alert_mail=_address("SOCIALLIVE_ALERT_MAIL", environment),
        alert_webhook=parse_webhook_url(webhook) if webhook else None,
        ui_url=link_url("SOCIALLIVE_UI_URL", environment.get("SOCIALLIVE_UI_URL"))
        or DEFAULT_UI_URL,
        docs_url=link_url("SOCIALLIVE_DOCS_URL", environment.get("SOCIALLIVE_DOCS_URL")),
        code_url=code_url(environment.get("SOCIALLIVE_CODE_URL")),
    )


def _engine(text: str) -> EngineName:
    try:
        return EngineName(text)
    except ValueError as error:
        *others, last = EngineName
        choices = f"{', '.join(others)} or {last}"
        raise UsageError(f"SOCIALLIVE_ENGINE is {text!r}: set it to {choices}") from error


def _first_day(text: str | None) -> date:
    if not text:
        return DEFAULT_FIRST_DAY
    try:
        return parse_day(text)
    except UsageError as error:
        raise UsageError(f"SOCIALLIVE_FIRST_DAY: {error}") from error


def _lookback_days(text: str | None) -> int:
    if not text:
        return DEFAULT_LOOKBACK_DAYS
    if not re.fullmatch("[0-9]{1,3}", text) or int(text) > MOST_LOOKBACK_DAYS:
        raise UsageError(
            f"SOCIALLIVE_LOOKBACK_DAYS is {text!r}: set it to a number of days from 0 to "
            f"{MOST_LOOKBACK_DAYS}"
        )
    return int(text)


def _smtp(text: str | None) -> SmtpServer | None:
    return parse_smtp_url(text) if text else None


def _address(name: str, environment: Mapping[str, str]) -> str | None:
    text = environment.get(name)
    address = plain_address(text) if text else None
    if text and address is None:
        raise UsageError(
            f"{name} is {text!r}: set it to one plain address, such as reports@example.org"
        )
    return address


def _database_url(text: str | None) -> str | None:
    if text:
        refuse_impossible_host(text)
    return text or None


def hand_to_dagster(settings: Settings) -> None:
    """Put the address of Dagster's storage, and what else it is told, where it looks for them."""
    os.environ.setdefault(EVENTS_AT_ONCE, MOST_EVENTS_AT_ONCE)
    if settings.dagster_database_url:
        os.environ[DAGSTER_DATABASE] = settings.dagster_database_url
        # libpq heeds it more than the time zone that the address names.
        os.environ.pop("PGTZ", None)


def dagster_serves(settings: Settings, environment: Mapping[str, str] = os.environ) -> bool:
    """Whether this process of Dagster was started with the storage of this home."""
    folder = environment.get("DAGSTER_HOME")
    return bool(folder) and Path(str(folder)).resolve() == settings.dagster_home.resolve()


def environment_with(**changes: str) -> dict[str, str]:
    """The environment for a process that is started from here."""
    return {**os.environ, **changes}
