from datetime import date

import polars as pl
import pytest

from assets.resources.engine import collect
from assets.resources.lake import Lake
from assets.resources.published import Published
from schema.errors import CorruptPartitionError, MissingPartitionError
from schema.tables.late_accounts import LateAccounts
from schema.windows import DayRange
from tests.fixtures.engines import ENGINES, engine_of
from tests.fixtures.intake import moment, put
from tests.fixtures.small_tables import uid

DAYS = DayRange(date(2024, 2, 28), date(2024, 3, 1))


@pytest.fixture(params=ENGINES)
def published(request: pytest.FixtureRequest, lake: Lake) -> Published:
    return Published(lake, engine_of(request))


def accounts(*names: str) -> pl.DataFrame:
    rows = [(uid(name), moment("2024-05-01T00:00")) for name in names]
    schema = {"id": pl.Binary(), "created_at": pl.Datetime("us", "UTC")}
    return pl.DataFrame(rows, schema=schema, orient="row")


def test_a_scan_reads_exactly_the_asked_days(published: Published) -> None:
    for day, names in zip(DAYS, [("a",), (), ("b", "c")], strict=True):
        put(published.lake, "late_accounts", day, accounts(*names))

    last_two = published.scan("late_accounts", LateAccounts, list(DAYS)[1:])

    assert sorted(collect(last_two, LateAccounts)["id"]) == [uid("b"), uid("c")]


def test_a_day_that_is_missing_is_named_before_anything_runs(published: Published) -> None:
    put(published.lake, "late_accounts", DAYS.first, accounts("a"))

    with pytest.raises(MissingPartitionError, match="no late_accounts of 2024-02-29"):
        published.scan("late_accounts", LateAccounts, DAYS)


def test_a_changed_file_is_refused_before_anything_runs(published: Published) -> None:
    put(published.lake, "late_accounts", DAYS.first, accounts("a"))
    path = published.lake.files("late_accounts", [DAYS.first])[0]
    path.write_bytes(path.read_bytes() + b"more")

    with pytest.raises(CorruptPartitionError, match=path.name):
        published.scan("late_accounts", LateAccounts, [DAYS.first])
