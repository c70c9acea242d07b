from datetime import date, timedelta

import dagster as dg

from assets.lifecycle.erasure_again import AGAIN
from assets.lifecycle.erasure_receipt import Receipt, write_receipt
from assets.resources.postgres import Postgres
from pipelines.definitions import build_definitions
from pipelines.erasing import correct_numbers, erasure_of, receipts_to_correct, runs_to_correct
from tests.fixtures import canary
from tests.fixtures.installation import Installation

FIRST = date(2024, 1, 1)


def days(*offsets: int) -> list[date]:
    return [FIRST + timedelta(days=offset) for offset in offsets]


def test_old_days_are_corrected_in_chunks_by_runs_that_look_back_on_them() -> None:
    numbers = days(*range(200))

    runs = list(runs_to_correct(days(3, 5, 33, 34, 150), numbers))

    assert runs == [(days(33)[0], 30), (days(34)[0], 0), (days(150)[0], 0)]


def test_only_days_with_numbers_are_asked_for() -> None:
    history, numbers = days(0, 2), days(10, 11)

    assert list(runs_to_correct(history, numbers)) == [(numbers[0], 10)]
    assert list(runs_to_correct(days(5, 40), numbers)) == [(numbers[0], 5)]
    assert list(runs_to_correct(history, [])) == []


def test_every_affected_day_lies_in_the_lookback_of_a_run() -> None:
    affected, numbers = days(*range(0, 120, 7)), days(*range(15, 130, 3))

    runs = list(runs_to_correct(affected, numbers))

    reached = {asked - timedelta(days=n) for asked, back in runs for n in range(back + 1)}
    assert set(affected) <= reached


def test_days_that_an_erasure_has_added_meanwhile_wait_to_be_corrected(
    installation: Installation,
) -> None:
    corrected, newer = (Receipt(AGAIN, {}, tuple(days(*some))) for some in ((1,), (1, 2)))
    write_receipt(installation.settings.erasures, newer)

    with dg.DagsterInstance.ephemeral() as instance:
        correct_numbers(installation.settings, corrected, instance=instance)
        assert receipts_to_correct(installation.settings) == [newer]
        correct_numbers(installation.settings, newer, instance=instance)

    assert receipts_to_correct(installation.settings) == []


def test_pages_and_alerts_stay_though_the_name_of_the_erased_is_a_common_word(
    installation: Installation,
) -> None:
    values = canary.VALUES | {"username": "daily"}
    installation.execute(canary.STATEMENTS[0], values)
    settings = installation.settings
    ours = [settings.reports / "overview" / "index.html", settings.reports / "backtest-1.json"]
    mail = settings.outbox / "alerts" / "1.eml"
    for path in (*ours, mail, settings.reports / "of-somebody.html"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("daily")
    erasure = erasure_of(settings, Postgres(installation.url), lambda _said: None)
    account = erasure.find("daily")
    assert account

    receipt = erasure.go_on(erasure.begin(account))

    assert receipt
    assert receipt.targets["reports"].parts == 1
    assert all(path.exists() for path in (*ours, mail))


def test_the_job_erases_who_came_back_and_its_history_names_nobody(
    installation: Installation,
) -> None:

    installation.execute(canary.STATEMENTS[0], canary.VALUES)
    erasure = erasure_of(installation.settings, Postgres(installation.url), lambda _said: None)
    account = erasure.find(canary.USERNAME)
    assert account
    erasure.go_on(erasure.begin(account))
    installation.execute(canary.STATEMENTS[0], canary.VALUES)
    job = build_definitions(installation.settings).resolve_job_def("keep_erased")

    with dg.DagsterInstance.ephemeral() as instance:
        outcome = job.execute_in_process(instance=instance)

    (event,) = outcome.get_asset_materialization_events()
    metadata = event.materialization.metadata
    assert {name: value.value for name, value in metadata.items()} == {
        "accounts": 1,
        "rows": 1,
        "places": 1,
        "days_to_run": 0,
    }
    assert installation.rows("SELECT FROM users") == []
