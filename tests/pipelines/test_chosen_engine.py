from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from assets.resources import spark_session
from assets.resources.engine import DuckDBEngine, EngineName
from assets.resources.spark_engine import SparkEngine
from assets.resources.spark_url import parse_spark_url
from pipelines.chosen_engine import published_of, require_engine
from pipelines.settings import Settings
from schema.errors import UsageError


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(tmp_path, None, EngineName.DUCKDB, date(2010, 1, 1))


def test_the_engine_of_the_settings_reads_the_lake_of_the_home(settings: Settings) -> None:
    published = published_of(settings)

    assert published.lake.root == settings.lake
    assert isinstance(published.engine, DuckDBEngine)


def test_spark_is_asked_where_the_settings_say(settings: Settings) -> None:
    url = parse_spark_url("spark://master:7077")

    engine = published_of(replace(settings, engine=EngineName.SPARK, spark=url)).engine

    assert engine == SparkEngine(url, settings.scratch)


def test_only_an_installation_on_spark_needs_it(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spark_session, "find_spec", lambda _name: None)

    require_engine(settings)
    with pytest.raises(UsageError, match="make install-spark"):
        require_engine(replace(settings, engine=EngineName.SPARK))
