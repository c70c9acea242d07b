"""Tables to which no index leads: read in pieces, none of them left out."""

import psycopg
import pytest

from assets.lifecycle import erasing_statements
from assets.lifecycle.erasing_statements import piece_by_piece
from assets.lifecycle.erasure import Erasure
from assets.lifecycle.erasure_again import AGAIN, erase_again
from assets.lifecycle.erasure_receipt import Removed
from assets.lifecycle.platform_erasure import erase_from_platform
from assets.resources.postgres import Role
from schema.errors import DatabaseUnavailableError
from tests.fixtures.erasing import erase, found
from tests.fixtures.intake import Source, uuid_of

# Every third row names the account in one of four ways, every third was done by it.
AUDIT_ROWS = """
INSERT INTO audit_log (table_name, operation, old_values, new_values, user_id)
SELECT
    CASE WHEN n % 12 = 0 THEN 'user_followers' ELSE 'posts' END,
    'DELETE',
    CASE n % 12
        WHEN 0 THEN jsonb_build_object('follower_id', %(account)s::text)
        WHEN 3 THEN jsonb_build_object('tags', jsonb_build_array('x', %(post)s::text))
        WHEN 6 THEN jsonb_build_object('about', 'see ' || %(account)s)
    END,
    CASE WHEN n % 12 = 9 THEN jsonb_build_object('email', 'gone@example.org') END,
    CASE WHEN n % 3 = 1 THEN %(account)s::uuid END
FROM generate_series(0, 2999) AS n
"""
KEYS = """
INSERT INTO user_engagement_keys
SELECT gen_random_uuid(), CASE WHEN n % 2 = 0 THEN %(post)s::uuid ELSE gen_random_uuid() END, 'LIKE'
FROM generate_series(1, 2000) AS n
"""
UNFOLLOWED = """
INSERT INTO audit_log (table_name, operation, old_values)
VALUES (
    'user_followers', 'DELETE',
    jsonb_build_object('follower_id', %s::text, 'following_id', %s::text)
)
"""
COLD_MONTH = """
INSERT INTO pipeline.cold_months (month, row_count, fingerprint, manifest_sha256)
VALUES ('2020-01-01', 2000, 0, '')
"""


@pytest.fixture
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(erasing_statements, "PIECE_BLOCKS", 3)


@pytest.fixture
def named(lives: Source) -> Source:
    """Thousands of rows of the audit trail, and keys of a dropped month."""
    facts = {"account": str(uuid_of("gone")), "post": str(uuid_of("their post"))}
    for statement in (AUDIT_ROWS, KEYS):
        lives.connection.execute(statement.replace("n % ", "n %% ").encode(), facts)
    return lives


@pytest.mark.usefixtures("small_pieces")
def test_rows_of_the_audit_trail_that_name_the_account_go_from_every_piece(
    named: Source, erasure: Erasure
) -> None:
    erase(erasure)

    assert named.execute("SELECT count(*), count(user_id) FROM audit_log") == [(2000, 0)]


TOLD = """
INSERT INTO audit_log (table_name, operation, new_values)
VALUES
    ('posts', 'INSERT', jsonb_build_object('id', %(account)s::text)),
    ('posts', 'INSERT', jsonb_build_object('id', %(post)s::text)),
    ('comments', 'INSERT', jsonb_build_object('post_id', %(account)s::text)),
    ('comments', 'INSERT', jsonb_build_object('user_id', %(post)s::text)),
    ('comments', 'INSERT', jsonb_build_object('of', jsonb_build_object('post_id', %(post)s::text))),
    ('content_moderation', 'INSERT', jsonb_build_object(
        'content_type', 'COMMENT', 'content_id', %(post)s::text
    )),
    ('content_moderation', 'INSERT', jsonb_build_object(
        'content_type', 'POST', 'content_id', %(post)s::text
    )),
    ('user_followers', 'DELETE', jsonb_build_object('id', %(account)s::text)),
    ('user_followers', 'DELETE', jsonb_build_object('follower_id', %(account)s::text)),
    ('profiles', 'UPDATE', jsonb_build_object('id', %(account)s::text)),
    ('profiles', 'UPDATE', jsonb_build_object(%(account)s::text, 1)),
    ('profiles', 'UPDATE', jsonb_build_object('said', 'with ' || %(account)s))
"""
# Of what the key says that it is something else.
KEPT = [
    ("posts", {"id": "account"}),
    ("comments", {"post_id": "account"}),
    ("comments", {"user_id": "post"}),
    ("content_moderation", {"content_id": "post", "content_type": "COMMENT"}),
    ("user_followers", {"id": "account"}),
]


def test_a_row_of_the_audit_trail_stays_where_a_key_says_that_the_id_is_of_something_else(
    lives: Source, erasure: Erasure
) -> None:
    ids = {"account": str(uuid_of("gone")), "post": str(uuid_of("their post"))}
    lives.connection.execute(TOLD.encode(), ids)

    erase(erasure)

    left = lives.execute("SELECT table_name, new_values FROM audit_log")
    expected = [(table, {key: ids.get(n, n) for key, n in told.items()}) for table, told in KEPT]
    assert sorted(left, key=repr) == sorted(expected, key=repr)


