"""A person lives on a platform, is erased, and nothing of them is left or comes back."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from assets.lifecycle.backup_folder import DUMPS, BackupFolder
from assets.lifecycle.database_dump import dump_database
from assets.resources.engine import EngineName
from assets.resources.postgres import Postgres
from pipelines.cli.erase import erase_user
from pipelines.cli.query import session_of
from pipelines.erasing import erasure_of
from schema.errors import RunFailedError
from tests.fixtures import canary
from tests.fixtures.installation import Copy, Installation
from tests.fixtures.lake_contents import lake_rows
from tests.fixtures.postgres import PostgresServer
from tests.fixtures.restoring import restore

FIRST, LAST = "2024-02-27", "2024-02-29"


@pytest.fixture
def told(capsys: pytest.CaptureFixture[str]) -> Callable[[], str]:
    return lambda: " ".join(capsys.readouterr().out.split())


@pytest.fixture
def settled(recent_installation: Installation, monkeypatch: pytest.MonkeyPatch) -> Installation:
    """A platform with the person on it, whose days have run; commands mean this installation."""
    installation = recent_installation.since(date.fromisoformat(FIRST))
    canary.settle(installation.url)
    installation.run(FIRST, LAST)
    monkeypatch.setenv("SOCIALLIVE_DATABASE_URL", installation.url)
    monkeypatch.setenv("SOCIALLIVE_HOME", str(installation.settings.home))
    monkeypatch.setenv("SOCIALLIVE_FIRST_DAY", FIRST)
    return installation


BACKUP = "2024-03-01T02-00-00.000000Z"
RESTATED = "SELECT reasons FROM pipeline.restatements"


def erase(named: str | None = canary.USERNAME, **options: bool) -> None:
    usual = {"again": False, "dry_run": False, "without_asking": False, "correct": True}
    erase_user(named, **usual | options)


def leave_files(installation: Installation) -> list[Path]:
    """A page and a mail that name the person in their text or their path only; and its folder."""
    reports, outbox = installation.settings.reports, installation.settings.outbox
    texts = {
        reports / "old" / "page.html": f"about {canary.USERNAME} only",
        reports / "creators" / str(canary.ID) / "week-2024-02-29.html": "names nobody",
        outbox / "week-2024-02-29" / f"{canary.ID}.eml": "names nobody",
    }
    for path, text in texts.items():
        path.parent.mkdir(parents=True)
        path.write_text(text)
    return [*texts, reports / "creators" / str(canary.ID)]


def views_that_show(person: object, installation: Installation) -> set[str]:
    """Views of analysts in which the id stands anywhere, however it is written."""
    found = set()
    with session_of(installation.settings) as session:
        for view in session.views:
            told = f"contains(to_json(row)::VARCHAR, '{person}')"
            query = session.understand(f"SELECT 1 FROM {view.name} AS row WHERE {told} LIMIT 1")
            if any(rows.num_rows for rows in session.answer(query)):
                found.add(view.name)
    return found


def test_nothing_is_left_of_an_erased_person_and_the_rest_is_as_if_they_had_never_been(
    settled: Installation,
    copies: Copy,
    recent_template: str,
    tmp_path: Path,
    told: Callable[[], str],
) -> None:
    never = copies(recent_template, EngineName.DUCKDB, date.fromisoformat(FIRST))
    never.run(FIRST, LAST)
    files = canary.export(settled.url, tmp_path / "set")
    settled.load(files)
    written = leave_files(settled)
    before = canary.traces(settled.url, settled.settings.home)
    assert len(before) > 30
    assert {"users", "posts", "user_engagement", "user_analytics"} <= views_that_show(
        canary.ID, settled
    )

    erase()

    assert views_that_show(canary.ID, settled) == set()

    assert canary.traces(settled.url, settled.settings.home) == []
    assert not [path for path in written if path.exists()]
    assert settled.user_analytics() == never.user_analytics()
    assert settled.system_metrics() == never.system_metrics()
    assert settled.scores() == never.scores()
    counters = (
        "SELECT id, followers_count, following_count, posts_count FROM users ORDER BY id",
        "SELECT id, likes_count, comments_count, shares_count FROM posts ORDER BY id",
    )
    for question in counters:
        assert settled.rows(question) == never.rows(question)
    for (table, day, left), (_, _, expected) in zip(
        lake_rows(settled), lake_rows(never), strict=True
    ):
        assert left.equals(expected), f"{table} of {day}"
    assert {reason for (reasons,) in settled.rows(RESTATED) for reason in reasons} == {"erased"}
    waiting = "SELECT FROM pipeline.day_changes WHERE days && daterange(%s, %s, '[]')"
    assert not settled.rows(waiting, [FIRST, LAST])

    again = settled.load(files)
    for report in again.tables:
        assert report.reasons == ({"erased": report.read} if report.read else {})
        assert report.loaded == 0
    assert sum(report.read for report in again.tables) > 50
    told()
    for named in (canary.USERNAME, str(canary.ID)):
        erase(named)
        assert "erased already" in told()
    assert canary.traces(settled.url, settled.settings.home) == []


def test_a_dry_run_says_line_by_line_what_the_receipt_says(
    settled: Installation, tmp_path: Path
) -> None:
    settled.load(canary.export(settled.url, tmp_path / "set"))
    leave_files(settled)
    before = settled.rows("SELECT * FROM audit_log ORDER BY id")
    work = erasure_of(settled.settings, Postgres(settled.url), lambda _said: None)
    account = work.find(canary.USERNAME)
    assert account

    preview = work.preview(account)

    assert settled.rows("SELECT * FROM audit_log ORDER BY id") == before
    receipt = work.go_on(work.begin(account))
    assert receipt
    assert preview.targets == receipt.targets
    assert {"audit_log", "user_engagement_keys", "content_moderation", "rejects", "outbox"} < set(
        preview.targets
    )


def test_a_backup_from_before_an_erasure_brings_nobody_back(
    settled: Installation, postgres_server: PostgresServer, tmp_path: Path
) -> None:
    backups = BackupFolder(tmp_path / "backups")
    with backups.lock():
        dump_database(Postgres(settled.url), backups, BACKUP)
    erase()
    numbers, scores = settled.user_analytics(), settled.scores()
    restore(postgres_server, settled.url, backups.root / DUMPS / BACKUP)
    assert canary.traces(settled.url, settled.settings.home) != []
    with pytest.raises(RunFailedError, match="erase --again"):
        settled.run(LAST)

    erase(None, again=True)
    settled.run(FIRST, LAST)

    assert canary.traces(settled.url, settled.settings.home) == []
    assert (settled.user_analytics(), settled.scores()) == (numbers, scores)
