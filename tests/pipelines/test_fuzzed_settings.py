"""Whatever stands in the environment: settings, or one sentence that gives no password away."""

import traceback

from hypothesis import example, given, settings
from hypothesis import strategies as st

from pipelines.setting_descriptions import DESCRIPTIONS
from pipelines.settings import Settings, read_settings
from schema.errors import UsageError

VARIABLES = [one.name for one in DESCRIPTIONS]
# They may hold a password or a token; other settings are shown where they are wrong.
SECRETS = {
    "SOCIALLIVE_DATABASE_URL",
    "SOCIALLIVE_DAGSTER_DATABASE_URL",
    "SOCIALLIVE_SMTP_URL",
    "SOCIALLIVE_ALERT_WEBHOOK",
    "SOCIALLIVE_SPARK_URL",
}
SECRET = "canary9secret"
PIECES = [
    *(
        "smtp://",
        "smtps://",
        "postgresql://",
        "postgres://",
        "sc://",
        "local[2]",
        "https://",
        "http://",
        "user:",
        f":{SECRET}@",
        "@",
        ":",
        "/",
        "?",
        "#",
    ),
    *("starttls=never", "&", "[::1]", "[", "]", "127.0.0.1", "example.org", ":99999", ":0", ":-1"),
    *(
        "%",
        "%00",
        "%0a",
        "\u0130",
        "\u00df",
        "\u202e",
        "\u2024",
        "xn--",
        "..",
        ".",
        " ",
        "\t",
        "\n",
    ),
    *(
        "2026-11-21",
        "2026-02-30",
        "0000-00-00",
        "9999-12-31",
        "duckdb",
        "polars",
        "7",
        "007",
        "365",
        "366",
    ),
    *("\u0667", "reports", "@example.org", "a" * 300, "\ud800", "\udc80"),
]
# What an environment can hold: any text without a NUL.
TEXTS = st.one_of(
    st.lists(st.sampled_from(PIECES), max_size=7).map("".join),
    st.text(st.characters(exclude_characters="\0"), max_size=20),
)
ENVIRONMENTS = st.dictionaries(st.sampled_from(VARIABLES), TEXTS)


@settings(max_examples=300, derandomize=True)
@given(ENVIRONMENTS)
@example({"SOCIALLIVE_SMTP_URL": f"smtp://user:{SECRET}@[::1"})
@example({"SOCIALLIVE_SMTP_URL": f"smtp://user:{SECRET}:more@host"})
@example({"SOCIALLIVE_SMTP_URL": f"smtp://user:{SECRET}/more@host"})
@example({"SOCIALLIVE_PUBLIC_URL": "https://[v1.x]/"})
@example({"SOCIALLIVE_DATABASE_URL": f"postgresql://u:{SECRET}@db..x/db"})
@example({"SOCIALLIVE_DATABASE_URL": f"postgresql://u:{SECRET}\udc80@db/db"})
@example({"SOCIALLIVE_DAGSTER_DATABASE_URL": f"postgresql://u:{SECRET}@[::1/db"})
@example({"SOCIALLIVE_DAGSTER_DATABASE_URL": f"postgresql://u:a@{SECRET}@db/db"})
@example({"SOCIALLIVE_ALERT_WEBHOOK": f"https://hooks..example.org/{SECRET}"})
@example({"SOCIALLIVE_SPARK_URL": f"sc://spark.example.org:443/;token={SECRET}"})
@example({"SOCIALLIVE_PUBLIC_URL": "https://\u2100.example"})
@example({"SOCIALLIVE_FIRST_DAY": "2026-11-2\u0661"})
def test_any_environment_is_settings_or_one_sentence(environment: dict[str, str]) -> None:
    found, said = outcome(environment)

    others = "".join(v for k, v in environment.items() if k not in SECRETS)
    assert SECRET not in said or SECRET in others
    if found is not None:
        assert found.home.is_absolute()
        assert 0 <= found.lookback_days <= 365
        assert not found.smtp or (found.smtp.host and 0 < found.smtp.port < 65_536)
        assert not found.public_url or found.public_url.isascii()
        assert not found.mail_from or "\n" not in found.mail_from


def outcome(environment: dict[str, str]) -> tuple[Settings | None, str]:
    """The settings and how they print; or none, and the refusal with all that led to it."""
    try:
        found = read_settings(environment)
    except UsageError as refusal:
        return None, "".join(traceback.format_exception(refusal))
    return found, repr(found)
