from dataclasses import replace

import psycopg
import pytest

from assets.ingestion import ingest as module
from assets.ingestion.ingest import Ingest
from assets.ingestion.staging import DayStaging
from assets.lifecycle.expired_rows import remove_expired_rows
from assets.resources.day_changes import compact
from assets.resources.engine import DuckDBEngine
from assets.resources.lake import Lake, StagedPartition
from assets.resources.postgres import Role
from assets.resources.snapshot import Snapshot
from schema.errors import RetiredRowsError, StorageError, UnexplainedLossError
from schema.windows import DayRange, parse_day
from tests.fixtures.intake import Intake, Source, name_of, uuid_of

D = "2024-02-29"
DAY = DayRange(parse_day(D), parse_day(D))


def names(intake: Intake, table: str) -> list[str]:
    return sorted(name_of(raw) for raw in intake.rows(table, D)["id"])


def reasons(source: Source) -> list[tuple[object, ...]]:
    return source.execute(
        "SELECT source_table, user_id, reason, row_count FROM pipeline.source_changes "
        "WHERE source_table IN ('user_engagement', 'comments') ORDER BY 1, 3"
    )


def retire(source: Source, before: str) -> None:
    source.execute(
        "INSERT INTO pipeline.retired_rows (source_table, retired_before) VALUES (%s, %s)",
        "user_engagement",
        before,
    )


@pytest.fixture
def viewed(source: Source, intake: Intake) -> Source:
    """A day with a view, that was read."""
    source.add("user_engagement", "view", created_at=f"{D} 10:00")
    intake.ingest(D)
    return source


def test_the_first_reading_of_a_day_is_no_change(viewed: Source) -> None:
    assert reasons(viewed) == []


def test_a_day_that_is_the_same_is_no_change(viewed: Source, intake: Intake) -> None:
    intake.ingest(D)

    assert reasons(viewed) == []


def test_rows_that_came_and_went_are_kept_once_with_their_reason(
    viewed: Source, intake: Intake
) -> None:
    viewed.execute("DELETE FROM user_engagement")
    viewed.add("comments", "late", created_at=D)
    intake.ingest(D)

    intake.ingest(D)

    assert reasons(viewed) == [
        ("comments", uuid_of("somebody"), "late", 1),
        ("user_engagement", uuid_of("author"), "removed", 1),
    ]


def stop(*_: object) -> None:
    raise StorageError("the disk is full")


