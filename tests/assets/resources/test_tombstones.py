import hashlib
import hmac
from pathlib import Path
from uuid import UUID

import polars as pl
import pytest

from assets.lifecycle.erased_account import Account
from assets.resources.identifiers import uuids_of
from assets.resources.ids_of_kinds import ids_of, together
from assets.resources.tombstones import KEY, Tombstones, account_email
from schema.erasure import IdKind
from schema.errors import UsageError

TOKEN = "0" * 32
FIVE, SEVEN = (UUID(text).bytes for text in uuids_of(pl.Series(["5", "7"])))


@pytest.fixture
def tombstones(tmp_path: Path) -> Tombstones:
    return Tombstones(tmp_path / "erasures")


def ids(*values: bytes) -> pl.Series:
    return pl.Series(values, dtype=pl.Binary)


def test_a_digest_is_the_hmac_of_the_value_under_the_home_s_key(tombstones: Tombstones) -> None:
    values = [bytes(range(16)), b"", b"\0\xff" * 50]

    digests = tombstones.digest(ids(*values)).to_list()

    key = (tombstones.folder / KEY).read_bytes()
    assert digests == [hmac.new(key, value, hashlib.sha256).digest() for value in values]


def test_key_and_tombstones_are_for_their_owner_only(tombstones: Tombstones) -> None:
    tombstones.bury(TOKEN, tombstones.digest(ids(b"somebody")))

    modes = {path.stat().st_mode & 0o777 for path in tombstones.folder.iterdir()}
    assert modes == {0o600}
    assert tombstones.folder.stat().st_mode & 0o777 == 0o700


def test_erased_values_are_found_each_once(tombstones: Tombstones) -> None:
    assert tombstones.erased(ids(b"a", b"b")).to_list() == []
    tombstones.bury(TOKEN, tombstones.digest(ids(b"a", b"c")))
    tombstones.bury(TOKEN, tombstones.digest(ids(b"d")))

    found = tombstones.erased(pl.Series([b"a", b"a", None, b"b", b"d"], dtype=pl.Binary))

    assert sorted(found) == [b"a", b"d"]


def test_an_id_was_erased_only_as_what_it_was(tombstones: Tombstones) -> None:
    account = Account(UUID(bytes=FIVE), "five", "", ids_of(IdKind.POSTS, ids(SEVEN)))
    tombstones.bury(tombstones.token_of(FIVE), account.tombstones(tombstones))
    every = together(ids_of(kind, ids(FIVE, SEVEN)) for kind in IdKind)

    found = tombstones.erased_ids(every)

    assert sorted(found.rows()) == [("posts", SEVEN), ("users", FIVE)]


def test_a_tombstone_without_a_kind_still_knows_its_account_and_what_only_content_can_be(
    tombstones: Tombstones,
) -> None:
    random = UUID("a56c34b2-70ab-4d5c-8f7c-5a9e60f8ee2c").bytes
    tombstones.bury(tombstones.token_of(FIVE), tombstones.digest(ids(FIVE, SEVEN, random)))
    every = together(ids_of(kind, ids(FIVE, SEVEN, random)) for kind in IdKind)

    found = tombstones.erased_ids(every)

    # Seven may be anything's: its account is known, and it goes by that.
    assert sorted(found.rows()) == [
        ("comments", random),
        ("media_files", random),
        ("posts", random),
        ("users", FIVE),
    ]


def test_nothing_is_hashed_and_no_key_made_where_nothing_was_erased(tombstones: Tombstones) -> None:
    assert tombstones.erased(ids(b"a")).is_empty()
    assert tombstones.erased_ids(ids_of(IdKind.USERS, ids(FIVE))).is_empty()
    assert not tombstones.folder.exists()


def test_a_lost_key_is_never_replaced_by_a_new_one(tombstones: Tombstones) -> None:
    tombstones.bury(TOKEN, tombstones.digest(ids(b"a")))
    (tombstones.folder / KEY).unlink()

    with pytest.raises(UsageError, match="is gone"):
        tombstones.erased(ids(b"a"))


def test_an_address_is_the_same_however_it_is_spelled() -> None:
    spellings = pl.DataFrame({"email": ["Ann@Example.org", " ann@example.ORG "]})

    assert spellings.select(account_email(pl.col("email")).n_unique()).item() == 1
