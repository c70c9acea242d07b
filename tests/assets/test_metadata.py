from collections.abc import Iterator
from datetime import UTC, date, datetime

import dagster as dg
import pytest
from dagster._core.errors import DagsterExecutionInterruptedError

from assets.metadata import (
    PATIENT,
    clear_failures,
    column_schema,
    metric_metadata,
    partition_facts,
    table_metadata,
)
from assets.resources.manifest import DataFile, Extraction, Manifest
from pipelines.failures import failure_of
from schema.errors import (
    ContractError,
    CorruptPartitionError,
    DatabaseUnavailableError,
    MissingPartitionError,
    PartitionLockedError,
    PipelineError,
    SchemaMismatchError,
    StorageError,
    SupersededWriterError,
    UsageError,
)
from schema.metric import Metric
from schema.metrics import SYSTEM_METRICS, USER_ANALYTICS
from schema.tables.user_analytics import UserAnalytics
from schema.tables.user_engagement import UserEngagement
from schema.tables.users import Users


def columns(schema: dg.TableSchema) -> dict[str, dg.TableColumn]:
    return {column.name: column for column in schema.columns}


def test_columns_come_in_the_order_of_the_contract_with_types_and_meanings() -> None:
    shown = column_schema(UserEngagement).columns

    assert [column.name for column in shown] == [
        "id",
        "user_id",
        "post_id",
        "author_id",
        "engagement_type",
        "value",
        "source",
        "created_at",
    ]
    types = {column.name: column.type for column in shown}
    assert types["id"] == "Binary"
    assert types["value"] == "Decimal(5, 2)"
    assert types["created_at"] == "Datetime(us, UTC)"
    assert columns(column_schema(UserEngagement))["source"].description == (
        "where it happened, e.g. profile, feed"
    )
    assert all(column.description for column in shown)


def test_columns_tell_their_rules_in_words() -> None:
    users = columns(column_schema(Users))
    numbers = columns(column_schema(UserAnalytics))

    assert users["role"].constraints.nullable
    assert not users["id"].constraints.nullable
    assert users["role"].constraints.other == ["one of USER, CREATOR, MODERATOR, ADMIN"]
    assert numbers["total_likes"].constraints.other == ["at least 0", "at most 2,147,483,647"]


def test_what_is_unique_and_rules_between_columns_are_rules_of_the_table() -> None:
    constraints = column_schema(UserAnalytics).constraints
    users = columns(column_schema(Users))

    assert constraints is not None
    assert constraints.other[0] == "unique: date, user_id"
    assert "a creator has one row per day" in constraints.other
    assert "a row has a non-zero number" in constraints.other
    assert users["id"].constraints.unique
    assert not users["role"].constraints.unique


def test_amounts_tell_their_unit_once() -> None:
    numbers = columns(column_schema(UserAnalytics))

    assert numbers["profile_views"].tags == {"unit": "accounts"}
    assert "accounts" not in str(numbers["profile_views"].description)
    assert numbers["user_id"].tags == {}


def test_the_metadata_of_a_table_are_its_columns_and_what_they_are_made_of() -> None:
    sources = {"id": ["posts.user_id", "comments.user_id"], "role": ["posts.role"]}

    assert table_metadata(Users)["dagster/column_schema"] == column_schema(Users)
    assert "dagster/column_lineage" not in table_metadata(Users)
    shown = columns(table_metadata(Users, sources)["dagster/column_schema"])
    assert shown["id"].description == (
        "the account (UUID, 16 bytes). Made of comments (user_id); posts (user_id)"
    )
    lineage = table_metadata(Users, sources)["dagster/column_lineage"].deps_by_column
    assert lineage["id"] == [
        dg.TableColumnDep("comments", "user_id"),
        dg.TableColumnDep("posts", "user_id"),
    ]
    assert lineage["role"] == [dg.TableColumnDep("posts", "role")]


def test_columns_that_are_made_of_the_same_columns_of_several_tables_tell_them_once() -> None:
    several, one = ["posts.user_id", "comments.user_id"], ["posts.role"]
    sources = {"created_at": several, "id": several, "role": one}

    shown = columns(column_schema(Users, sources))

    told = {name: str(shown[name].description).partition(". Made of ")[2] for name in sources}
    assert told == {
        "id": "comments (user_id); posts (user_id)",
        "created_at": "the same as id",
        "role": "posts (role)",
    }


def test_a_partition_tells_its_rows_bytes_span_finality_and_speed() -> None:
    noon = datetime(2024, 2, 29, 12, tzinfo=UTC)
    files = [
        DataFile("a", 30, 700, "", "2024-02-29T01:00:00+00:00", "2024-02-29T02:00:00+00:00"),
        DataFile("b", 10, 300, "", "2024-02-29T00:30:00+00:00", "2024-02-29T23:00:00+00:00"),
    ]
    extraction = Extraction(noon, noon, "1:1:", is_final=True, seconds=0.5)
    manifest = Manifest("posts", noon.date(), "load", 1, files, extraction)

    assert partition_facts(manifest, seconds=9) == {
        "dagster/partition_row_count": 40,
        "size_bytes": 1_000,
        "first_at": "2024-02-29T00:30:00+00:00",
        "last_at": "2024-02-29T23:00:00+00:00",
        "is_final": True,
        "taken_at": "2024-02-29T12:00:00+00:00",
        "seconds": 0.5,
        "rows_per_second": 80,
    }


