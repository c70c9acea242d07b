import pytest

from assets.ingestion.recount import recount
from assets.ingestion.source_audit import AUDITED
from assets.resources.row_count import Count
from assets.resources.snapshot import open_snapshot
from schema.windows import parse_day
from tests.fixtures.intake import Intake, Source, uuid_of

D = "2024-02-29"
CHANGES = [
    ("user_engagement", "engagement_type = 'LIKE'"),
    ("user_engagement", "value = 2"),
    ("user_engagement", """metadata = '{"source": "profile"}'"""),
    ("user_engagement", "created_at = created_at + interval '1 microsecond'"),
    ("posts", "media_type = 'IMAGE'"),
    ("posts", "user_id = (SELECT id FROM users WHERE username = 'somebody')"),
    ("comments", "created_at = created_at + interval '1 second'"),
    ("media_files", "processing_status = 'COMPLETED'"),
    ("media_files", "file_size = 7"),
    ("content_moderation", "reviewed_at = '2024-02-29 12:00'"),
]


def count(intake: Intake, table: str) -> Count:
    with open_snapshot(intake.postgres) as snapshot:
        return recount(snapshot.session, table, parse_day(D))


@pytest.fixture
def filled(source: Source) -> Source:
    source.add("users", "new", created_at=D)
    source.add("posts", "post", user_id="author", created_at=D)
    source.add("comments", "comment", created_at=D)
    source.add("user_followers", "follow", created_at=D)
    source.add("user_engagement", "view", created_at=D)
    source.add("media_files", "file", created_at=D)
    source.add("content_moderation", "case", created_at=D)
    return source


def test_a_recount_equals_what_was_read(filled: Source, intake: Intake) -> None:
    read = {m.table: m for m in intake.ingest(D)}

    for table in AUDITED:
        facts = read[table].extraction
        assert facts is not None
        assert count(intake, table) == Count(read[table].rows, facts.fingerprint or 0), table


@pytest.mark.parametrize(("table", "change"), CHANGES)
def test_any_change_that_numbers_depend_on_changes_the_fingerprint(
    filled: Source, intake: Intake, table: str, change: str
) -> None:
    lake_table = "moderation_states" if table == "content_moderation" else table
    before = count(intake, lake_table)

    filled.execute(f"UPDATE {table} SET {change} WHERE created_at >= '{D}'")

    after = count(intake, lake_table)
    assert after.rows == before.rows
    assert after.fingerprint != before.fingerprint


@pytest.mark.parametrize(
    ("table", "change"),
    [
        ("posts", "likes_count = 7, visibility = 'PRIVATE', content = 'other'"),
        ("comments", "content = 'other', likes_count = 3"),
        ("content_moderation", "reviewed_at = '2024-03-01', reason = 'r'"),
    ],
)
def test_what_no_number_of_the_day_depends_on_leaves_the_fingerprint(
    filled: Source, intake: Intake, table: str, change: str
) -> None:
    lake_table = "moderation_states" if table == "content_moderation" else table
    before = count(intake, lake_table)

    filled.execute(f"UPDATE {table} SET {change} WHERE created_at >= '{D}'")

    assert count(intake, lake_table) == before


def test_a_deleted_follow_counts_as_before(filled: Source, intake: Intake) -> None:
    before = count(intake, "follows")

    filled.execute("DELETE FROM user_followers WHERE id = %s", uuid_of("follow"))

    assert count(intake, "follows") == before
