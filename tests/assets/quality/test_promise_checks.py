"""Each check passes on a sound platform, and in each it is shown what it sees."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import dagster as dg
import psycopg
import pytest

from assets.quality.books import NUMBERS
from assets.quality.exposed_columns import Readable, exposed, read_readable_columns
from assets.quality.open_transactions import OpenTransaction
from assets.quality.promise_checks import FRESH_TABLES, promise_checks
from assets.resources.clock import utc_now, utc_today
from assets.resources.engine import PolarsEngine
from assets.resources.postgres import Postgres
from assets.resources.published import Published
from schema.tables.user_activity import UserActivity
from tests.fixtures.command import Command
from tests.fixtures.installation import Installation
from tests.fixtures.intake import put
from tests.fixtures.small_tables import table

OPEN = "open_transactions of user_engagement"
ENDING = "ROLLBACK PREPARED 'it''s forgotten'"
Evaluate = Callable[[], dict[str, dg.AssetCheckEvaluation]]


@pytest.fixture
def evaluate(installation: Installation) -> Evaluate:
    checks = promise_checks(["user_activity", NUMBERS])
    job = dg.define_asset_job("promises", selection=dg.AssetSelection.checks(*checks))
    definitions = dg.Definitions(
        asset_checks=checks,
        jobs=[job],
        resources={
            "postgres": Postgres(installation.url),
            "published": Published(installation.lake, PolarsEngine()),
        },
    )

    def of_now() -> dict[str, dg.AssetCheckEvaluation]:
        with dg.DagsterInstance.ephemeral() as instance:
            done = definitions.resolve_job_def("promises").execute_in_process(instance=instance)
        return {
            f"{said.check_name} of {said.asset_key.to_user_string()}": said
            for said in done.get_asset_check_evaluations()
        }

    return of_now


def test_a_sound_platform_keeps_every_promise(evaluate: Evaluate) -> None:
    said = evaluate()

    assert set(said) == {
        *(f"freshness of {name}" for name in FRESH_TABLES),
        "books of user_analytics",
        "private_columns of users",
        "stray_rows of user_engagement",
        OPEN,
    }
    for evaluation in said.values():
        assert evaluation.passed
        assert evaluation.metadata["what_next"].value == "nothing"


def test_each_broken_promise_is_told_with_what_to_do(
    evaluate: Evaluate, installation: Installation
) -> None:
    installation.execute("GRANT SELECT (email) ON users TO sociallive_reader")
    installation.execute("GRANT SELECT ON posts TO sociallive_reader")
    installation.execute("GRANT SELECT (username) ON users TO sociallive_mailer")
    installation.execute("GRANT SELECT (role) ON users TO sociallive_mailer")
    installation.execute("GRANT SELECT (email) ON users TO sociallive_writer, sociallive_operator")
    installation.execute(
        "INSERT INTO users (id, email, username, password_hash) "
        "VALUES ('00000000-0000-0000-0000-000000000001', 'p@users.invalid', 'p', '!')"
    )
    installation.execute(
        "INSERT INTO posts (id, user_id, content) VALUES ('00000000-0000-0000-0000-000000000002', "
        "'00000000-0000-0000-0000-000000000001', 'x')"
    )
    installation.execute(
        "INSERT INTO user_engagement (user_id, post_id, engagement_type, created_at) VALUES "
        "('00000000-0000-0000-0000-000000000001', '00000000-0000-0000-0000-000000000002', "
        "'LIKE', '9000-01-01')"
    )
    nothing = table(UserActivity, []).drop("date")
    put(installation.lake, "system_metrics", utc_today() - timedelta(days=4), nothing)

    said = evaluate()

    broken = {name: evaluation for name, evaluation in said.items() if not evaluation.passed}
    assert set(broken) == {
        "freshness of system_metrics",
        "private_columns of users",
        "stray_rows of user_engagement",
    }
    late = broken["freshness of system_metrics"].metadata
    assert str(utc_today() - timedelta(days=3)) in str(late["late_days"].value)
    assert "sociallive run --from" in str(late["what_next"].value)
    opened = broken["private_columns of users"]
    assert opened.severity is dg.AssetCheckSeverity.ERROR
    names = str(opened.metadata["exposed"].value)
    assert "users.email to sociallive_reader" in names
    assert "users.role to sociallive_mailer" in names
    assert "users.email to sociallive_writer" in names
    assert "users.email to sociallive_operator" in names
    # Every column of the table is open now, and so is each that will be added.
    assert "posts.id to sociallive_reader" in names
    assert "users.username to sociallive_mailer" not in names
    assert "REVOKE" in str(opened.metadata["what_next"].value)
    stray = broken["stray_rows of user_engagement"].metadata
    assert stray["out_of_range_rows"].value == 1
    assert "created_at" in str(stray["what_next"].value)


def test_a_day_that_is_not_as_the_books_say_is_named_with_what_mends_it(
    evaluate: Evaluate, installation: Installation
) -> None:
    nothing = table(UserActivity, []).drop("date")
    put(installation.lake, "user_activity", date(2024, 3, 1), nothing)

    unbooked = evaluate()["books of user_analytics"]

    assert not unbooked.passed
    assert unbooked.severity is dg.AssetCheckSeverity.WARN
    mended_by = "sociallive run --from 2024-03-01 --to 2024-03-01"
    assert unbooked.metadata["what_next"].value == mended_by
    assert mended_by in str(unbooked.description)


def test_a_forgotten_prepared_transaction_is_named_with_what_ends_it(
    evaluate: Evaluate,
    installation: Installation,
    command_here: Command,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with psycopg.connect(installation.url) as session:
        session.execute("CREATE TABLE of_others ()")
        session.execute("PREPARE TRANSACTION 'it''s forgotten'")
    try:
        fresh = evaluate()[OPEN]
        monkeypatch.setattr(
            "assets.quality.promise_checks.utc_now", lambda: utc_now() + timedelta(hours=2)
        )
        forgotten = evaluate()[OPEN]
        _, told = command_here("status")
    finally:
        with psycopg.connect(installation.url, autocommit=True) as session:
            session.execute(ENDING.encode())

    assert fresh.passed
    assert not forgotten.passed
    assert forgotten.severity is dg.AssetCheckSeverity.WARN
    assert f"{ENDING} ends it" in str(forgotten.metadata["open"].value)
    assert "No further day becomes final while a prepared transaction of" in told
    assert f"{ENDING} ends it" in told
    assert evaluate()[OPEN].passed
    assert ENDING not in command_here("status")[1]


def test_a_session_holds_what_has_ended_since_its_transaction_began() -> None:
    transaction = OpenTransaction(
        "session 7", "app", datetime(2026, 11, 20, 23, 59, 50, tzinfo=UTC), is_prepared=False
    )

    assert transaction.sentence == (
        "Days from 2026-11-20 on stay provisional while the transaction of session 7 (app) is "
        "open, since 2026-11-20 23:59:50"
    )


def test_what_an_extension_opens_to_everybody_alarms_nobody(installation: Installation) -> None:
    postgres = Postgres(installation.url)
    installation.execute("CREATE VIEW of_ours AS SELECT 1 AS n")
    installation.execute("GRANT SELECT ON of_ours TO PUBLIC")
    installation.execute("CREATE EXTENSION pg_stat_statements SCHEMA public")

    opened = {name for _, name in exposed(read_readable_columns(postgres))}

    assert opened == {"of_ours.n"}


@pytest.mark.parametrize(
    ("readable", "is_exposed"),
    [
        (Readable("sociallive_reader", "users", "created_at", is_whole_table=False), False),
        (Readable("sociallive_reader", "users", "bio", is_whole_table=False), True),
        (Readable("sociallive_reader", "users", "created_at", is_whole_table=True), True),
        (Readable("sociallive_reader", "audit_log", "id", is_whole_table=False), True),
        (Readable("sociallive_reader", "user_engagement", "id", is_whole_table=True), True),
        (Readable("sociallive_reader", "system_metrics", "id", is_whole_table=True), False),
        (Readable("sociallive_writer", "users", "id", is_whole_table=False), False),
        (Readable("sociallive_writer", "users", "email", is_whole_table=False), True),
        (Readable("sociallive_reporter", "posts", "content", is_whole_table=False), False),
        (Readable("sociallive_reporter", "comments", "id", is_whole_table=False), True),
        (Readable("sociallive_mailer", "users", "email", is_whole_table=False), False),
    ],
)
def test_a_role_reads_what_it_is_for_and_nothing_else(
    readable: Readable, *, is_exposed: bool
) -> None:
    assert bool(list(exposed([readable]))) is is_exposed
