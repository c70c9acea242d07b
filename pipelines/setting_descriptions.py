"""What each setting means: read by the reference and compared with the README."""

from dataclasses import dataclass

from pipelines.settings import DEFAULT_ENGINE, DEFAULT_FIRST_DAY, DEFAULT_LOOKBACK_DAYS


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
        "engine of the transformations: `duckdb` or `polars`",
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
        "SOCIALLIVE_FIRST_DAY",
        f"`{DEFAULT_FIRST_DAY}`",
        "first daily partition; nothing before it is looked at",
    ),
)


def settings_table() -> str:
    """The settings as a table in Markdown."""
    rows = [f"| `{one.name}` | {one.default} | {one.meaning} |\n" for one in DESCRIPTIONS]
    return "".join(["| variable | default | meaning |\n", "|---|---|---|\n", *rows])
