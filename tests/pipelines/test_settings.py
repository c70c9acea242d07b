import traceback
from datetime import date
from pathlib import Path

import pytest

from assets.resources.engine import EngineName
from pipelines.settings import REPOSITORY, read_settings
from schema.errors import UsageError


def test_without_any_setting_everything_lives_in_the_repository() -> None:
    settings = read_settings({})

    assert settings.home == REPOSITORY / ".sociallive"
    assert settings.database_url is None
    assert settings.engine is EngineName.DUCKDB
    assert settings.first_day == date(2010, 1, 1)


def test_every_setting_is_taken_from_the_environment() -> None:
    settings = read_settings(
        {
            "SOCIALLIVE_HOME": "/srv/analytics",
            "SOCIALLIVE_DATABASE_URL": "postgresql://db/platform",
            "SOCIALLIVE_ENGINE": "polars",
            "SOCIALLIVE_FIRST_DAY": "2001-02-28",
        }
    )

    assert settings.lake == Path("/srv/analytics/lake")
    assert settings.database_url == "postgresql://db/platform"
    assert settings.engine is EngineName.POLARS
    assert settings.first_day == date(2001, 2, 28)


def test_an_empty_setting_is_no_setting() -> None:
    assert read_settings({"SOCIALLIVE_DATABASE_URL": ""}).database_url is None


def test_an_unknown_engine_is_refused() -> None:
    with pytest.raises(
        UsageError, match="SOCIALLIVE_ENGINE is 'pandas': set it to duckdb, polars or spark"
    ):
        read_settings({"SOCIALLIVE_ENGINE": "pandas"})


def test_spark_computes_on_this_machine_unless_it_is_told_where() -> None:
    assert str(read_settings({"SOCIALLIVE_ENGINE": "spark"}).spark) == "local[*]"
    elsewhere = {"SOCIALLIVE_SPARK_URL": "sc://spark.example:443/;token=s3cret"}
    settings = read_settings(elsewhere)
    assert str(settings.spark) == "sc://spark.example:443"
    assert "s3cret" not in repr(settings)


def test_an_address_that_is_none_of_spark_is_refused() -> None:
    with pytest.raises(UsageError, match="SOCIALLIVE_SPARK_URL is no address of Spark"):
        read_settings({"SOCIALLIVE_SPARK_URL": "yarn"})


def test_a_first_day_that_is_no_date_is_refused() -> None:
    with pytest.raises(UsageError, match="SOCIALLIVE_FIRST_DAY: '2001-02-29' is not a date"):
        read_settings({"SOCIALLIVE_FIRST_DAY": "2001-02-29"})


@pytest.mark.parametrize(("text", "days"), [("", 7), ("0", 0), ("14", 14), ("365", 365)])
def test_the_lookback_is_a_week_unless_another_is_set(text: str, days: int) -> None:
    assert read_settings({"SOCIALLIVE_LOOKBACK_DAYS": text}).lookback_days == days


@pytest.mark.parametrize("text", ["-1", "366", "7 days", "1.5", "\u0667", "9" * 5000])
def test_a_lookback_that_is_no_number_of_days_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="set it to a number of days from 0 to 365"):
        read_settings({"SOCIALLIVE_LOOKBACK_DAYS": text})


def test_without_mail_settings_nothing_is_sent_or_linked() -> None:
    settings = read_settings({"SOCIALLIVE_HOME": "/srv"})

    assert (settings.smtp, settings.mail_from, settings.public_url) == (None, None, None)
    assert settings.link_key == Path("/srv/keys/report-links.key")


def test_mail_settings_are_taken_from_the_environment() -> None:
    settings = read_settings(
        {
            "SOCIALLIVE_SMTP_URL": "smtps://me:s3cret@mail.example.org",
            "SOCIALLIVE_MAIL_FROM": "reports@example.org",
            "SOCIALLIVE_PUBLIC_URL": "https://reports.example.org/social/",
        }
    )

    assert settings.smtp is not None
    assert settings.smtp.password == "s3cret"
    assert "s3cret" not in repr(settings)
    assert settings.mail_from == "reports@example.org"
    assert settings.public_url == "https://reports.example.org/social"


