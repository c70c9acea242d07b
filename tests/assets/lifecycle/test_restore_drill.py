import gzip
import os
import re
import resource
import shutil
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import dagster as dg
import psycopg
import pytest

from assets.lifecycle import dump_drill, restore_drill
from assets.lifecycle.backup import BackupReport, BackupSite, back_up
from assets.lifecycle.backup_definitions import backup_metadata, restore_drill_asset
from assets.lifecycle.backup_folder import BASES, DUMPS, BackupFolder, name_of
from assets.lifecycle.backup_manifest import (
    BaseManifest,
    describe_files,
    read_base_manifest,
    read_dump_manifest,
    to_json,
)
from assets.lifecycle.base_backup import remove_old_segments, take_base
from assets.lifecycle.database_dump import ARCHIVE, DUMP_OPTIONS, ROLES
from assets.lifecycle.drill_records import DrillRecord, newest_proven, read_records, write_record
from assets.lifecycle.recovery_drill import recovered, try_base
from assets.lifecycle.restore_drill import drill
from assets.resources.clock import utc_now
from assets.resources.embedded import EmbeddedPostgres
from assets.resources.embedded_binaries import PostgresPackage
from assets.resources.postgres import Postgres
from assets.resources.postgres_programs import find_programs, run_program, service_file
from schema.errors import (
    BackupFailedError,
    BrokenBackupError,
    DatabaseUnavailableError,
    StorageError,
    UsageError,
)
from schema.migrate import known_migrations, migrate
from tests.fixtures.folders import passing_folder
from tests.fixtures.platform_rows import add_people, open_session, scalar

Damage = Callable[[Path], object]


# A restore writes its casts otherwise, and means the same.
SPELLED_ANEW = "CREATE TABLE spelled_anew (kind VARCHAR(9) CHECK (kind IN ('a', 'b')))"


@dataclass(frozen=True, slots=True)
class BackedUp:
    """A server with a backup, two commits after it, and a moment between these."""

    site: BackupSite
    report: BackupReport
    between: datetime

    @property
    def base(self) -> BaseManifest:
        """Its base backup."""
        assert self.report.base is not None
        return self.report.base

    @property
    def base_folder(self) -> Path:
        """Where that is."""
        return self.site.folder.path(BASES, self.base.backup)

    @property
    def archive(self) -> Path:
        """The log that leads on from it."""
        assert self.site.embedded is not None
        return self.site.embedded.wal_archive

    @property
    def place(self) -> tuple[Path, BaseManifest, Path, Path]:
        """What recovering from it takes."""
        return self.base_folder, self.base, self.archive, self.site.scratch


@pytest.fixture(scope="module")
def backed_up() -> Iterator[BackedUp]:
    with passing_folder() as home:
        embedded = EmbeddedPostgres(home / "postgres", settings={"fsync": "off"})
        postgres = Postgres(embedded.start())
        migrate(postgres.url)
        with psycopg.connect(postgres.url) as session:
            open_session(session, add_people(session).fan)
            session.execute("SELECT nextval('pipeline.fence')")
            session.execute(SPELLED_ANEW)
        scratch = home / "drill" / "postgres"
        site = BackupSite(postgres, embedded, BackupFolder(home / "backups"), scratch)
        report = back_up(site)
        yield BackedUp(site, report, commit_twice(postgres, embedded))
        embedded.stop()


def commit_twice(postgres: Postgres, embedded: EmbeddedPostgres) -> datetime:
    """Commit twice, and return a moment between; the log of both is archived."""
    with psycopg.connect(postgres.url, autocommit=True) as session:
        session.execute("UPDATE users SET bio = 'first' WHERE username = 'fan'")
        between = scalar(session, "SELECT clock_timestamp()")
        session.execute("UPDATE users SET bio = 'second' WHERE username = 'fan'")
        segment = scalar(session, "SELECT pg_walfile_name(pg_switch_wal())")
    while not (embedded.wal_archive / f"{segment}.gz").exists():
        assert embedded.is_running
    assert isinstance(between, datetime)
    return between


@pytest.fixture
def copied_site(backed_up: BackedUp, tmp_path: Path) -> BackupSite:
    """The backups, to be damaged: a dump only."""
    shutil.copytree(backed_up.site.folder.root / DUMPS, tmp_path / DUMPS)
    return replace(backed_up.site, folder=BackupFolder(tmp_path))


