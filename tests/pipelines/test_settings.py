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
    with pytest.raises(UsageError, match="SOCIALLIVE_ENGINE is 'pandas': set it to duckdb or"):
        read_settings({"SOCIALLIVE_ENGINE": "pandas"})


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