def test_a_mail_server_without_an_address_to_send_from_is_refused() -> None:
    with pytest.raises(UsageError, match="SOCIALLIVE_MAIL_FROM is not: set it to the address"):
        read_settings({"SOCIALLIVE_SMTP_URL": "smtp://localhost"})


def test_a_mail_server_that_is_none_is_refused_without_showing_its_password() -> None:
    with pytest.raises(UsageError, match="SOCIALLIVE_SMTP_URL is not the URL") as refusal:
        read_settings({"SOCIALLIVE_SMTP_URL": "smtp://me:s3cret@host:mail"})

    assert "s3cret" not in str(refusal.value)


@pytest.mark.parametrize("text", ["Us <us@example.org>", "us@example.org, me@example.org", "us"])
def test_a_sender_that_is_not_one_plain_address_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="set it to one plain address"):
        read_settings({"SOCIALLIVE_MAIL_FROM": text})


@pytest.mark.parametrize("text", ["http://127.0.0.1:8025", "http://localhost", "https://a.example"])
def test_a_public_url_is_https_or_this_machine(text: str) -> None:
    assert read_settings({"SOCIALLIVE_PUBLIC_URL": text}).public_url == text


@pytest.mark.parametrize(
    "text",
    [
        "http://reports.example.org",
        "reports.example.org",
        "ftp://localhost",
        "https://",
        "https://me:s3cret@reports.example.org",
        "https://reports.example.org/?from=mail",
        "https://reports.example.org/#top",
        "https://reports.example.org/>",
        "https://reports.example.org\r\nBcc:",
        "https://[::1",
        "javascript:alert(1)",
    ],
)
def test_a_public_url_that_mail_cannot_link_to_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="SOCIALLIVE_PUBLIC_URL is not an address") as refusal:
        read_settings({"SOCIALLIVE_PUBLIC_URL": text})

    assert "s3cret" not in str(refusal.value)


def test_the_address_of_the_code_is_one_that_a_browser_opens() -> None:
    told = read_settings({"SOCIALLIVE_CODE_URL": "https://git.example.org/platform/blob/main/"})

    assert told.code_url == "https://git.example.org/platform/blob/main"
    for text in ("http://git.example.org", "git@example.org:platform.git", "https://a b"):
        with pytest.raises(UsageError, match="SOCIALLIVE_CODE_URL"):
            read_settings({"SOCIALLIVE_CODE_URL": text})


def test_without_alert_settings_nobody_is_told_and_links_lead_to_this_machine() -> None:
    settings = read_settings({"SOCIALLIVE_HOME": "/srv"})

    assert (settings.alert_mail, settings.alert_webhook, settings.docs_url) == (None, None, None)
    assert settings.ui_url == "http://127.0.0.1:3000"
    assert settings.alerts == Path("/srv/alerts")


def test_alert_settings_are_taken_from_the_environment_and_the_webhook_is_a_secret() -> None:
    settings = read_settings(
        {
            "SOCIALLIVE_ALERT_MAIL": "ops@example.org",
            "SOCIALLIVE_ALERT_WEBHOOK": "https://hooks.example.org/services/s3cret",
            "SOCIALLIVE_UI_URL": "https://dagster.example.org/",
            "SOCIALLIVE_DOCS_URL": "https://docs.example.org/social",
        }
    )

    assert settings.alert_mail == "ops@example.org"
    assert settings.alert_webhook is not None
    assert settings.alert_webhook.target == "/services/s3cret"
    assert settings.ui_url == "https://dagster.example.org"
    assert settings.docs_url == "https://docs.example.org/social"
    assert "s3cret" not in repr(settings)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("SOCIALLIVE_ALERT_MAIL", "Ops <ops@example.org>"),
        ("SOCIALLIVE_ALERT_WEBHOOK", "http://hooks.example.org/s3cret"),
        ("SOCIALLIVE_UI_URL", "http://dagster.example.org"),
        ("SOCIALLIVE_DOCS_URL", "docs"),
    ],
)
def test_alert_settings_that_cannot_be_used_are_refused_by_name(name: str, text: str) -> None:
    with pytest.raises(UsageError, match=name) as refusal:
        read_settings({name: text})

    assert "s3cret" not in str(refusal.value)


