from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.resources.lake import Lake
from assets.resources.lineage import Lineage
from assets.resources.manifest import MANIFEST, Computation, Extraction
from schema.windows import DayRange

D = date(2024, 2, 29)
FIRST_DAY = date(2024, 2, 1)
# `wide` is read two days back, `narrow` on the day itself.
INPUTS = {"wide": 2, "narrow": 0}
HISTORY = DayRange(D - timedelta(days=2), D)


def day(offset: int) -> date:
    return D + timedelta(days=offset)


def ingest(
    lake: Lake, table: str, when: date, content: int = 0, *, final: bool = True, hours: int = 1
) -> None:
    """Publish a source table's day: its content is its fingerprint."""
    moment = datetime(2024, 3, 5, tzinfo=UTC) + timedelta(hours=hours)
    facts = Extraction(moment, moment, "1:1:", is_final=final, fingerprint=content)
    rows = pl.DataFrame({"n": [1]})
    lake.publish(lake.stage(table, when, [rows], fence=1).extracted(facts))


def fill(lake: Lake, days: DayRange = HISTORY) -> None:
    for table in INPUTS:
        for when in days:
            ingest(lake, table, when)


def lineage(lake: Lake, *, ingest_facts: Sequence[str] = ()) -> Lineage:
    """As a run has it, which knows nothing of the runs before."""
    return Lineage(lake, INPUTS, FIRST_DAY, ingest_facts)


def compute(lake: Lake, when: date = D, *, ingest_facts: Sequence[str] = ()) -> None:
    facts = lineage(lake, ingest_facts=ingest_facts).computations([when])[when]
    lake.publish(lake.stage("output", when, [], fence=1).computed(facts))


def is_stale(lake: Lake, *, ingest_facts: Sequence[str] = ()) -> bool:
    stale = lineage(lake, ingest_facts=ingest_facts).stale(["output"], DayRange(D, D))
    return stale == [D]


def test_a_day_is_not_stale_while_its_inputs_are_what_they_were(lake: Lake) -> None:
    fill(lake)
    compute(lake)

    assert not is_stale(lake)


@pytest.mark.parametrize(("table", "offset"), [("wide", -2), ("wide", 0), ("narrow", 0)])
def test_a_day_is_stale_once_an_input_in_its_window_has_other_content(
    lake: Lake, table: str, offset: int
) -> None:
    fill(lake)
    compute(lake)

    ingest(lake, table, day(offset), content=1)

    assert is_stale(lake)


@pytest.mark.parametrize(
    ("table", "offset"), [("wide", -3), ("wide", 1), ("narrow", -1), ("narrow", 1), ("other", 0)]
)
def test_a_change_outside_the_window_makes_nothing_stale(
    lake: Lake, table: str, offset: int
) -> None:
    fill(lake, DayRange(day(-3), day(1)))
    compute(lake)

    ingest(lake, table, day(offset), content=1)

    assert not is_stale(lake)


def test_an_input_that_is_published_again_with_the_same_content_is_no_change(lake: Lake) -> None:
    fill(lake)
    compute(lake)

    ingest(lake, "wide", D, hours=9)

    assert not is_stale(lake)


@settings(max_examples=25)
@given(
    before=st.lists(st.integers(0, 1), min_size=5, max_size=5),
    after=st.lists(st.integers(0, 1), min_size=5, max_size=5),
)
def test_a_day_is_stale_exactly_when_a_content_in_its_window_differs(
    tmp_path_factory: pytest.TempPathFactory, before: list[int], after: list[int]
) -> None:
    lake = Lake(tmp_path_factory.mktemp("lake"))
    partitions = [("wide", day(-3)), *(("wide", d) for d in HISTORY), ("narrow", D)]
    for (table, when), content in zip(partitions, before, strict=True):
        ingest(lake, table, when, content)
    compute(lake)

    for (table, when), content in zip(partitions, after, strict=True):
        ingest(lake, table, when, content)

    assert is_stale(lake) == (before[1:] != after[1:])


def test_what_is_read_where_it_is_published_makes_a_day_stale_when_it_appears(lake: Lake) -> None:
    def of_now() -> Lineage:
        return Lineage(lake, INPUTS, FIRST_DAY, where_published={"narrow": 1})

    fill(lake, DayRange(day(-2), D))
    (lake.partition_folder("narrow", day(-1)) / MANIFEST).unlink()
    facts = of_now().computations([D])[D]
    lake.publish(lake.stage("output", D, [], fence=1).computed(facts))
    before = of_now().stale(["output"], DayRange(D, D))

    ingest(lake, "narrow", day(-1))

    assert before == []
    assert of_now().stale(["output"], DayRange(D, D)) == [D]


def test_a_day_that_was_never_published_is_not_stale(lake: Lake) -> None:
    fill(lake)

    assert not is_stale(lake)