@pytest.fixture
def copied_archive(backed_up: BackedUp, tmp_path: Path) -> Path:
    return Path(shutil.copytree(backed_up.archive, tmp_path / "wal"))


def flip_a_byte(path: Path) -> None:
    content = bytearray(path.read_bytes())
    # Behind the header, before a log's many zeros.
    content[min(60, len(content) // 2)] ^= 1
    path.write_bytes(content)


def largest(folder: Path) -> Path:
    return max(folder.rglob("*.gz"), key=lambda path: path.stat().st_size)


def bio_of_the_fan(postgres: Postgres) -> object:
    with postgres.administration() as session:
        return scalar(session, "SELECT bio FROM users WHERE username = 'fan'")


def test_a_backup_counts_what_a_second_count_finds_and_is_closed_to_others(
    backed_up: BackedUp,
) -> None:
    folder = backed_up.site.folder
    manifest = read_dump_manifest(folder.path(DUMPS, backed_up.report.dump.backup))
    with psycopg.connect(backed_up.site.postgres.url) as session:
        counted = {
            f"public.{table}": scalar(session, f"SELECT count(*) FROM {table}")
            for table in ("users", "posts", "user_sessions", "comments")
        }

    assert manifest == backed_up.report.dump
    assert {t.name: t.rows for t in manifest.tables if t.name in counted} == counted
    assert counted["public.user_sessions"] == 1
    assert manifest.migrations == [migration.name for migration in known_migrations()]
    assert read_base_manifest(backed_up.base_folder) == backed_up.base
    modes = {stat.S_IMODE(path.stat().st_mode) for path in (folder.root, *folder.root.rglob("*"))}
    assert not {mode for mode in modes if mode & 0o077}


def test_the_drill_restores_both_ways_leaves_nothing_behind_and_is_recorded(
    backed_up: BackedUp,
) -> None:
    site = backed_up.site

    done = dg.materialize([restore_drill_asset()], resources={"backup_site": site})

    (record,) = read_records(site.folder, utc_now())
    assert (record.failure, record.notes) == (None, ())
    assert (record.dump, record.base) == (backed_up.report.dump.backup, backed_up.base.backup)
    assert record.tables == len(backed_up.report.dump.tables)
    assert record.recovered_until is not None
    assert record.recovered_until > backed_up.base.started_at
    told = done.asset_materializations_for_node("restore_drill")[0].metadata
    assert told["recovered_until"].value == record.recovered_until.isoformat()
    assert told["tables"].value == record.tables
    assert newest_proven(site.folder, BASES, utc_now()) == backed_up.base.backup
    assert not site.scratch.parent.exists()


def test_a_moment_between_two_commits_shows_the_first_and_not_the_second(
    backed_up: BackedUp,
) -> None:
    # A log without a commit after that moment would be refused.
    with recovered(*backed_up.place, until=backed_up.between) as restored:
        assert bio_of_the_fan(restored) == "first"


def test_a_moment_after_the_end_of_the_log_is_refused(backed_up: BackedUp) -> None:
    future = backed_up.between.replace(year=2999)

    with (
        pytest.raises(BrokenBackupError, match="recovery ended before configured recovery target"),
        recovered(*backed_up.place, until=future),
    ):
        raise AssertionError("nothing to see")


def test_a_backup_recovers_to_its_marker_though_nothing_was_archived_since(
    backed_up: BackedUp, copied_archive: Path
) -> None:
    assert backed_up.base.marker_segment is not None
    for path in copied_archive.glob("*.gz"):
        if path.name > f"{backed_up.base.marker_segment}.gz":
            path.unlink()

    done = try_base(backed_up.base_folder, backed_up.base, copied_archive, backed_up.site.scratch)

    assert done.recovered_until is not None
    assert done.recovered_until < backed_up.between


def test_a_base_backup_without_archived_log_recovers_to_its_own_end(backed_up: BackedUp) -> None:
    manifest = replace(backed_up.base, marker_segment=None)

    done = try_base(backed_up.base_folder, manifest, None, backed_up.site.scratch)

    assert (done.tried, done.recovered_until) == (True, None)


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (flip_a_byte, "has changed since it was written"),
        (
            lambda path: os.truncate(path, path.stat().st_size - 1),
            "bytes were written|were written",
        ),
        (Path.unlink, "is missing"),
    ],
)
def test_a_damaged_dump_fails_the_drill_which_names_the_file_and_records_it(
    copied_site: BackupSite, damage: Damage, said: str
) -> None:
    file = largest(copied_site.folder.root)
    damage(file)

    with pytest.raises(BrokenBackupError, match=f"{file}.*({said})"):
        drill(copied_site)

    (record,) = read_records(copied_site.folder, utc_now())
    assert file.name in (record.failure or "")
    assert newest_proven(copied_site.folder, DUMPS, utc_now()) is None


