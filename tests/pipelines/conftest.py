from collections.abc import Iterator
from datetime import date
from pathlib import Path

import dagster as dg
import pytest

from assets.resources.engine import EngineName
from pipelines.definitions import build_definitions
from pipelines.settings import Settings
from tests.fixtures.past_runs import CodeLocation


@pytest.fixture
def definitions(tmp_path: Path) -> dg.Definitions:
    return build_definitions(Settings(tmp_path, None, EngineName.DUCKDB, date(2010, 1, 1)))


@pytest.fixture
def location() -> Iterator[CodeLocation]:
    with dg.DagsterInstance.ephemeral() as instance:
        yield CodeLocation(instance)
