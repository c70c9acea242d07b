from collections.abc import Callable
from uuid import UUID, uuid4

import psycopg
import pytest

from tests.fixtures.platform_rows import People, open_session, rows, scalar

SEEN = "SELECT user_id FROM user_sessions ORDER BY user_id"

ActAs = Callable[[UUID | str | None], None]


@pytest.fixture
def sessions(trial: psycopg.Connection, people: People) -> People:
    """One session of the author and one of the fan."""
    open_session(trial, people.author)
    open_session(trial, people.fan)
    return people


@pytest.fixture
def act_as(trial: psycopg.Connection) -> ActAs:
    """Become a user of the platform: None is nobody, text is what a careless caller sets."""

    def become(user: UUID | str | None) -> None:
        if user is not None:
            trial.execute("SELECT set_config('app.current_user_id', %s, TRUE)", [str(user)])
        trial.execute("SET LOCAL ROLE authenticated_users")

    return become


@pytest.fixture
def as_owner(trial: psycopg.Connection, sessions: People) -> None:
    """No superuser, owner of the tables and member of all roles, as after `migrate`."""
    trial.execute("CREATE ROLE plain_owner")
    trial.execute("GRANT authenticated_users, sociallive_reader, sociallive_writer TO plain_owner")
    trial.execute("GRANT ALL ON ALL TABLES IN SCHEMA public TO plain_owner")
    trial.execute("GRANT CREATE ON SCHEMA public TO plain_owner")
    trial.execute("ALTER TABLE user_sessions OWNER TO plain_owner")
    trial.execute("ALTER TABLE users OWNER TO plain_owner")
    trial.execute("SET LOCAL ROLE plain_owner")


def test_users_see_their_own_sessions_only(
    trial: psycopg.Connection, sessions: People, act_as: ActAs
) -> None:
    act_as(sessions.fan)

    assert rows(trial, SEEN) == [(sessions.fan,)]


@pytest.mark.parametrize("nobody", [None, "", str(UUID(int=1))])
def test_nobody_sees_nothing(
    trial: psycopg.Connection, sessions: People, act_as: ActAs, nobody: str | None
) -> None:
    act_as(nobody)

    assert rows(trial, SEEN) == []


def test_the_setting_ends_with_its_transaction(
    shared_database: str,
) -> None:
    user = uuid4()
    with psycopg.connect(shared_database, autocommit=True) as session:
        with session.transaction():
            session.execute("SELECT set_config('app.current_user_id', %s, TRUE)", [str(user)])
            assert scalar(session, "SELECT current_user_id()") == user

        assert scalar(session, "SELECT current_user_id()") is None


def test_what_is_no_id_is_refused(
    trial: psycopg.Connection, sessions: People, act_as: ActAs
) -> None:
    act_as("' OR TRUE --")

    with pytest.raises(psycopg.errors.InvalidTextRepresentation):
        trial.execute(SEEN)


def test_users_cannot_open_a_session_for_another(
    trial: psycopg.Connection, sessions: People, act_as: ActAs
) -> None:
    act_as(sessions.fan)

    open_session(trial, sessions.fan)
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="row-level security"):
        open_session(trial, sessions.author)


def test_users_cannot_give_a_session_away(
    trial: psycopg.Connection, sessions: People, act_as: ActAs
) -> None:
    act_as(sessions.fan)

    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="row-level security"):
        trial.execute("UPDATE user_sessions SET user_id = %s", [sessions.author])


@pytest.mark.parametrize(
    "statement", ["DELETE FROM user_sessions", "UPDATE user_sessions SET is_active = FALSE"]
)
def test_users_change_and_end_their_own_sessions_only(
    trial: psycopg.Connection, sessions: People, act_as: ActAs, statement: str
) -> None:
    act_as(sessions.fan)

    assert trial.execute(statement.encode()).rowcount == 1

    trial.execute("RESET ROLE")
    untouched = rows(trial, "SELECT user_id FROM user_sessions WHERE is_active")
    assert untouched == [(sessions.author,)]


