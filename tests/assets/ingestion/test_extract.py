import psycopg
import pytest

from assets.ingestion.extract import open_reader
from assets.ingestion.recount import recount
from assets.resources.postgres import Postgres
from assets.resources.snapshot import open_snapshot
from schema.errors import ContractError, DatabaseUnavailableError, SchemaMismatchError
from schema.windows import parse_day
from tests.fixtures.intake import Intake, Source, uuid_of

D = "2024-02-29"


def test_rows_are_read_in_batches_of_bounded_size(source: Source, postgres: Postgres) -> None:
    source.execute("ALTER TABLE content_moderation DROP CONSTRAINT content_moderation_pkey")
    for index in ("content", "status", "moderator", "reviewed_at"):
        source.execute(f"DROP INDEX idx_moderation_{index}")
    source.execute(
        "INSERT INTO content_moderation (content_type, content_id, created_at) "
        "SELECT 'POST', gen_random_uuid(), %s FROM generate_series(1, 300000)",
        D,
    )

    with open_snapshot(postgres) as snapshot, open_reader(postgres, snapshot) as reader:
        reading = reader.read("moderation_states", parse_day(D))
        sizes = [(frame.height, frame.estimated_size("mb")) for frame in reading]
        counted = recount(snapshot.session, "moderation_states", parse_day(D))

    assert sum(height for height, _ in sizes) == 300_000
    assert len(sizes) > 1
    assert max(size for _, size in sizes) < 32
    assert reading.fingerprint == counted.fingerprint


def test_a_value_that_is_not_a_number_is_named_by_column_rule_count_and_id(
    source: Source, intake: Intake
) -> None:
    source.add("user_engagement", "bad", value="NaN", created_at=D)
    source.add("user_engagement", "good", value="1", engagement_type="LIKE", created_at=D)

    with pytest.raises(ContractError, match="user_engagement of 2024-02-29") as error:
        intake.extract("user_engagement", D)

    assert "value: not_nullable: 1 row" in str(error.value)
    assert str(uuid_of("bad")) in str(error.value)
    assert str(uuid_of("good")) not in str(error.value)


STRANGE: list[tuple[str, str, str, dict[str, str]]] = [
    ("post_states", "posts", "deleted_at", {"created_at": D, "deleted_at": "infinity"}),
    (
        "session_states",
        "user_sessions",
        "last_used_at",
        {"created_at": D, "last_used_at": "infinity"},
    ),
    ("session_states", "user_sessions", "created_at", {"created_at": "-infinity"}),
    (
        "moderation_states",
        "content_moderation",
        "reviewed_at",
        {"created_at": D, "reviewed_at": "infinity"},
    ),
    ("moderation_states", "content_moderation", "created_at", {"created_at": "-infinity"}),
    ("moderation_states", "content_moderation", "created_at", {"created_at": "0044-03-15 BC"}),
]


def test_an_instant_that_no_calendar_has_is_refused_by_column(
    source: Source, intake: Intake
) -> None:
    for table, platform_table, column, row in STRANGE:
        source.add(platform_table, "strange", **row)

        with pytest.raises(ContractError, match=rf"{table} of {D} .*infinite.*{column} in 1 row"):
            intake.extract(table, D)

        source.execute(f"DELETE FROM {platform_table} WHERE id = %s", uuid_of("strange"))


@pytest.mark.parametrize(
    ("change", "table", "named"),
    [
        ("ALTER TABLE users RENAME COLUMN role TO duty", "users", "users.role does not exist"),
        ("ALTER TABLE posts DROP COLUMN media_type CASCADE", "posts", "posts.media_type"),
        ("ALTER TABLE media_files RENAME TO files", "media_files", '"media_files" does not exist'),
        ("DROP TABLE content_moderation", "moderation_states", '"content_moderation"'),
        ("DROP VIEW pipeline.follow_deletions", "unfollows", "pipeline.follow_deletions"),
        ("REVOKE SELECT (role) ON users FROM sociallive_reader", "users", "for table users"),
    ],
)
def test_a_changed_database_is_refused_by_the_name_of_what_is_missing(
    source: Source, intake: Intake, change: str, table: str, named: str
) -> None:
    source.execute(change)

    with pytest.raises(SchemaMismatchError, match="sociallive migrate") as error:
        intake.extract(table, D)

    assert f"{table} of {D} cannot be read" in str(error.value)
    assert named in str(error.value)


