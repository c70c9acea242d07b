"""What each setting means: read by the reference and compared with the README."""

from dataclasses import dataclass

from assets.resources.spark_url import LOCAL_SPARK
from pipelines.settings import (
    DAGSTER_DATABASE,
    DEFAULT_ENGINE,
    DEFAULT_FIRST_DAY,
    DEFAULT_LOOKBACK_DAYS,
    DEFAULT_UI_URL,
)


@dataclass(frozen=True, slots=True)
class SettingDescription:
    """One environment variable; texts are Markdown. No default: the setting is none."""

    name: str
    default: str
    meaning: str


DESCRIPTIONS = (
    SettingDescription(
        "SOCIALLIVE_DATABASE_URL",
        "none",
        "PostgreSQL of the platform; without it, an embedded one below the home",
    ),
    SettingDescription(
        "SOCIALLIVE_HOME",
        "`.sociallive` in the repository",
        "lake, cold store, views, backups, erasures, reports, outbox, keys, rejects, Dagster's "
        "storage, embedded database",
    ),
    SettingDescription(
        "SOCIALLIVE_ENGINE",
        f"`{DEFAULT_ENGINE}`",
        "engine of the transformations: `duckdb`, `polars` or `spark`",
    ),
    SettingDescription(
        "SOCIALLIVE_SPARK_URL",
        f"`{LOCAL_SPARK}`",
        "where Spark computes: `local[N]`, `spark://host:port` of a standalone cluster or "
        "`sc://host:port` of a Spark Connect server, which see the home under the same path",
    ),
    SettingDescription(
        "SOCIALLIVE_LOOKBACK_DAYS",
        f"`{DEFAULT_LOOKBACK_DAYS}`",
        "days before the asked one that a run looks at again",
    ),
    SettingDescription(
        "SOCIALLIVE_SMTP_URL",
        "none",
        "mail server: `smtps://user:password@host`, or `smtp://user:password@host` with STARTTLS; "
        "without it, mail is written to the outbox folder",
    ),
    SettingDescription(
        "SOCIALLIVE_MAIL_FROM",
        "none",
        "address that reports come from; needed with a mail server",
    ),
    SettingDescription(
        "SOCIALLIVE_PUBLIC_URL",
        "none",
        "where creators reach `sociallive serve`, `https://…`; without it, mail has no links",
    ),
    SettingDescription(
        "SOCIALLIVE_ALERT_MAIL",
        "none",
        "address that is told of problems; without it and a webhook they are only noted",
    ),
    SettingDescription(
        "SOCIALLIVE_ALERT_WEBHOOK",
        "none",
        "`https://…` that is sent problems as JSON; who knows it can write there",
    ),
    SettingDescription(
        "SOCIALLIVE_UI_URL",
        f"`{DEFAULT_UI_URL}`",
        "where links of alerts lead to the Dagster UI",
    ),
    SettingDescription(
        "SOCIALLIVE_DOCS_URL",
        "none",
        "where links of alerts lead to the runbook; without it, they name its file",
    ),
    SettingDescription(
        "SOCIALLIVE_CODE_URL",
        "none",
        "where the UI's links to code lead, such as "
        "`https://github.com/owner/repository/blob/main`; without it, to files of this machine",
    ),
    SettingDescription(
        DAGSTER_DATABASE,
        "none",
        "PostgreSQL of Dagster's own storage; without it, SQLite below the home",
    ),
    SettingDescription(
        "SOCIALLIVE_FIRST_DAY",
        f"`{DEFAULT_FIRST_DAY}`",
        "first daily partition; nothing before it is looked at",
    ),
)


def settings_table() -> str:
    """The settings as a table in Markdown."""
    rows = [f"| `{one.name}` | {one.default} | {one.meaning} |\n" for one in DESCRIPTIONS]
    return "".join(["| variable | default | meaning |\n", "|---|---|---|\n", *rows])