@pytest.mark.parametrize(
    "trick",
    [
        "TRUNCATE user_sessions",
        "COPY user_sessions (user_id) FROM STDIN",
        "ALTER TABLE user_sessions DISABLE ROW LEVEL SECURITY",
        "DROP POLICY user_sessions_policy ON user_sessions",
        "CREATE POLICY mine ON user_sessions USING (TRUE)",
        "SET ROLE sociallive_reader",
        "SELECT * FROM users",
        "SELECT * FROM password_reset_tokens",
    ],
)
def test_users_cannot_get_around_the_policy(
    trial: psycopg.Connection, sessions: People, act_as: ActAs, trick: str
) -> None:
    user = sessions.fan
    trial.execute("CREATE ROLE app_login")
    trial.execute("GRANT authenticated_users TO app_login")
    trial.execute("SET LOCAL SESSION AUTHORIZATION app_login")
    act_as(user)

    with pytest.raises((psycopg.errors.InsufficientPrivilege, psycopg.errors.FeatureNotSupported)):
        trial.execute(trick.encode())


def test_a_leaky_function_sees_no_other_rows(
    trial: psycopg.Connection, sessions: People, act_as: ActAs
) -> None:
    trial.execute(
        "CREATE FUNCTION peek(UUID) RETURNS BOOLEAN LANGUAGE plpgsql COST 0.0001 AS"
        " $$ BEGIN RAISE NOTICE '%', $1; RETURN TRUE; END $$"
    )
    peeked: list[str | None] = []
    trial.add_notice_handler(lambda notice: peeked.append(notice.message_primary))
    act_as(sessions.fan)

    trial.execute("SELECT count(*) FROM user_sessions WHERE peek(user_id)")

    assert peeked == [str(sessions.fan)]


def test_the_tables_owner_is_bound_too(trial: psycopg.Connection, as_owner: None) -> None:
    assert rows(trial, SEEN) == []


def test_the_owner_cannot_open_sessions_for_others(
    trial: psycopg.Connection, sessions: People, as_owner: None
) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="row-level security"):
        open_session(trial, sessions.fan)


def test_a_view_of_the_owners_lends_no_sight_of_others(
    trial: psycopg.Connection, sessions: People, as_owner: None, act_as: ActAs
) -> None:
    trial.execute("CREATE VIEW all_sessions AS SELECT user_id FROM user_sessions")
    trial.execute("GRANT SELECT ON all_sessions TO authenticated_users")

    act_as(sessions.fan)

    others = [row for row in rows(trial, "TABLE all_sessions") if row != (sessions.fan,)]
    assert others == []


def test_a_user_that_goes_takes_all_sessions_along_although_the_owner_sees_none(
    trial: psycopg.Connection, sessions: People, as_owner: None
) -> None:
    trial.execute("DELETE FROM users WHERE id = %s", [sessions.fan])

    trial.execute("RESET ROLE")
    assert rows(trial, SEEN) == [(sessions.author,)]


def test_the_pipeline_sees_that_sessions_exist(trial: psycopg.Connection, sessions: People) -> None:
    trial.execute("SET LOCAL ROLE sociallive_reader")

    assert len(rows(trial, SEEN)) == 2


def test_the_pipelines_sight_is_not_inherited(trial: psycopg.Connection, sessions: People) -> None:
    trial.execute("CREATE ROLE analyst")
    trial.execute("GRANT sociallive_reader TO analyst")
    trial.execute("SET LOCAL ROLE analyst")

    assert rows(trial, SEEN) == []


def test_every_table_with_tokens_of_users_is_closed_or_guarded(trial: psycopg.Connection) -> None:
    open_tables = rows(
        trial,
        "SELECT DISTINCT table_name, grantee FROM information_schema.column_privileges"
        " WHERE column_name ~ 'token|password' AND grantee NOT IN ('postgres')"
        " AND table_schema = 'public'",
    )

    assert open_tables == [("user_sessions", "authenticated_users")]