def test_reasons_are_kept_once_however_often_their_publication_fails(
    viewed: Source, intake: Intake, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(Lake, "publish", stop)
        for name in ("first", "second"):
            viewed.add("comments", name, created_at=D)
            with pytest.raises(StorageError):
                intake.ingest(D)

    intake.ingest(D)

    assert reasons(viewed) == [("comments", uuid_of("somebody"), "late", 2)]


def test_reasons_of_a_failed_reading_go_when_the_next_finds_no_difference(
    viewed: Source, intake: Intake, monkeypatch: pytest.MonkeyPatch
) -> None:
    viewed.add("comments", "passing", created_at=D)
    with monkeypatch.context() as patch:
        patch.setattr(Lake, "publish", stop)
        with pytest.raises(StorageError):
            intake.ingest(D)
    assert len(reasons(viewed)) == 1
    viewed.execute("DELETE FROM comments")

    intake.ingest(D)

    assert reasons(viewed) == []


def test_reasons_of_what_the_lake_has_but_the_books_have_not_stay(
    viewed: Source, intake: Intake, monkeypatch: pytest.MonkeyPatch
) -> None:
    viewed.add("comments", "first", created_at=D)
    with monkeypatch.context() as patch:
        patch.setattr(Lake, "_sweep", stop)
        patch.setattr(module, "TABLES", ("comments",))
        with pytest.raises(StorageError):
            intake.ingest(D)
    viewed.add("comments", "second", created_at=D)

    intake.ingest(D)

    assert reasons(viewed) == [("comments", uuid_of("somebody"), "late", 1)] * 2


def test_rows_that_vanish_without_a_note_are_refused_and_nothing_is_published(
    viewed: Source, intake: Intake
) -> None:
    viewed.execute("SET session_replication_role = replica")
    viewed.execute("DELETE FROM user_engagement")

    with pytest.raises(UnexplainedLossError, match=f"user_engagement of {D} has lost 1 rows"):
        intake.ingest(D)

    assert names(intake, "user_engagement") == ["view"]
    assert list((intake.lake.root / "_staging").rglob("*.parquet")) == []


def test_rows_that_vanish_are_refused_also_where_no_day_counts_as_settled(
    source: Source, intake: Intake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Snapshot, "is_settled", lambda *_: False)
    source.add("user_engagement", "view", created_at=f"{D} 10:00")
    intake.ingest(D)
    source.execute("ALTER TABLE user_engagement DETACH PARTITION user_engagement_2024_02")

    with pytest.raises(UnexplainedLossError, match=f"user_engagement of {D} has lost 1 rows"):
        intake.ingest(D)


def test_what_went_without_a_note_while_its_day_lasted_is_no_loss(
    source: Source, intake: Intake
) -> None:
    today = str(source.execute("SELECT (now() AT TIME ZONE 'UTC')::date")[0][0])
    source.add("user_engagement", "view", created_at=today)
    intake.ingest(today)
    source.execute("DELETE FROM user_engagement")

    intake.ingest(today)

    assert intake.lake.files("user_engagement", [parse_day(today)]) == []


def test_notes_that_come_back_with_a_restore_are_no_loss_after_they_were_added_up(
    viewed: Source, intake: Intake
) -> None:
    viewed.add("user_engagement", "late", engagement_type="LIKE", created_at=D)
    viewed.execute("CREATE TABLE backup AS SELECT * FROM pipeline.day_changes")
    intake.ingest(D)
    viewed.execute("INSERT INTO pipeline.day_changes SELECT * FROM backup")
    with intake.postgres.session(Role.WRITER) as session:
        compact(session)

    intake.ingest(D)

    assert names(intake, "user_engagement") == ["late", "view"]


def test_an_accepted_loss_is_published(viewed: Source, intake: Intake) -> None:
    viewed.execute("SET session_replication_role = replica")
    viewed.execute("DELETE FROM user_engagement")

    accepting = Ingest(
        intake.postgres, intake.publisher, DuckDBEngine(), run_id="a run", accept_loss=True
    )
    published = {m.table: m.rows for m in accepting.publish(DAY)}

    assert published["user_engagement"] == 0


def test_a_retired_day_is_carried_over_and_other_tables_are_read(
    viewed: Source, intake: Intake
) -> None:
    retire(viewed, "2024-03-01")
    viewed.execute("SET session_replication_role = replica")
    viewed.execute("DELETE FROM user_engagement")
    viewed.add("comments", "late", created_at=D)

    intake.ingest(D)

    assert names(intake, "user_engagement") == ["view"]
    assert names(intake, "comments") == ["late"]


def test_a_retired_day_without_a_copy_is_refused(source: Source, intake: Intake) -> None:
    retire(source, "2024-03-01")

    with pytest.raises(RetiredRowsError, match="the lake has no copy"):
        intake.ingest(D)


def test_sessions_that_have_ended_stay_in_their_day_unless_their_account_is_gone(
    source: Source, intake: Intake
) -> None:
    source.add("users", "leaver", created_at="2020-01-01")
    source.add("user_sessions", "kept", created_at=D)
    source.add("user_sessions", "erased", user_id="leaver", created_at=D)
    source.add("user_sessions", "going on", created_at=D)
    intake.ingest(D)
    source.execute("DELETE FROM user_sessions WHERE id = %s", uuid_of("kept"))
    source.execute("DELETE FROM users WHERE id = %s", uuid_of("leaver"))

    for _ in range(2):
        intake.ingest(D)

        assert names(intake, "session_states") == ["going on", "kept"]


class ChangedMeanwhile(Ingest):
    """Somebody deletes the day's rows between its reading and the recount."""

    def _read(self, days: DayRange, staged: list[StagedPartition], *, fence: int) -> DayStaging:
        read = super()._read(days, staged, fence=fence)
        with psycopg.connect(self.postgres.url) as session:
            session.execute("DELETE FROM user_engagement")
        return read


def test_a_day_that_changes_between_reading_and_recount_is_provisional_and_mended_by_the_next(
    viewed: Source, intake: Intake
) -> None:
    ingest = ChangedMeanwhile(intake.postgres, intake.publisher, DuckDBEngine(), run_id="a run")
    finality = {m.table: m.is_final for m in ingest.publish(DAY)}
    read_then = names(intake, "user_engagement")

    mended = {m.table: m.is_final for m in intake.ingest(D)}

    assert (finality["user_engagement"], read_then) == (False, ["view"])
    assert mended["user_engagement"] is True
    assert intake.lake.files("user_engagement", DAY) == []


def test_a_published_day_whose_files_are_lost_is_not_read_with_fewer_sessions(
    source: Source, intake: Intake
) -> None:
    source.add("user_sessions", "old", created_at=f"{D} 01:00", expires_at=f"{D} 02:00")
    source.add("user_sessions", "long", created_at=f"{D} 01:00", expires_at="2030-01-01")
    intake.ingest(D)
    remove_expired_rows(intake.postgres)
    intake.ingest(D)
    assert names(intake, "session_states") == ["long", "old"]
    for file in intake.lake.files("session_states", [DAY.first]):
        file.unlink()

    with pytest.raises(RetiredRowsError, match="sessions of that day were cleaned up"):
        intake.ingest(D)


def test_a_day_that_was_never_read_counts_the_sessions_that_are_left(
    source: Source, intake: Intake
) -> None:
    source.add("user_sessions", "old", created_at=f"{D} 01:00", expires_at=f"{D} 02:00")
    source.add("user_sessions", "long", created_at=f"{D} 01:00", expires_at="2030-01-01")
    remove_expired_rows(intake.postgres)

    intake.ingest(D)

    assert names(intake, "session_states") == ["long"]


def who_may_see(intake: Intake) -> dict[str, str | None]:
    rows = intake.rows("post_states", D).select("id", "visibility").iter_rows()
    return {name_of(raw): visibility for raw, visibility in rows}


def test_what_authors_do_to_their_posts_after_a_day_changes_nothing_that_is_known_of_it(
    source: Source, intake: Intake
) -> None:
    source.add("posts", "hidden later", created_at=D, visibility="PUBLIC")
    source.add("posts", "edited later", updated_at=D, created_at="2024-02-01", visibility="PRIVATE")
    source.add("posts", "gone later", updated_at=D, created_at="2024-02-01")
    source.add("posts", "of no kind", created_at=D, visibility=None)
    intake.ingest(D)
    before = intake.lake.manifest("post_states", DAY.first)
    source.execute("UPDATE posts SET visibility = 'PRIVATE' WHERE visibility = 'PUBLIC'")
    source.execute("UPDATE posts SET content = 'other', visibility = 'PUBLIC'")

    intake.ingest(D)

    after = intake.lake.manifest("post_states", DAY.first)
    assert before
    assert after
    assert (after.content, reasons(source)) == (before.content, [])
    assert who_may_see(intake) == {
        "hidden later": "PUBLIC",
        "edited later": "PRIVATE",
        "gone later": "PUBLIC",
        "of no kind": None,
    }

    source.execute("DELETE FROM posts WHERE id = %s", uuid_of("gone later"))
    source.add("posts", "late", created_at=D, visibility="UNLISTED")
    intake.ingest(D)

    assert who_may_see(intake) == {
        "hidden later": "PUBLIC",
        "edited later": "PRIVATE",
        "late": "UNLISTED",
        "of no kind": None,
    }


def test_a_day_that_an_erasure_took_rows_of_keeps_only_posts_that_something_left_touches(
    source: Source, intake: Intake
) -> None:
    source.add("posts", "hidden later", created_at=D, visibility="PUBLIC")
    source.add("user_engagement", "view", created_at=f"{D} 10:00")
    intake.ingest(D)
    source.execute("DELETE FROM user_engagement")
    source.execute(
        "INSERT INTO pipeline.source_changes (source_table, changed_day, reason, row_count, run_id)"
        " VALUES ('user_engagement', %s, 'erased', 1, 'erasure of somebody')",
        D,
    )
    source.execute("UPDATE posts SET visibility = 'PRIVATE'")

    intake.ingest(D)

    assert who_may_see(intake) == {"hidden later": "PUBLIC"}


def test_a_day_that_was_read_before_it_ended_takes_the_states_of_its_end(
    source: Source, intake: Intake
) -> None:
    today = str(source.execute("SELECT (now() AT TIME ZONE 'UTC')::date")[0][0])
    source.add("posts", "p", created_at=today, visibility="PUBLIC")
    intake.ingest(today)
    source.execute("UPDATE posts SET visibility = 'PRIVATE'")

    intake.ingest(today)

    assert set(intake.rows("post_states", today)["visibility"]) == {"PRIVATE"}


def publish_without(intake: Intake, table: str, column: str) -> None:
    """The day's file as an older contract has left it."""
    published = intake.lake.manifest(table, DAY.first)
    assert published
    rows = intake.rows(table, D).drop(column)
    older = intake.lake.stage(table, DAY.first, [rows], fence=published.fence)
    intake.lake.publish(replace(older, manifest=replace(published, files=older.manifest.files)))


@pytest.mark.parametrize(
    ("table", "column"),
    [
        ("posts", "media_type"),
        ("posts", "user_id"),
        ("post_states", "user_id"),
        ("session_states", "is_active"),
    ],
)
def test_a_changed_day_whose_file_lacks_a_column_is_read_again(
    source: Source, intake: Intake, table: str, column: str
) -> None:
    source.add("posts", "p", created_at=D, visibility="PUBLIC")
    source.add("user_sessions", "p", created_at=D)
    intake.ingest(D)
    publish_without(intake, table, column)
    source.add("posts", "late", created_at=D, visibility="PUBLIC")
    source.add("user_sessions", "late", created_at=D)

    intake.ingest(D)

    assert names(intake, table) == ["late", "p"]
    assert column in intake.rows(table, D).columns


def test_a_copy_that_lacks_a_column_stays_where_it_is_the_last(
    viewed: Source, intake: Intake
) -> None:
    retire(viewed, "2024-03-01")
    publish_without(intake, "user_engagement", "user_id")
    viewed.execute("SET session_replication_role = replica")
    viewed.execute("DELETE FROM user_engagement")

    intake.ingest(D)

    assert names(intake, "user_engagement") == ["view"]


def test_sessions_that_lack_a_column_are_not_read_again_after_some_were_cleaned_up(
    source: Source, intake: Intake
) -> None:
    source.add("user_sessions", "old", created_at=f"{D} 01:00", expires_at=f"{D} 02:00")
    intake.ingest(D)
    publish_without(intake, "session_states", "is_active")
    remove_expired_rows(intake.postgres)

    with pytest.raises(RetiredRowsError, match=f"session_states of {D} .* lack a column, and"):
        intake.ingest(D)

    assert names(intake, "session_states") == ["old"]
