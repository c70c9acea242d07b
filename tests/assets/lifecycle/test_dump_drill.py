import os
import re
import resource
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest

from assets.lifecycle import dump_drill
from assets.lifecycle.backup import BackupSite
from assets.lifecycle.backup_folder import DUMPS
from assets.lifecycle.backup_manifest import describe_files, read_dump_manifest, to_json
from assets.lifecycle.database_dump import ARCHIVE, DUMP_OPTIONS, ROLES
from assets.lifecycle.drill_records import newest_proven, read_records
from assets.lifecycle.recovery_drill import recovered
from assets.lifecycle.restore_drill import drill
from assets.resources.clock import utc_now
from assets.resources.postgres_programs import find_programs, run_program, service_file
from schema.errors import BrokenBackupError, StorageError
from tests.fixtures.backed_up import BackedUp, Damage, flip_a_byte, largest


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
