"""Accounts that the platform has deleted by itself: their ids are all that is left to erase by."""

import json
from pathlib import Path
from uuid import UUID, uuid4

import polars as pl
import pytest

from assets.lifecycle.erased_account import Account, keep_pending, read_pending
from assets.lifecycle.erasure import Erasure
from assets.lifecycle.erasure_receipt import read_receipt
from assets.resources.ids_of_kinds import ids_of
from assets.resources.tombstones import Tombstones
from schema.erasure import IdKind
from tests.fixtures.cold import FEBRUARY, ColdPlatform
from tests.fixtures.erasing import AT, D, erase, events, found
from tests.fixtures.intake import LONG_AGO, Intake, Source, uuid_of
from tests.fixtures.small_tables import uid

DELETE = "DELETE FROM users WHERE id = %s"


def test_an_account_that_the_platform_has_deleted_is_erased_by_its_id(
    lives: Source, guarded: Intake, erasure: Erasure
) -> None:
    lives.execute(DELETE, uuid_of("gone"))

    receipt = erasure.go_on(erasure.begin(found(erasure)))

    assert receipt
    assert receipt.targets["lake/user_engagement"].rows == 2
    assert receipt.targets["lake/users"].rows == 1
    assert events(guarded) == [uid("of others")]
    their_post = ids_of(IdKind.POSTS, pl.Series([uid("their post")]))
    assert erasure.tombstones.erased_ids(their_post).equals(their_post)
    assert erasure.find(str(uuid_of("gone"))) is None


def test_keys_of_a_deleted_account_and_of_its_posts_go_with_its_cold_months(
    lives: Source, erasure: Erasure
) -> None:
    platform = ColdPlatform(lives, erasure.postgres, erasure.cold)
    platform.archive(FEBRUARY)
    platform.copy()
    platform.drop()
    lives.execute(DELETE, uuid_of("gone"))
    assert len(lives.execute("SELECT 1 FROM user_engagement_keys")) == 3

    receipt = erasure.go_on(erasure.begin(found(erasure)))

    assert receipt
    assert receipt.targets["cold/user_engagement"].rows == 2
    assert lives.execute("SELECT user_id, post_id FROM user_engagement_keys") == [
        (uuid_of("somebody"), uuid_of("old post"))
    ]


def test_an_account_that_only_the_audit_trail_names_is_found_and_leaves_it(
    source: Source, erasure: Erasure
) -> None:
    source.add("users", "gone", created_at=LONG_AGO)
    source.add("user_followers", "follow", following_id="gone")
    source.add("user_followers", "other follow")
    source.unfollow("other follow", at=AT)
    source.execute(DELETE, uuid_of("gone"))
    assert source.execute("SELECT count(*) FROM audit_log") == [(2,)]

    erase(erasure)

    assert source.execute("SELECT old_values ->> 'following_id' FROM audit_log") == [
        (str(uuid_of("author")),)
    ]


def test_an_id_of_which_nothing_is_found_is_nobody_s(lives: Source, erasure: Erasure) -> None:
    assert erasure.find(str(uuid4())) is None
    assert erasure.find(str(uuid_of("their post"))) is None


def test_answers_to_comments_of_a_deleted_account_go_however_deep(
    source: Source, guarded: Intake, erasure: Erasure
) -> None:
    source.add("users", "gone", created_at=AT)
    for name, given in {
        "theirs": {"user_id": "gone"},
        "answer": {"parent_id": "theirs"},
        "deep": {"parent_id": "answer"},
        "apart": {},
    }.items():
        source.add("comments", name, created_at=AT, **given)
    guarded.ingest(D)
    source.execute(DELETE, uuid_of("gone"))

    erase(erasure)

    assert guarded.rows("comments", D)["id"].to_list() == [uid("apart")]


def test_cases_about_content_that_is_gone_go_with_its_author(
    lives: Source, erasure: Erasure
) -> None:
    lives.add("content_moderation", "their case", content_id="their post")
    lives.add("content_moderation", "other case")
    lives.execute(DELETE, uuid_of("gone"))

    account = found(erasure)
    erase(erasure)

    assert account.others.rows() == [("content_moderation", uid("their case"))]
    assert lives.execute("SELECT id FROM content_moderation") == [(uuid_of("other case"),)]


def test_no_name_has_no_tombstone(tmp_path: Path) -> None:
    tombstones = Tombstones(tmp_path)

    digests = Account(uuid4(), "", "").tombstones(tombstones)

    assert len(digests) == 1
    assert len(Account(uuid4(), "ann", "").tombstones(tombstones)) == 2


def test_begun_again_it_knows_what_was_known_before(lives: Source, erasure: Erasure) -> None:
    account = found(erasure).involving(ids_of(IdKind.CASES, pl.Series([uid("their case")])))
    token = erasure.begin(account)
    lives.execute(DELETE, uuid_of("gone"))

    assert erasure.begin(found(erasure)) == token

    begun = read_pending(erasure.folder, token)
    assert begun
    assert (begun.username, begun.email) == (account.username, account.email)
    assert begun.own.equals(account.own)
    assert begun.others.rows() == [("content_moderation", uid("their case"))]


def test_what_an_earlier_version_has_begun_goes_on_with_ids_that_are_of_one_thing_only(
    tmp_path: Path,
) -> None:
    random, of_text = "a56c34b270ab4d5c8f7c5a9e60f8ee2c", "72c42b25fe545f41ac434fa7721a15f2"
    facts = {"id": str(UUID(random)), "username": "ann", "email": "", "days": []}
    ids = {"own": [random, of_text], "others": []}
    (tmp_path / "token.pending").write_text(json.dumps(facts | ids))

    begun = read_pending(tmp_path, "token")

    assert begun
    assert set(begun.own["id"]) == {bytes.fromhex(random)}
    assert {"posts", "comments", "media_files"} <= set(begun.own["kind"])
    assert begun.others.is_empty()


@pytest.mark.fault
@pytest.mark.usefixtures("lives")
def test_stopped_after_its_last_note_it_keeps_its_receipt(erasure: Erasure) -> None:
    account = found(erasure)
    token = erase(erasure)
    receipt = read_receipt(erasure.folder, token)
    keep_pending(erasure.folder, token, account)

    assert erasure.go_on(token)

    assert receipt
    again = read_receipt(erasure.folder, token)
    assert again
    assert again.targets == receipt.targets


def test_erased_once_more_it_counts_from_nothing(lives: Source, erasure: Erasure) -> None:
    token = erase(erasure)
    lives.add("users", "gone", created_at=AT)

    assert erase(erasure) == token

    receipt = read_receipt(erasure.folder, token)
    assert receipt
    assert {name: removed.rows for name, removed in receipt.targets.items()} == {"users": 1}