def test_a_computed_partition_without_moments_tells_what_computing_it_took() -> None:
    manifest = Manifest("user_activity", date(2024, 2, 29), "load", 1, [DataFile("a", 3, 10, "")])

    assert partition_facts(manifest, seconds=2) == {
        "dagster/partition_row_count": 3,
        "size_bytes": 10,
        "seconds": 2,
        "rows_per_second": 1,
    }


@pytest.mark.parametrize(
    ("table", "metrics"),
    [("system_metrics", SYSTEM_METRICS), ("user_analytics", USER_ANALYTICS)],
)
def test_a_table_of_metrics_shows_the_registry(table: str, metrics: tuple[Metric, ...]) -> None:
    shown = metric_metadata(table)

    header, _, *rows = shown["metrics"].value.splitlines()
    assert header == "| name | version | unit | definition | absent when |"
    assert [row.split(" | ")[0].removeprefix("| ") for row in rows] == [m.name for m in metrics]
    assert [row.split(" | ")[1] for row in rows] == [str(m.version) for m in metrics]


def test_a_row_of_the_registry_says_what_a_number_means_and_when_there_is_none() -> None:
    table = metric_metadata("system_metrics")["metrics"].value

    assert (
        "| engagement_rate | 1 | ratio | non-VIEW events / VIEW events on D "
        "| there was no VIEW on D |"
    ) in table.splitlines()


@pytest.mark.parametrize("error", [DatabaseUnavailableError, PartitionLockedError])
def test_what_may_pass_by_itself_may_be_retried(error: type[PipelineError]) -> None:
    with pytest.raises(dg.Failure) as failure, clear_failures():
        raise error("one sentence")

    assert failure.value.description == "one sentence"
    assert failure.value.allow_retries
    assert isinstance(failure.value.__cause__, error)


@pytest.mark.parametrize(
    "error",
    [
        ContractError,
        CorruptPartitionError,
        MissingPartitionError,
        SchemaMismatchError,
        StorageError,
        SupersededWriterError,
        UsageError,
    ],
)
def test_what_a_person_must_mend_is_not_retried(error: type[PipelineError]) -> None:
    with pytest.raises(dg.Failure) as failure, clear_failures():
        raise error("one sentence")

    assert failure.value.description == "one sentence"
    assert not failure.value.allow_retries


def test_a_bug_keeps_its_own_trace() -> None:
    with pytest.raises(ZeroDivisionError), clear_failures():
        raise ZeroDivisionError


def work_through(
    errors: list[BaseException], instance: dg.DagsterInstance, patient: str, tag: str = PATIENT
) -> str:
    """Run a step that meets these errors, one per attempt; the run's id."""

    @dg.op
    def meet() -> None:
        with clear_failures():
            if errors:
                raise errors.pop(0)

    @dg.job(tags={tag: "true"})
    def daily() -> None:
        meet()

    quiet = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
    done = daily.execute_in_process(
        run_config=quiet, instance=instance, tags={tag: patient}, raise_on_error=False
    )
    return done.run_id


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> Iterator[dg.DagsterInstance]:
    monkeypatch.setattr("assets.metadata.failures.FIRST_WAIT_S", 0)
    with dg.DagsterInstance.ephemeral() as instance:
        yield instance


@pytest.mark.parametrize("tag", [PATIENT, "sociallive/patient"])
def test_a_patient_run_of_any_version_tries_again_what_may_pass(
    tag: str, impatient: dg.DagsterInstance
) -> None:
    run_id = work_through([DatabaseUnavailableError("away")] * 4, impatient, "true", tag)

    run = impatient.get_run_by_id(run_id)
    assert run is not None
    assert run.is_success


@pytest.mark.parametrize(
    ("patient", "error", "met", "told"),
    [
        ("true", DatabaseUnavailableError("away"), 5, ("DatabaseUnavailableError", "away")),
        ("false", DatabaseUnavailableError("away"), 1, ("DatabaseUnavailableError", "away")),
        ("true", ContractError("mend it"), 1, ("ContractError", "mend it")),
        ("true", ZeroDivisionError("bug"), 1, ("ZeroDivisionError", "meet failed unexpectedly")),
    ],
)
def test_how_often_an_error_is_met_before_it_is_told(
    patient: str,
    error: Exception,
    met: int,
    told: tuple[str, str],
    impatient: dg.DagsterInstance,
) -> None:
    errors: list[BaseException] = [error] * 7
    run_id = work_through(errors, impatient, patient)

    entries = impatient.all_logs(run_id)
    failure = failure_of([entry.dagster_event for entry in entries if entry.dagster_event], run_id)
    assert 7 - len(errors) == met
    assert failure.reason == told[0]
    assert failure.sentence.startswith(told[1])


def test_a_run_that_is_stopped_is_not_tried_again(impatient: dg.DagsterInstance) -> None:
    stops: list[BaseException] = [DagsterExecutionInterruptedError() for _ in range(2)]

    run = impatient.get_run_by_id(work_through(stops, impatient, "true"))

    assert run is not None
    assert run.is_finished
    assert not run.is_success
    assert len(stops) == 1