@pytest.fixture
def no_room() -> Iterator[None]:
    """No file of this process can grow beyond a megabyte."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.fault
@pytest.mark.usefixtures("no_room")
def test_a_drill_without_room_for_the_database_is_one_sentence(backed_up: BackedUp) -> None:
    with (
        pytest.raises(StorageError, match="needs room for the whole database"),
        recovered(*backed_up.place),
    ):
        raise AssertionError("nothing to see")

    assert not backed_up.site.scratch.exists()


@pytest.mark.fault
@pytest.mark.parametrize(
    ("stops", "raised", "failure"),
    [
        (psycopg.errors.DiskFull("no room"), DatabaseUnavailableError, "own server gave up"),
        (KeyError("somebody's name"), KeyError, "^a bug: KeyError$"),
    ],
)
def test_whatever_stops_a_drill_is_recorded_as_its_failure(
    copied_site: BackupSite,
    monkeypatch: pytest.MonkeyPatch,
    stops: Exception,
    raised: type[Exception],
    failure: str,
) -> None:
    def stopped(*_place: object) -> None:
        raise stops

    monkeypatch.setattr(restore_drill, "try_dump", stopped)

    with pytest.raises(raised):
        drill(copied_site)

    (record,) = read_records(copied_site.folder, utc_now())
    assert re.search(failure, record.failure or "")


def test_a_failed_drill_is_a_failed_run_that_says_why_in_one_sentence(
    copied_site: BackupSite,
) -> None:
    largest(copied_site.folder.root).unlink()

    done = dg.materialize(
        [restore_drill_asset()], resources={"backup_site": copied_site}, raise_on_error=False
    )

    (failure,) = [event for event in done.all_events if event.is_step_failure]
    data = failure.step_failure_data.user_failure_data
    assert data is not None
    assert "is missing: do not restore" in (data.description or "")


def test_dagster_shows_where_a_backup_is_and_how_large(backed_up: BackedUp) -> None:
    shown = backup_metadata(backed_up.report, backed_up.site.folder)

    assert Path(shown["base_backup"].value) == backed_up.base_folder
    assert shown["dagster/row_count"] == sum(t.rows for t in backed_up.report.dump.tables)
    assert (shown["left_out"], shown["removed"]) == ("nothing", "nothing")


def test_a_restored_table_with_other_rows_than_were_backed_up_is_named(
    copied_site: BackupSite,
) -> None:
    (name,) = copied_site.folder.names(DUMPS)
    manifest = copied_site.folder.path(DUMPS, name) / "manifest.json"
    users = next(t for t in read_dump_manifest(manifest.parent).tables if t.name == "public.users")
    text = manifest.read_text(encoding="utf-8")
    manifest.write_text(text.replace(users.row_hashes, f"{users.row_hashes}7"), encoding="utf-8")

    with pytest.raises(BrokenBackupError, match=r"public\.users has other contents in its 2 rows"):
        drill(copied_site)

    assert not copied_site.scratch.exists()


def test_a_dump_without_grants_and_positions_of_sequences_is_no_backup(
    backed_up: BackedUp, copied_site: BackupSite
) -> None:
    (name,) = copied_site.folder.names(DUMPS)
    lacking = ("--no-privileges", "--exclude-table-data=pipeline.fence")
    dump_again(backed_up.site.postgres.url, copied_site.folder.path(DUMPS, name), *lacking)

    with pytest.raises(BrokenBackupError, match=r"\d+ grants, \d+ after the restore") as refused:
        drill(copied_site)

    assert re.search(r"sequence pipeline\.fence had reached 1 and stands at 0", str(refused.value))


ALTERED = """
DROP INDEX idx_users_role;
CREATE OR REPLACE VIEW user_engagement_all WITH (security_invoker = TRUE) AS
SELECT id, user_id, post_id, engagement_type, value, metadata, created_at FROM user_engagement;
CREATE OR REPLACE FUNCTION audit_deleted_follows() RETURNS TRIGGER
LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
ALTER TABLE user_followers DROP CONSTRAINT user_followers_check,
ADD CONSTRAINT user_followers_check CHECK (follower_id IS NOT NULL);
ALTER TABLE users ALTER COLUMN role SET DEFAULT 'ADMIN';
"""


def dump_again(url: str, folder: Path, *options: str) -> None:
    """Put another dump in the place of a backup's, whose manifest says what it said."""
    manifest = read_dump_manifest(folder)
    shutil.rmtree(folder / ARCHIVE)
    with service_file(url) as service:
        programs = find_programs(major=manifest.server_major)
        run_program(
            programs,
            "pg_dump",
            *(*DUMP_OPTIONS, *options, f"--file={folder / ARCHIVE}"),
            service=service,
        )
    files = describe_files(folder, [folder / ROLES, *(folder / ARCHIVE).iterdir()])
    (folder / "manifest.json").write_text(to_json(replace(manifest, files=files)))


