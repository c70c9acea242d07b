"""What only Spark can do wrong, on a real cluster."""

import subprocess
import sys
from datetime import date
from pathlib import Path

import narwhals as nw
import polars as pl
import pytest

from assets.resources.engine import Engine, EngineName, open_engine, run
from assets.resources.lake import Lake
from assets.resources.spark_url import SparkUrl
from pipelines.settings import REPOSITORY
from schema.tables.columns import polars_schema
from schema.tables.user_activity import UserActivity
from tests.fixtures.intake import put
from tests.fixtures.spark_cluster import running_cluster

pytestmark = pytest.mark.spark

DAY = date(2024, 2, 29)
LARGEST = 2**63 - 1
# What a process does that computes on a cluster, and gives up after seconds instead of minutes.
COMPUTE = """
import sys
from pathlib import Path
import polars as pl
from assets.resources import spark_failures
from assets.resources.engine import open_engine, run
from assets.resources.spark_url import parse_spark_url
from schema.errors import EngineUnavailableError
spark_failures.LOOK_S, spark_failures.PATIENCE_S = 1, 3
engine = open_engine("spark", scratch=Path(sys.argv[2]), spark=parse_spark_url(sys.argv[1]))
try:
    print(run(engine.lazy(pl.DataFrame({"number": [1, 1]})).group_by("number").agg()))
except EngineUnavailableError as error:
    sys.exit(str(error))
"""


@pytest.fixture
def engine(spark_cluster: SparkUrl, tmp_path: Path) -> Engine:
    return open_engine(EngineName.SPARK, scratch=tmp_path, spark=spark_cluster)


def test_a_sum_that_does_not_fit_is_an_error_and_no_null(engine: Engine) -> None:
    numbers = engine.lazy(pl.DataFrame({"group": [1, 1], "number": [LARGEST, 1]}))

    with pytest.raises(Exception, match="ARITHMETIC_OVERFLOW"):
        run(numbers.group_by("group").agg(nw.col("number").sum()))


def test_a_file_that_vanishes_meanwhile_is_an_error_and_no_lack_of_rows(
    engine: Engine, lake: Lake
) -> None:
    row = {"user_id": b"0" * 16, "engagements": 1, "posts": 0, "comments": 0, "follows": 0}
    rows = pl.DataFrame([row], schema=polars_schema(UserActivity))
    put(lake, "user_activity", DAY, rows)
    files = lake.files("user_activity", [DAY])
    scan = engine.scan(files, UserActivity)

    files[0].unlink()

    with pytest.raises(Exception, match=r"NotFound|NOT_FOUND|NOT_EXIST"):
        run(scan)


def test_a_cluster_without_workers_is_not_waited_for(tmp_path: Path) -> None:
    with running_cluster(tmp_path, workers=0) as url:
        done = subprocess.run(
            [sys.executable, "-c", COMPUTE, url.text, str(tmp_path)],
            cwd=REPOSITORY,
            capture_output=True,
            text=True,
            check=False,
        )

    assert done.returncode == 1
    assert done.stderr.startswith("no worker of Spark has taken any work for 3 seconds")
    assert done.stdout == ""
