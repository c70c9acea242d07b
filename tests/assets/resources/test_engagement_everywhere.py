from pathlib import Path

import duckdb
import pytest

from assets.ingestion.ingest import Ingest
from assets.resources.cold_months import ColdStore
from assets.resources.engagement_everywhere import select_engagement_everywhere
from assets.resources.engine import DuckDBEngine
from assets.resources.lake import Lake
from schema.errors import CorruptPartitionError
from schema.windows import DayRange, parse_day
from tests.fixtures.cold import FEBRUARY, JANUARY, ColdPlatform, flip_a_byte
from tests.fixtures.intake import Intake, name_of


def events(store: ColdStore, lake: Lake) -> list[tuple[str, str]]:
    """Names of all events, with where they are kept."""
    everything = select_engagement_everywhere(store, lake)
    with duckdb.connect() as connection:
        rows = connection.execute(
            f"SELECT id, kept_in FROM ({everything}) ORDER BY created_at"
        ).fetchall()
    return [(name_of(key.bytes), place) for key, place in rows]


def days(store: ColdStore, lake: Lake) -> list[tuple[str, str]]:
    """UTC day and moment of all events, asked from another time zone."""
    everything = select_engagement_everywhere(store, lake)
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'America/Lima'")
        return connection.execute(
            f"SELECT date::VARCHAR, (created_at AT TIME ZONE 'UTC')::DATE::VARCHAR "
            f"FROM ({everything}) ORDER BY created_at"
        ).fetchall()


@pytest.fixture
def both(platform: ColdPlatform, intake: Intake) -> ColdPlatform:
    """A dropped January with a late row, and a February that is live; the lake has three days."""
    source = platform.source
    source.add("user_engagement", "cold", created_at="2024-01-15 08:00")
    source.add("user_engagement", "not ingested", created_at="2024-01-16", user_id="author")
    platform.archive(JANUARY)
    platform.copy()
    platform.drop()
    kinds = {"late": ("LIKE", "2024-01-15 09:00"), "hot": ("SAVE", "2024-02-15")}
    for name, (kind, moment) in kinds.items():
        source.add("user_engagement", name, engagement_type=kind, created_at=moment)
    work = Ingest(
        intake.postgres, intake.publisher, DuckDBEngine(), run_id="a run", cold=platform.store
    )
    for day in ("2024-01-15", "2024-02-15"):
        list(work.publish(DayRange(parse_day(day), parse_day(day))))
    return platform


def test_every_event_is_seen_once_wherever_it_is_kept(both: ColdPlatform, intake: Intake) -> None:
    assert events(both.store, intake.lake) == [
        ("cold", "cold"),
        ("late", "lake"),
        ("not ingested", "cold"),
        ("hot", "lake"),
    ]


def test_the_day_of_an_event_is_that_in_utc(both: ColdPlatform, intake: Intake) -> None:
    found = days(both.store, intake.lake)

    assert [day for day, _ in found] == [moment for _, moment in found]
    assert {day for day, _ in found} == {"2024-01-15", "2024-01-16", "2024-02-15"}


def test_an_event_that_is_kept_twice_is_seen_once(platform: ColdPlatform, intake: Intake) -> None:
    platform.source.add("user_engagement", "twice", created_at="2024-01-15")
    platform.archive(JANUARY)
    platform.copy()
    intake.ingest("2024-01-15")

    assert events(platform.store, intake.lake) == [("twice", "cold")]


def test_without_anything_there_is_nothing(tmp_path: Path) -> None:
    assert events(ColdStore(tmp_path / "it's cold"), Lake(tmp_path / "lake")) == []


def test_a_month_whose_publication_was_killed_is_not_there_yet(
    both: ColdPlatform, intake: Intake
) -> None:
    before = events(both.store, intake.lake)
    both.store.month_folder(FEBRUARY).mkdir()

    assert events(both.store, intake.lake) == before


def test_a_month_that_lost_its_manifest_is_missed(both: ColdPlatform, intake: Intake) -> None:
    (both.store.month_folder(JANUARY) / "manifest.json").unlink()

    with pytest.raises(CorruptPartitionError, match="it is gone, and the chain names it"):
        events(both.store, intake.lake)


def test_damaged_months_are_not_shown(both: ColdPlatform, intake: Intake) -> None:
    flip_a_byte(both.paths()[0])

    with pytest.raises(CorruptPartitionError):
        events(both.store, intake.lake)
