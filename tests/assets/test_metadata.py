import dagster as dg
import pytest

from assets.metadata import clear_failures, column_schema, metric_metadata, table_metadata
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
    assert types["value"] == "Decimal(precision=5, scale=2)"
    assert types["created_at"] == "Datetime(time_unit='us', time_zone='UTC')"
    assert columns(column_schema(UserEngagement))["source"].description == (
        "where it happened, e.g. profile, feed"
    )
    assert all(column.description for column in shown)


def test_columns_tell_their_rules() -> None:
    users = columns(column_schema(Users))
    numbers = columns(column_schema(UserAnalytics))

    assert users["role"].constraints.nullable
    assert not users["id"].constraints.nullable
    assert any("CREATOR" in rule for rule in users["role"].constraints.other)
    assert any("(0)" in rule for rule in numbers["total_likes"].constraints.other)


def test_rules_between_columns_are_told_in_words() -> None:
    rules = columns(column_schema(UserAnalytics))["post_engagements"].constraints.other

    assert "a creator has one row per day" in rules
    assert "a row has a non-zero number" in rules


def test_the_metadata_of_a_table_are_its_columns() -> None:
    assert table_metadata(Users) == {"dagster/column_schema": column_schema(Users)}


@pytest.mark.parametrize(
    ("table", "metrics"),
    [("system_metrics", SYSTEM_METRICS), ("user_analytics", USER_ANALYTICS)],
)
def test_a_table_of_metrics_shows_the_registry(table: str, metrics: tuple[Metric, ...]) -> None:
    shown = metric_metadata(table)

    header, _, *rows = shown["metrics"].value.splitlines()
    assert header == "| name | version | unit | definition | absent when |"
    assert [row.split(" | ")[0].removeprefix("| ") for row in rows] == [m.name for m in metrics]
    assert shown["metric_versions"].value == {m.name: m.version for m in metrics}


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