@pytest.fixture
def altered(backed_up: BackedUp) -> Iterator[str]:
    """A copy of the server's database in which definitions are others: its URL."""
    url = urlsplit(backed_up.site.postgres.url)
    original = url.path.removeprefix("/")
    with psycopg.connect(url._replace(path="/template1").geturl(), autocommit=True) as session:
        session.execute(f"CREATE DATABASE altered TEMPLATE {original}".encode())
        copy = url._replace(path="/altered").geturl()
        with psycopg.connect(copy) as changing:
            changing.execute(ALTERED)
        yield copy
        session.execute("DROP DATABASE altered")


def test_what_is_defined_otherwise_after_a_restore_is_named(
    altered: str, copied_site: BackupSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dump_drill, "MOST_NAMED", 10)
    (name,) = copied_site.folder.names(DUMPS)
    dump_again(altered, copied_site.folder.path(DUMPS, name))

    with pytest.raises(BrokenBackupError) as refused:
        drill(copied_site)

    told = str(refused.value).partition("made of: ")[2].split("; ")
    assert [said for said in told if said.endswith((" is missing", " is defined otherwise"))] == [
        "index public.idx_users_role is missing",
        "column role of public.users is defined otherwise",
        "constraint user_followers_check of public.user_followers is defined otherwise",
        "function public.audit_deleted_follows() is defined otherwise",
        "view public.user_engagement_all is defined otherwise",
    ]


def test_a_drill_on_another_major_version_says_that_definitions_were_not_compared(
    copied_site: BackupSite,
) -> None:
    (name,) = copied_site.folder.names(DUMPS)
    folder = copied_site.folder.path(DUMPS, name)
    manifest = read_dump_manifest(folder)
    older = replace(manifest, server_major=manifest.server_major - 1, definitions={"view x": "0"})
    (folder / "manifest.json").write_text(to_json(older))

    notes = drill(copied_site).notes

    assert any("definitions are of version" in note for note in notes)


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (Path.unlink, "is missing"),
        (flip_a_byte, "is damaged"),
        (lambda path: os.truncate(path, 100), "is damaged"),
        (lambda path: path.write_bytes(gzip.compress(b"short")), "holds 5 bytes of a segment"),
    ],
)
def test_a_missing_or_damaged_segment_of_the_log_is_named(
    backed_up: BackedUp, copied_archive: Path, damage: Damage, said: str
) -> None:
    assert backed_up.base.marker_segment is not None
    segment = copied_archive / f"{backed_up.base.marker_segment}.gz"
    damage(segment)

    with pytest.raises(BrokenBackupError, match=f"{segment} {said}"):
        try_base(backed_up.base_folder, backed_up.base, copied_archive, backed_up.site.scratch)