@pytest.mark.usefixtures("small_pieces")
def test_keys_of_posts_are_looked_for_in_every_piece_once_a_month_was_dropped(
    named: Source, erasure: Erasure
) -> None:
    named.execute(COLD_MONTH)

    receipt = erasure.go_on(erasure.begin(found(erasure)))

    assert receipt
    assert receipt.targets["user_engagement_keys"].rows == 1000
    assert named.execute(
        "SELECT count(*) FROM user_engagement_keys WHERE post_id = %s", uuid_of("their post")
    ) == [(0,)]


@pytest.mark.usefixtures("small_pieces")
def test_while_no_month_was_dropped_no_key_is_looked_for(named: Source, erasure: Erasure) -> None:
    facts = {"ids": [str(uuid_of("their post"))]}
    with erasure.postgres.session(Role.OPERATOR, autocommit=True) as session:
        pieces = piece_by_piece(
            session, "erase_keys_of_posts", facts, target="user_engagement_keys"
        )
        assert list(pieces) == []

        named.execute(COLD_MONTH)
        pieces = piece_by_piece(
            session, "erase_keys_of_posts", facts, target="user_engagement_keys"
        )
        assert len([rows for rows in pieces if rows]) > 3


def test_the_account_goes_last_so_that_no_backup_has_the_rest_without_it(
    named: Source, erasure: Erasure
) -> None:
    noted: list[str] = []

    erase_from_platform(erasure.postgres, found(erasure), lambda table, _rows: noted.append(table))

    assert named.execute("SELECT 1 FROM users WHERE id = %s", uuid_of("gone")) == []
    before = noted[: noted.index("users")]
    assert {"audit_log", "user_engagement_keys", "content_moderation", "posts"} <= set(before)


def test_a_follow_of_the_account_that_ends_while_the_audit_trail_is_read_leaves_no_trace(
    lives: Source, erasure: Erasure
) -> None:
    def unfollow(table: str, _rows: int) -> None:
        if table == "users":
            lives.execute(UNFOLLOWED, str(uuid_of("somebody")), str(uuid_of("gone")))

    erase_from_platform(erasure.postgres, found(erasure), unfollow)

    assert lives.execute("SELECT count(*) FROM audit_log") == [(0,)]


def test_what_a_backup_brought_back_into_the_audit_trail_alone_is_found_again(
    lives: Source, erasure: Erasure
) -> None:
    token = erase(erasure)
    lives.execute(UNFOLLOWED, str(uuid_of("somebody")), str(uuid_of("gone")))

    receipts = list(erase_again(erasure))

    assert [receipt.token for receipt in receipts] == [token, AGAIN]
    assert lives.execute("SELECT 1 FROM audit_log") == []


GONE = "SELECT count(*) FROM pipeline.post_deletions"


def test_posts_that_the_platform_or_the_erasure_deletes_are_remembered_no_more(
    lives: Source, erasure: Erasure
) -> None:
    lives.add("posts", "another", user_id="gone")
    lives.execute("DELETE FROM posts WHERE id IN (%s, %s)", *map(uuid_of, ("another", "old post")))
    account = found(erasure)
    counted = erasure.preview(account).targets["pipeline.post_deletions"].rows

    receipt = erasure.go_on(erasure.begin(account))

    assert receipt
    assert receipt.targets["pipeline.post_deletions"].rows == counted == 1
    assert lives.execute("SELECT post_id FROM pipeline.post_deletions") == [(uuid_of("old post"),)]


def test_an_account_that_only_a_deleted_post_names_is_found_and_forgotten(
    source: Source, erasure: Erasure
) -> None:
    source.add("users", "gone")
    source.add("posts", "their post", user_id="gone")
    source.execute("DELETE FROM users WHERE id = %s", uuid_of("gone"))

    erase(erasure)

    assert source.execute(GONE) == [(0,)]
    assert erasure.find(str(uuid_of("gone"))) is None


def test_what_a_backup_brought_back_of_deleted_posts_alone_is_found_again(
    lives: Source, erasure: Erasure
) -> None:
    token = erase(erasure)
    lives.execute(
        "INSERT INTO pipeline.post_deletions (post_id, user_id) VALUES (%s, %s)",
        *map(uuid_of, ("their post", "gone")),
    )

    receipts = list(erase_again(erasure))

    assert [receipt.token for receipt in receipts] == [token, AGAIN]
    assert lives.execute(GONE) == [(0,)]


def test_what_goes_with_the_account_is_counted_once_though_somebody_was_in_the_way(
    lives: Source, erasure: Erasure, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(erasing_statements, "ATTEMPTS", 1)
    gone = uuid_of("gone")
    lives.execute(
        "INSERT INTO pipeline.report_preferences VALUES (%s, 'off', now(), 'creator')", gone
    )
    token = erasure.begin(found(erasure))
    with psycopg.connect(erasure.postgres.url) as other:
        other.execute("SELECT FROM users WHERE id = %s FOR UPDATE", [gone])
        with pytest.raises(DatabaseUnavailableError, match="others hold rows"):
            erasure.go_on(token)

    receipt = erasure.go_on(token)

    assert receipt
    assert receipt.targets["pipeline.report_preferences"] == Removed(1, 0)
