import signal
import threading

import dagster as dg
import duckdb

from pipelines.failures import failure_of


@dg.op
def rollups() -> None:
    signal.raise_signal(signal.SIGINT)


@dg.job
def daily() -> None:
    rollups()


@dg.op
def analytics() -> None:
    main = threading.main_thread().ident
    threading.Timer(0.5, signal.pthread_kill, [main, signal.SIGINT]).start()
    # Of several threads, DuckDB waits for those that are amid a piece, and one here never ends.
    alone = duckdb.connect(config={"threads": 1})
    alone.execute("SELECT sum(range % 7) FROM range(9000000000000)")


@dg.job
def querying() -> None:
    analytics()


def test_an_interruption_of_a_query_is_told_as_one_whatever_duckdb_makes_of_it() -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        outcome = querying.execute_in_process(instance=instance, raise_on_error=False)

    assert failure_of(outcome.all_events, outcome.run_id).sentence == (
        "analytics was interrupted: what was published is whole; run it again to go on"
    )


def test_a_run_that_was_interrupted_says_so_and_how_it_goes_on() -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        outcome = daily.execute_in_process(instance=instance, raise_on_error=False)

    assert not outcome.success
    assert failure_of(outcome.all_events, outcome.run_id).sentence == (
        "rollups was interrupted: what was published is whole; run it again to go on"
    )


def test_a_run_that_dagster_gave_up_is_told_in_one_sentence_with_one_full_stop() -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        run = instance.create_run_for_job(daily)
        instance.report_run_failed(run)
        told = failure_of(
            (entry.get_dagster_event() for entry in instance.all_logs(run.run_id)), run.run_id
        )

    assert "from outside the execution context. The whole trace" in told.sentence
