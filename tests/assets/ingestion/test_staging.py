import psycopg
import pytest

from assets.ingestion import ingest as module
from assets.ingestion.ingest import Ingest
from assets.ingestion.staging import DayStaging
from assets.resources.engine import DuckDBEngine
from assets.resources.lake import Lake, StagedPartition
from schema.errors import DatabaseUnavailableError, StorageError
from schema.windows import DayRange, parse_day
from tests.fixtures.intake import Intake, Source, name_of, uuid_of

D = "2024-02-29"
DAY = DayRange(parse_day(D), parse_day(D))


def reasons(source: Source) -> list[tuple[object, ...]]:
    return source.execute(
        "SELECT source_table, user_id, reason, row_count FROM pipeline.source_changes "
        "WHERE source_table IN ('user_engagement', 'comments') ORDER BY 1, 3"
    )


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
    read_then = intake.published("user_engagement", D)

    mended = {m.table: m.is_final for m in intake.ingest(D)}

    assert (finality["user_engagement"], read_then) == (False, ["view"])
    assert mended["user_engagement"] is True
    assert intake.lake.files("user_engagement", DAY) == []


class AccountGoneMeanwhile(Ingest):
    """Somebody deletes an account between the reading of its rows and the note of them."""

    def _read(self, days: DayRange, staged: list[StagedPartition], *, fence: int) -> DayStaging:
        read = super()._read(days, staged, fence=fence)
        with psycopg.connect(self.postgres.url) as session:
            session.execute("DELETE FROM users WHERE id = %s", [uuid_of("leaver")])
        return read


def test_an_account_that_goes_while_its_day_is_read_is_one_sentence_and_the_next_run_succeeds(
    viewed: Source, intake: Intake
) -> None:
    viewed.add("users", "leaver", created_at="2020-01-01")
    viewed.add("comments", "late", user_id="leaver", created_at=D)
    work = AccountGoneMeanwhile(intake.postgres, intake.publisher, DuckDBEngine(), run_id="a run")

    with pytest.raises(DatabaseUnavailableError, match="an account was deleted while"):
        list(work.publish(DAY))

    intake.ingest(D)
    assert intake.lake.files("comments", DAY) == []


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


def test_a_day_that_was_read_again_since_an_erasure_keeps_every_post_that_was_touched(
    source: Source, intake: Intake
) -> None:
    intake.ingest("2024-02-28")
    source.execute(
        "INSERT INTO pipeline.partition_ledger SELECT (jsonb_populate_record(ledger,"
        " jsonb_build_object('table_name', 'computed', 'partition_date', %s::date))).*"
        " FROM pipeline.partition_ledger AS ledger WHERE table_name = 'posts'",
        D,
    )
    source.execute(
        "INSERT INTO pipeline.source_changes (source_table, changed_day, reason, row_count, run_id)"
        " VALUES ('user_engagement', %s, 'erased', 1, 'erasure of somebody')",
        D,
    )
    source.add("posts", "edited later", updated_at=D, created_at="2024-02-01")
    intake.ingest(D)
    source.execute("UPDATE posts SET content = 'other'")

    intake.ingest(D)

    assert set(who_may_see(intake)) == {"edited later"}


def test_an_erased_account_that_a_stopped_run_has_noted_lets_go_of_no_post(
    source: Source, intake: Intake
) -> None:
    source.add("posts", "edited later", updated_at=D, created_at="2024-02-01")
    intake.ingest(D)
    source.execute(
        "INSERT INTO pipeline.source_changes (source_table, changed_day, reason, row_count, run_id)"
        " VALUES ('user_engagement', %s, 'erased', 1, 'a run')",
        D,
    )
    source.execute("UPDATE posts SET content = 'other'")

    intake.ingest(D)

    assert set(who_may_see(intake)) == {"edited later"}


@pytest.mark.parametrize(
    ("content_type", "status"), [("POST", "APPROVED"), ("COMMENT", "REJECTED"), ("POST", None)]
)
def test_a_post_that_moderation_did_not_reject_was_removed(
    viewed: Source, intake: Intake, content_type: str, status: str | None
) -> None:
    viewed.add("content_moderation", "case", content_type=content_type, status=status)
    viewed.execute("DELETE FROM posts")

    intake.ingest(D)

    assert reasons(viewed) == [("user_engagement", uuid_of("author"), "removed", 1)]


def test_a_day_that_was_read_before_it_ended_takes_the_states_of_its_end(
    source: Source, intake: Intake
) -> None:
    today = str(source.execute("SELECT (now() AT TIME ZONE 'UTC')::date")[0][0])
    source.add("posts", "p", created_at=today, visibility="PUBLIC")
    intake.ingest(today)
    source.execute("UPDATE posts SET visibility = 'PRIVATE'")

    intake.ingest(today)

    assert set(intake.rows("post_states", today)["visibility"]) == {"PRIVATE"}