def test_an_added_column_is_no_trouble(source: Source, intake: Intake) -> None:
    source.execute("ALTER TABLE users ADD COLUMN shoe_size int")
    source.add("users", "u", created_at=D)

    assert "shoe_size" not in intake.extract("users", D).columns


NEW_LABELS = {
    "users": ("user_role", "role"),
    "posts": ("media_type_enum", "media_type"),
    "user_engagement": ("engagement_type_enum", "engagement_type"),
    "media_files": ("processing_status_enum", "processing_status"),
}


def test_a_new_label_of_an_enum_is_refused_by_column_and_id(source: Source, intake: Intake) -> None:
    for table, (enum, column) in NEW_LABELS.items():
        source.execute(f"ALTER TYPE {enum} ADD VALUE 'NEW'")
        source.add(table, "novel", **{"created_at": D, column: "NEW"})

        with pytest.raises(ContractError, match=rf"{table} of {D} .*{column}.*isin") as error:
            intake.extract(table, D)

        assert str(uuid_of("novel")) in str(error.value)


def test_a_size_below_nothing_is_refused(source: Source, intake: Intake) -> None:
    source.add("media_files", "m", file_size=-1, created_at=D)

    with pytest.raises(ContractError, match="file_size: greater_than_or_equal_to"):
        intake.extract("media_files", D)


def test_a_statement_that_breaks_off_half_way_is_one_sentence_that_may_be_retried(
    source: Source, postgres: Postgres
) -> None:
    source.add("users", "u", created_at=D)
    source.execute("ALTER TABLE users RENAME TO accounts")
    source.execute(
        "CREATE VIEW users AS SELECT id, created_at, (1 / (random() * 0)::int)::text AS role "
        "FROM accounts"
    )
    source.execute("GRANT SELECT ON users TO sociallive_reader")

    with (
        pytest.raises(DatabaseUnavailableError, match=r"users of 2024-02-29 .*division by zero"),
        open_snapshot(postgres) as snapshot,
        open_reader(postgres, snapshot) as reader,
    ):
        list(reader.read("users", parse_day(D)))


@pytest.mark.fault
def test_a_reader_whose_server_session_was_ended_is_one_sentence_that_may_be_retried(
    source: Source, postgres: Postgres
) -> None:
    with open_snapshot(postgres) as snapshot, open_reader(postgres, snapshot) as reader:
        source.execute(
            "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid NOT IN (pg_backend_pid(), %s)",
            snapshot.composer.connection.info.backend_pid,
        )
        with pytest.raises(DatabaseUnavailableError, match="Run the day again"):
            list(reader.read("users", parse_day(D)))


def test_everything_is_read_as_the_reader(
    source: Source, postgres: Postgres, connection: psycopg.Connection
) -> None:
    with open_snapshot(postgres) as snapshot, open_reader(postgres, snapshot) as reader:
        with reader.rows.arrow.cursor() as cursor:
            cursor.execute("SELECT current_user::text, current_setting('transaction_read_only')")
            assert cursor.fetchall() == [("sociallive_reader", "on")]
        assert snapshot.composer.connection.execute("SELECT current_user").fetchone() == (
            "sociallive_reader",
        )


def test_a_day_without_rows_yields_none(postgres: Postgres) -> None:
    with open_snapshot(postgres) as snapshot, open_reader(postgres, snapshot) as reader:
        batches = list(reader.read("users", parse_day("1999-12-31")))

    assert sum(batch.height for batch in batches) == 0