def test_log_after_the_marker_is_read_to_its_end(backed_up: BackedUp, copied_archive: Path) -> None:
    newest = max(copied_archive.glob("*.gz"))
    assert newest.name > f"{backed_up.base.marker_segment}.gz"
    flip_a_byte(newest)

    with pytest.raises(BrokenBackupError, match=f"{newest} is damaged"):
        try_base(backed_up.base_folder, backed_up.base, copied_archive, backed_up.site.scratch)


DAMAGING = """#!/bin/sh
{program} "$@" || exit
for option; do
    case $option in --pgdata=*) printf x >> "${{option#--pgdata=}}/PG_VERSION" ;; esac
done
"""


def test_a_base_backup_that_was_copied_wrong_is_refused_at_once_and_leaves_nothing(
    backed_up: BackedUp, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = find_programs(major=backed_up.base.server_major)
    for program in real.program("pg_basebackup").parent.iterdir():
        (tmp_path / program.name).symlink_to(program)
    copying = tmp_path / "pg_basebackup"
    copying.unlink()
    copying.write_text(DAMAGING.format(program=real.program("pg_basebackup")))
    copying.chmod(0o700)
    damaging = PostgresPackage(tmp_path, real.version, Path())
    monkeypatch.setattr("assets.lifecycle.base_backup.find_programs", lambda **_: damaging)
    folder = BackupFolder(tmp_path / "backups")

    with folder.lock(), pytest.raises(BackupFailedError, match="PG_VERSION"):
        take_base(backed_up.site.postgres, None, folder, name_of(utc_now()))

    assert folder.names(BASES) == []


def test_a_flipped_byte_in_a_base_backup_is_found(backed_up: BackedUp) -> None:
    file = next((backed_up.base_folder / "data" / "base").rglob("PG_VERSION"))
    flip_a_byte(file)

    with pytest.raises(BrokenBackupError, match="PG_VERSION"):
        try_base(*backed_up.place)

    flip_a_byte(file)


def test_log_that_no_kept_base_backup_needs_is_removed(
    backed_up: BackedUp, copied_archive: Path
) -> None:
    embedded = backed_up.site.embedded
    assert embedded is not None
    older = backed_up.archive / "000000010000000000000001.gz"
    older.touch()
    kept = {path.name for path in copied_archive.iterdir()} - {older.name}

    remove_old_segments(embedded, backed_up.site.folder)

    assert {path.name for path in backed_up.archive.iterdir()} == kept


def test_log_that_the_older_of_two_base_backups_needs_stays(
    backed_up: BackedUp, tmp_path: Path
) -> None:
    embedded, folder = backed_up.site.embedded, BackupFolder(tmp_path)
    assert embedded is not None
    newer = replace(backed_up.base, first_segment=f"{backed_up.base.first_segment[:-2]}F0")
    for hours, base in enumerate((backed_up.base, newer)):
        path = folder.path(BASES, name_of(base.started_at + timedelta(hours=hours)))
        path.mkdir(parents=True)
        (path / "manifest.json").write_text(to_json(base))
    needed = {path.name for path in backed_up.archive.iterdir()}
    (backed_up.archive / "000000010000000000000001.gz").touch()

    remove_old_segments(embedded, folder)

    assert {path.name for path in backed_up.archive.iterdir()} == needed


def test_a_backup_costs_old_dumps_and_not_the_one_that_was_proven(
    backed_up: BackedUp, tmp_path: Path
) -> None:
    folder, now = BackupFolder(tmp_path), utc_now()
    proven, forgotten, *recent = (
        name_of(now - timedelta(days=age)) for age in (500, 400, 6, 5, 4, 3, 2, 1)
    )
    for name in (proven, forgotten, *recent):
        folder.path(DUMPS, name).mkdir(parents=True)
    record = DrillRecord(proven, proven, None, None, 1, 1, 1, 1.0, None, None)
    with folder.lock():
        write_record(folder, record)

    report = back_up(replace(backed_up.site, folder=folder, embedded=None), with_base=False)

    assert report.removed == (f"{DUMPS}/{forgotten}",)
    assert folder.names(DUMPS) == [proven, *recent, report.dump.backup]


def test_without_a_backup_there_is_nothing_to_drill(backed_up: BackedUp, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="`sociallive backup` takes one"):
        drill(replace(backed_up.site, folder=BackupFolder(tmp_path / "none")))