@pytest.mark.parametrize("scheme", ["postgresql", "postgres", "postgresql+psycopg2"])
def test_the_storage_of_dagster_is_named_as_its_driver_wants_it(scheme: str) -> None:
    settings = read_settings({"SOCIALLIVE_DAGSTER_DATABASE_URL": f"{scheme}://u:p@db:5433/dagster"})

    driver = "postgresql+psycopg2://u:p@db:5433/dagster"
    assert settings.dagster_database_url == f"{driver}?options=-c%20TimeZone%3DUTC"


@pytest.mark.parametrize("text", ["mysql://u:secret@db/dagster", "db/dagster?password=secret"])
def test_a_storage_of_dagster_that_is_no_postgresql_is_refused_without_its_password(
    text: str,
) -> None:
    with pytest.raises(UsageError, match="DAGSTER_DATABASE_URL is not the address") as refused:
        read_settings({"SOCIALLIVE_DAGSTER_DATABASE_URL": text})

    assert "secret" not in str(refused.value)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("SOCIALLIVE_DAGSTER_DATABASE_URL", "postgresql://u:s3cret@[::1/db"),
        ("SOCIALLIVE_DAGSTER_DATABASE_URL", "postgresql://u:s3cret@db:abc/db"),
        ("SOCIALLIVE_DAGSTER_DATABASE_URL", "postgresql://u:s3cret@db..x/db"),
        ("SOCIALLIVE_DATABASE_URL", "postgresql://me:s3cret@db..x/db"),
        ("SOCIALLIVE_DATABASE_URL", "host=db,db..x password=s3cret"),
        ("SOCIALLIVE_SMTP_URL", "smtp://me:s3cret@mail..example.org"),
        ("SOCIALLIVE_ALERT_WEBHOOK", "https://hooks..example.org/s3cret"),
        ("SOCIALLIVE_ALERT_WEBHOOK", f"https://{'a' * 64}.example.org/s3cret"),
    ],
)
def test_a_host_or_port_that_cannot_be_one_is_refused_by_the_setting_s_name(
    name: str, text: str
) -> None:
    with pytest.raises(UsageError, match=name) as refused:
        read_settings({name: text, "SOCIALLIVE_MAIL_FROM": "us@example.org"})

    assert "s3cret" not in "".join(traceback.format_exception(refused.value))


@pytest.mark.parametrize("password", ["s3@cret", "s3@cret@", "1/s3@cret", "s3/cret", "1?s3cret"])
def test_a_password_of_dagsters_storage_that_would_be_taken_for_a_host_is_refused_unseen(
    password: str,
) -> None:
    with pytest.raises(UsageError, match="SOCIALLIVE_DAGSTER_DATABASE_URL") as refused:
        read_settings({"SOCIALLIVE_DAGSTER_DATABASE_URL": f"postgresql://u:{password}@db/dagster"})

    assert "cret" not in "".join(traceback.format_exception(refused.value))


@pytest.mark.parametrize(
    "text",
    [
        "postgresql://u:p%40ss@db/dagster",
        "postgresql:///dagster?host=/var/run/postgresql",
        "postgresql://u@[::1]:5433/dagster",
    ],
)
def test_a_storage_of_dagster_may_have_a_quoted_password_a_socket_or_an_address(text: str) -> None:
    assert read_settings({"SOCIALLIVE_DAGSTER_DATABASE_URL": text}).dagster_database_url


@pytest.mark.parametrize(
    "text",
    [
        "postgresql://db.example.org./p",
        "postgresql:///p?host=/run/a..b",
        "host=::1",
        "postgresql:///",
    ],
)
def test_a_platform_may_be_at_a_socket_an_address_or_any_name(text: str) -> None:
    assert read_settings({"SOCIALLIVE_DATABASE_URL": text}).database_url == text
