import psycopg
import pytest

from tests.fixtures.platform_rows import rows

OPERATOR = "sociallive_operator"
# What the operator may call to keep engagement in order; all the rest is theirs.
OPEN_TO_OPERATOR = {
    "make_engagement_month",
    "complete_engagement_partition",
    "engagement_without_month",
    "engagement_head_room",
    "plan_engagement_archive",
    "add_archive_bound",
    "validate_archive_bound",
    "archive_engagement_month",
    "extend_engagement_archive",
    "move_engagement_rows",
}
INNER = {
    "partition_bounds",
    "month_in",
    "archived_part",
    "archived_until",
    "archive_wanted_until",
    "lock_within",
    "keep_vacuum_away",
    "find_odd_partition",
    "partition_to_bound",
    "drop_archive_bounds",
    "create_archive_part",
    "move_rows",
}


def callable_by(connection: psycopg.Connection, role: str) -> set[object]:
    query = (
        "SELECT proname FROM pg_proc WHERE pronamespace = 'pipeline'::regnamespace"
        " AND has_function_privilege(%(role)s, oid, 'EXECUTE')"
    )
    return {name for (name,) in rows(connection, query, role=role)}


def test_the_operator_calls_what_moves_engagement_and_nobody_calls_its_parts(
    trial: psycopg.Connection,
) -> None:
    assert callable_by(trial, "postgres") >= OPEN_TO_OPERATOR | INNER
    assert callable_by(trial, OPERATOR) >= OPEN_TO_OPERATOR
    assert not callable_by(trial, OPERATOR) & INNER
    for role in ("sociallive_reader", "sociallive_writer", "authenticated_users"):
        assert not callable_by(trial, role) & (OPEN_TO_OPERATOR | INNER)


@pytest.mark.parametrize(
    "trick",
    [
        "SELECT * FROM user_engagement",
        "SELECT * FROM user_engagement_archive",
        "DELETE FROM user_engagement",
        "INSERT INTO user_engagement_archive SELECT",
        "ALTER TABLE user_engagement DETACH PARTITION user_engagement_2024_01",
        "SELECT pipeline.move_rows('users', '2024-01-01', '2024-02-01', 1)",
        "SELECT pipeline.lock_within(1, ARRAY['users IN ACCESS EXCLUSIVE MODE'])",
        "SELECT create_engagement_partition('2030-01-01')",
    ],
)
def test_the_operator_has_no_other_way_to_engagement(trial: psycopg.Connection, trick: str) -> None:
    trial.execute(f"SET LOCAL ROLE {OPERATOR}".encode())

    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        trial.execute(trick.encode())


def test_locks_that_are_not_to_be_had_within_the_patience_are_given_up_together(
    connection: psycopg.Connection, database: str
) -> None:
    wanted = ["users IN SHARE MODE", "posts IN SHARE MODE", "comments IN SHARE MODE"]
    with psycopg.connect(database) as holder:
        holder.execute("LOCK comments IN ROW EXCLUSIVE MODE")

        with pytest.raises(psycopg.errors.LockNotAvailable):
            connection.execute("SELECT pipeline.lock_within(20, %s)", [wanted])
        connection.rollback()

        holder.execute("SET lock_timeout = '5s'")
        holder.execute("LOCK users, posts IN ROW EXCLUSIVE MODE")
