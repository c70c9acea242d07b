import psycopg
import pytest

from schema.connecting import clear_connection_errors, place
from schema.errors import DatabaseUnavailableError, PipelineError, UsageError

SECRET = "s3cret"


def refusal_of(url: str) -> PipelineError:
    with pytest.raises(PipelineError) as refusal, clear_connection_errors(url):
        psycopg.connect(url)
    return refusal.value


@pytest.mark.parametrize(
    ("url", "named"),
    [
        ("postgresql://me:s3cret@db.example:6000/live", "database live at db.example:6000"),
        ("postgresql://me:s3cret@db.example/live", "database live at db.example:5432"),
        ("postgresql://me@/live?host=/run/pg&password=s3cret", "database live at /run/pg:5432"),
        ("host=db.example dbname=live password=s3cret", "database live at db.example:5432"),
        ("postgresql://", "database (default) at the local socket:5432"),
    ],
)
def test_a_place_is_server_and_database_and_nothing_secret(url: str, named: str) -> None:
    assert place(url) == f"PostgreSQL {named}"


def test_a_server_that_does_not_listen_is_told_in_one_sentence() -> None:
    refusal = refusal_of(f"postgresql://me:{SECRET}@127.0.0.1:1/live")

    assert isinstance(refusal, DatabaseUnavailableError)
    assert str(refusal) == (
        "cannot connect to PostgreSQL database live at 127.0.0.1:1: Connection refused. "
        "Check SOCIALLIVE_DATABASE_URL and that the server runs"
    )


def test_a_socket_that_is_not_there_is_told() -> None:
    refusal = refusal_of("postgresql://me@/live?host=/nonexistent")

    assert "live at /nonexistent:5432: No such file or directory. Check" in str(refusal)


def test_a_port_that_cannot_be_one_is_told() -> None:
    assert "invalid port number" in str(
        refusal_of(f"postgresql://me:{SECRET}@127.0.0.1:99999/live")
    )


@pytest.mark.parametrize(
    "url",
    [
        "http://db.example/live",
        "db.example",
        f"postgresql://me:{SECRET}%@db.example/live",
        f"postgresql://me:{SECRET}@[db.example/live",
        f"postgresql://me:{SECRET}@db.example/live?pasword=x",
    ],
)
def test_what_is_no_postgresql_url_is_refused(url: str) -> None:
    refusal = refusal_of(url)

    assert isinstance(refusal, UsageError)
    assert str(refusal) == (
        "SOCIALLIVE_DATABASE_URL is not a PostgreSQL URL: "
        "write it as postgresql://user:password@host:5432/database"
    )


@pytest.mark.parametrize(
    "password", ["s3cret/x", "1/s3cret", "x@s3cret", "s3cret@x/y", "a/s3cret?b"]
)
def test_a_password_that_libpq_takes_for_a_host_or_port_is_not_told(password: str) -> None:
    refusal = refusal_of(f"postgresql://me:{password}@127.0.0.1/live")

    assert isinstance(refusal, UsageError)
    assert SECRET not in str(refusal)


def test_an_unquoted_password_is_told_how_to_be_written() -> None:
    refusal = refusal_of(f"postgresql://me:{SECRET}/x@127.0.0.1/live")

    assert "write @ as %40, / as %2F, : as %3A and ? as %3F" in str(refusal)


def test_a_port_that_is_no_number_is_told_as_well() -> None:
    refusal = refusal_of("postgresql://me@127.0.0.1:notaport/live")

    assert "SOCIALLIVE_DATABASE_URL has a port that is no number" in str(refusal)


def test_the_cause_is_not_chained_since_it_may_quote_the_password() -> None:
    refusal = refusal_of(f"postgresql://me:{SECRET}/x@127.0.0.1/live")

    assert refusal.__suppress_context__


def test_of_several_attempts_the_servers_own_refusal_is_told() -> None:
    said = 'first failed: refused\nsecond failed: FATAL:  database "live" is away\nDETAIL:  Later.'

    with (
        pytest.raises(DatabaseUnavailableError, match=r'5432: database "live" is away\. Check'),
        clear_connection_errors("postgresql://db.example/live"),
    ):
        raise psycopg.OperationalError(said)


def test_a_failure_without_words_is_told_too() -> None:
    with (
        pytest.raises(DatabaseUnavailableError, match="no reason was given"),
        clear_connection_errors("postgresql://db.example/live"),
    ):
        raise psycopg.OperationalError


def test_no_failure_is_no_error() -> None:
    with clear_connection_errors("postgresql://db.example/live"):
        pass
