from datetime import UTC, date, datetime

import pytest

from assets.analytics.ingest_facts import SCHEMA, ingest_facts
from assets.resources.lake import Lake
from assets.resources.manifest import Extraction
from schema.tables.users import Users
from schema.windows import DayRange
from tests.fixtures.small_tables import account, table

DAY = date(2024, 2, 29)
ONE_DAY = DayRange(DAY, DAY)


def ingested(
    lake: Lake, name: str, day: date, *, first: datetime, final: bool = True, rows: int = 1
) -> None:
    taken = datetime(2024, 5, 1, tzinfo=UTC)
    extraction = Extraction(taken, first, "snapshot", is_final=final)
    frame = table(Users, [account(f"u{n}") for n in range(rows)]).drop("date")
    lake.publish(lake.stage(name, day, [frame], fence=1).extracted(extraction))


def test_a_table_of_a_day_tells_rows_lag_and_finality(lake: Lake) -> None:
    ingested(lake, "users", DAY, first=datetime(2024, 3, 1, 0, 0, 1, 5, tzinfo=UTC), rows=3)
    ingested(lake, "posts", DAY, first=datetime(2024, 3, 2, tzinfo=UTC), final=False, rows=0)

    facts = ingest_facts(lake, ["users", "posts"], ONE_DAY)

    assert dict(facts.schema) == SCHEMA
    assert facts.rows() == [
        (DAY, "users", 3, 1_000_005, 1),
        (DAY, "posts", 0, 86_400_000_000, 0),
    ]


def test_a_day_that_was_read_before_it_ended_has_no_lag(lake: Lake) -> None:
    ingested(lake, "users", DAY, first=datetime(2024, 2, 29, 12, tzinfo=UTC), final=False)

    assert ingest_facts(lake, ["users"], ONE_DAY)["lag_us"].to_list() == [0]


def test_what_was_never_ingested_has_no_facts(lake: Lake) -> None:
    ingested(lake, "users", DAY, first=datetime(2024, 3, 2, tzinfo=UTC))
    days = DayRange(date(2024, 2, 28), date(2024, 3, 1))

    facts = ingest_facts(lake, ["users", "posts"], days)

    assert facts.select("date", "table").rows() == [(DAY, "users")]
    assert ingest_facts(lake, [], days).is_empty()


def test_a_table_that_was_computed_not_ingested_is_a_mistake(lake: Lake) -> None:
    lake.publish(lake.stage("user_activity", DAY, [], fence=1))

    with pytest.raises(TypeError, match="user_activity is no source table"):
        ingest_facts(lake, ["user_activity"], ONE_DAY)