def test_a_day_of_several_tables_is_stale_with_one_of_them(lake: Lake) -> None:
    fill(lake)
    compute(lake)
    lake.publish(lake.stage("twin", D, [], fence=1))

    assert lineage(lake).stale(["output", "twin"], DayRange(D, D)) == [D]


def test_a_published_day_without_a_table_that_is_new_since_is_stale(lake: Lake) -> None:
    fill(lake)
    compute(lake)

    assert lineage(lake).stale(["output", "newer"], DayRange(D, D)) == [D]
    assert lineage(lake).stale(["output", "newer"], DayRange(day(1), day(1))) == []


def test_a_lost_day_is_stale_where_its_inputs_are_all_there(lake: Lake) -> None:
    fill(lake)
    of_now = lineage(lake)

    assert of_now.stale(["output"], DayRange(D, D)) == []
    assert of_now.stale(["output"], DayRange(day(0), D), lost=[D]) == [D]
    assert of_now.readable([D, day(9)]) == [D]
    assert of_now.stale(["output"], DayRange(D, day(9)), lost=[day(9)]) == []


def test_a_day_that_another_home_has_published_since_is_stale_though_its_inputs_are_the_same(
    lake: Lake,
) -> None:
    fill(lake)
    compute(lake)

    assert lineage(lake).stale(["output"], DayRange(D, D)) == []
    assert lineage(lake).stale(["output"], DayRange(D, D), lost=[D]) == [D]


@pytest.mark.parametrize("missing", [day(-2), D])
def test_a_day_is_not_stale_while_a_day_of_its_inputs_is_missing(lake: Lake, missing: date) -> None:
    fill(lake)
    compute(lake)
    ingest(lake, "narrow", D, content=1)
    (lake.partition_folder("wide", missing) / MANIFEST).unlink()

    assert not is_stale(lake)


def test_a_day_is_not_stale_while_a_manifest_of_its_inputs_is_damaged(lake: Lake) -> None:
    fill(lake)
    compute(lake)
    (lake.partition_folder("wide", D) / MANIFEST).write_text("{")

    assert not is_stale(lake)


def test_a_partition_that_says_nothing_of_its_inputs_is_stale(lake: Lake) -> None:
    fill(lake)
    lake.publish(lake.stage("output", D, [], fence=1))

    assert is_stale(lake)


@pytest.mark.parametrize("provisional", [("wide", -2), ("wide", 0), ("narrow", 0)])
def test_a_day_is_final_when_all_its_inputs_are(lake: Lake, provisional: tuple[str, int]) -> None:
    fill(lake)

    assert lineage(lake).computations([D])[D].is_final

    table, offset = provisional
    ingest(lake, table, day(offset), final=False)
    assert not lineage(lake).computations([D])[D].is_final


def test_inputs_that_became_final_make_a_day_stale_so_that_it_becomes_final_too(
    lake: Lake,
) -> None:
    fill(lake)
    ingest(lake, "wide", day(-1), final=False)
    compute(lake)

    ingest(lake, "wide", day(-1), final=True)

    assert is_stale(lake)


@pytest.mark.parametrize(
    "changed", [{"final": False}, {"hours": 2}], ids=["finality", "first reading"]
)
def test_what_the_ingestion_says_of_itself_counts_only_where_it_is_read(
    lake: Lake, changed: dict[str, Any]
) -> None:
    fill(lake)
    ingest(lake, "told", D)
    compute(lake)

    assert is_stale(lake, ingest_facts=["told"])

    compute(lake, ingest_facts=["told"])
    assert not is_stale(lake, ingest_facts=["told"])

    ingest(lake, "told", D, **changed)
    assert is_stale(lake, ingest_facts=["told"])


def test_nothing_is_read_before_the_first_day(lake: Lake) -> None:
    ingest(lake, "wide", FIRST_DAY)
    ingest(lake, "narrow", FIRST_DAY)
    early = lineage(lake).computations([FIRST_DAY])[FIRST_DAY]
    lake.publish(lake.stage("output", FIRST_DAY, [], fence=1).computed(early))

    ingest(lake, "wide", FIRST_DAY - timedelta(days=1), content=1)
    days = DayRange(FIRST_DAY, FIRST_DAY)
    assert lineage(lake).stale(["output"], days) == []

    ingest(lake, "wide", FIRST_DAY, content=1)
    assert lineage(lake).stale(["output"], days) == [FIRST_DAY]


def test_a_day_is_computed_from_a_digest_per_input(lake: Lake) -> None:
    fill(lake)

    facts = lineage(lake, ingest_facts=["wide"]).computations([D])[D]

    assert isinstance(facts, Computation)
    assert set(facts.inputs) == {"wide", "narrow", "ingest"}
    assert len(set(facts.inputs.values())) == 3


def test_a_lineage_keeps_what_it_saw_before_its_inputs_were_published_anew(lake: Lake) -> None:
    fill(lake)
    run = lineage(lake)
    before = run.computations([D])

    ingest(lake, "wide", D, content=1)

    assert run.computations([D]) == before
    assert lineage(lake).computations([D]) != before
