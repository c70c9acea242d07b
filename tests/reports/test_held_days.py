from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import dagster as dg
import pytest

from assets.quality.findings import Finding
from assets.quality.reconciliation_checks import FAILED_DAYS, FIRST_DAY, LAST_DAY, check_result
from assets.resources.clock import utc_today
from reports.held_days import (
    HOLDING,
    RESULTS_AT_ONCE,
    held_days,
    refuse_held_days,
)
from schema.errors import HeldDayError
from schema.windows import DayRange
from tests.fixtures.check_results import NUMBERS, record_result

D = date(2024, 2, 29)
# Written out: a test that goes through HOLDING does not miss what is left out of it.
HELD_BY = {
    "author_audience_daily: contract_and_files",
    "popular_posts: contract_and_files",
    "post_engagement_daily: contract_and_files",
    "post_engagement_hourly: contract_and_files",
    "post_scores: contract_and_files",
    "post_states: contract_and_files",
    "posts: contract_and_files",
    "score_receipts: contract_and_files",
    "system_metrics: published_numbers",
    "user_analytics: contract_and_files",
    "user_analytics: published_numbers",
}
WEEK = DayRange(D - timedelta(days=6), D)


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as instance:
        yield instance


def test_a_report_is_made_of_days_that_passed_and_of_days_that_nobody_checked(
    instance: dg.DagsterInstance,
) -> None:
    refuse_held_days(instance, WEEK)
    record_result(instance, DayRange(D, D))

    refuse_held_days(instance, WEEK)


@pytest.mark.parametrize("key", HOLDING)
def test_one_refused_day_holds_every_report_that_shows_it(
    instance: dg.DagsterInstance, key: dg.AssetCheckKey
) -> None:
    record_result(instance, WEEK, D - timedelta(days=2), key=key)

    with pytest.raises(HeldDayError, match=r"2024-02-27.*repair it.*sociallive run --date"):
        refuse_held_days(instance, WEEK)
    refuse_held_days(instance, DayRange(D, D))


def test_a_refusal_without_a_word_holds_its_day_too(instance: dg.DagsterInstance) -> None:
    key, day = HOLDING[0], dg.MetadataValue.text(str(D))
    instance.report_runless_asset_event(
        dg.AssetCheckEvaluation(
            key.asset_key,
            key.name,
            passed=False,
            metadata={FIRST_DAY: day, LAST_DAY: day, FAILED_DAYS: day},
        )
    )

    with pytest.raises(HeldDayError, match=str(D)):
        refuse_held_days(instance, DayRange(D, D))


def test_a_refusal_of_the_same_day_holds_it(instance: dg.DagsterInstance) -> None:
    today = utc_today()
    record_result(instance, DayRange(today, today), today)

    with pytest.raises(HeldDayError, match=str(today)):
        refuse_held_days(instance, DayRange(today, today))


def test_every_table_that_a_report_reads_can_hold_it() -> None:
    assert {f"{key.asset_key.to_user_string()}: {key.name}" for key in HOLDING} == HELD_BY


def test_a_later_result_about_other_days_does_not_let_a_day_go(
    instance: dg.DagsterInstance,
) -> None:
    record_result(instance, DayRange(D, D), D)
    for n in range(RESULTS_AT_ONCE + 1):
        later = D + timedelta(days=n + 1)
        record_result(instance, DayRange(later, later))

    with pytest.raises(HeldDayError, match=str(D)):
        refuse_held_days(instance, DayRange(D, D))


def test_results_from_before_the_first_day_are_not_looked_through(
    instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(RESULTS_AT_ONCE + 1):
        record_result(instance, DayRange(D, D))
    storage = instance.event_log_storage
    ask = storage.get_asset_check_execution_history
    asked: list[dg.AssetCheckKey] = []

    def noted(key: dg.AssetCheckKey, **options: Any) -> object:
        asked.append(key)
        return ask(key, **options)

    monkeypatch.setattr(storage, "get_asset_check_execution_history", noted)
    to_come = utc_today() + timedelta(days=3)

    refuse_held_days(instance, DayRange(to_come, to_come))

    assert asked == list(HOLDING)


def test_a_day_that_was_repaired_and_run_again_is_let_go(instance: dg.DagsterInstance) -> None:
    record_result(instance, WEEK, D, D - timedelta(days=1))
    record_result(instance, DayRange(D, D))

    refuse_held_days(instance, DayRange(D, D))
    with pytest.raises(HeldDayError, match=str(D - timedelta(days=1))):
        refuse_held_days(instance, WEEK)

    record_result(instance, DayRange(D - timedelta(days=1), D - timedelta(days=1)))

    refuse_held_days(instance, WEEK)


def wipe(instance: dg.DagsterInstance) -> None:
    instance.report_runless_asset_event(dg.AssetMaterialization(NUMBERS.asset_key))
    instance.wipe_assets([NUMBERS.asset_key])


def test_wiping_an_asset_lets_no_refused_day_go_before_it_is_repaired(
    instance: dg.DagsterInstance,
) -> None:
    repaired = D - timedelta(days=1)
    record_result(instance, WEEK, D, repaired)
    record_result(instance, DayRange(repaired, repaired))
    wipe(instance)
    record_result(instance, DayRange(WEEK.first, WEEK.first))
    wipe(instance)

    with pytest.raises(
        HeldDayError, match=r"2024-02-29.*failed.*sociallive run --date 2024-02-29`"
    ):
        refuse_held_days(instance, WEEK)
    assert held_days(instance) == {D}
    refuse_held_days(instance, DayRange(WEEK.first, repaired))

    record_result(instance, DayRange(D, D))

    refuse_held_days(instance, WEEK)
    assert held_days(instance) == frozenset()


def test_a_refusal_after_a_wipe_counts_more_than_what_was_said_before(
    instance: dg.DagsterInstance,
) -> None:
    record_result(instance, WEEK)
    wipe(instance)
    record_result(instance, DayRange(D, D), D)

    with pytest.raises(HeldDayError, match=str(D)):
        refuse_held_days(instance, WEEK)
    assert held_days(instance) == {D}


def test_days_that_passed_before_an_asset_was_wiped_are_held_by_nothing(
    instance: dg.DagsterInstance,
) -> None:
    record_result(instance, WEEK)
    wipe(instance)

    refuse_held_days(instance, WEEK)
    assert held_days(instance) == frozenset()


def test_every_day_is_held_whose_newest_result_is_a_refusal_however_long_ago(
    instance: dg.DagsterInstance,
) -> None:
    repaired, long_ago = D - timedelta(days=1), D - timedelta(days=400)
    record_result(instance, WEEK, D, repaired)
    record_result(instance, DayRange(long_ago, long_ago), long_ago, key=HOLDING[-1])
    record_result(instance, DayRange(repaired, repaired))

    assert held_days(instance) == {D, long_ago}


def test_a_failure_that_names_no_day_holds_all_that_were_checked(
    instance: dg.DagsterInstance,
) -> None:
    finding = Finding("analytics", "user_analytics", unexplained=1, advice="look")
    result = check_result(NUMBERS, [finding], severity=dg.AssetCheckSeverity.ERROR, days=WEEK)

    assert result.metadata["failed_days"].value == " ".join(str(day) for day in WEEK)
