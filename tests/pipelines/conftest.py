from datetime import date
from pathlib import Path

import dagster as dg
import pytest

from assets.resources.engine import EngineName
from pipelines.definitions import build_definitions
from pipelines.settings import Settings


@pytest.fixture
def definitions(tmp_path: Path) -> dg.Definitions:
    return build_definitions(Settings(tmp_path, None, EngineName.DUCKDB, date(2010, 1, 1)))
