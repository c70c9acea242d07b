from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import psycopg
import pytest

from assets.lifecycle.erased_account import Account
from assets.lifecycle.home_erasure import drop_files
from assets.resources.postgres import Role
from reports.delivery.kept_choices import ChangedBy, Choice, Frequency, KeptChoices
from reports.delivery.preferences import choose_frequency, exchange_choices
from schema.errors import StorageError
from tests.fixtures.post_office import PostOffice

NOW = datetime(2024, 3, 9, tzinfo=UTC)
EARLIER, LATER = NOW - timedelta(days=1), NOW + timedelta(days=1)
OFF, DAILY = Frequency.OFF, Frequency.DAILY


@pytest.fixture
def kept(tmp_path: Path) -> KeptChoices:
    return KeptChoices(tmp_path / "preferences")


def choose(
    office: PostOffice, kept: KeptChoices, user_id: UUID, frequency: Frequency, now: datetime = NOW
) -> None:
    with office.postgres.session(Role.MAILER) as connection:
        by = ChangedBy.CREATOR
        choose_frequency(connection, kept, user_id, frequency, by=by, now=now)


def exchange(office: PostOffice, kept: KeptChoices) -> int:
    with office.postgres.session(Role.MAILER) as connection:
        return exchange_choices(connection, kept)


def chosen(office: PostOffice) -> list[tuple[object, ...]]:
    return office.rows(
        "SELECT user_id, frequency, changed_at, changed_by FROM pipeline.report_preferences "
        "ORDER BY user_id"
    )


def of_creator(user_id: UUID, frequency: Frequency, at: datetime) -> Choice:
    return Choice(user_id, frequency, at, ChangedBy.CREATOR)


def test_a_choice_that_the_table_has_lost_or_knows_an_older_one_of_is_brought_back(
    office: PostOffice, kept: KeptChoices
) -> None:
    ann, bob, carl = office.add("ann", "bob", "carl")
    for creator in (ann, bob, carl):
        choose(office, kept, creator, OFF)
    before = chosen(office)
    office.execute("DELETE FROM pipeline.report_preferences WHERE user_id = %s", ann)
    office.execute(
        "UPDATE pipeline.report_preferences SET frequency = 'daily', changed_at = %s "
        "WHERE user_id = %s",
        EARLIER,
        bob,
    )

    assert exchange(office, kept) == 2
    assert chosen(office) == before
    assert exchange(office, kept) == 0


def test_a_choice_that_only_the_table_has_or_has_a_newer_one_of_is_kept_in_the_home(
    office: PostOffice, kept: KeptChoices
) -> None:
    ann, bob = office.add("ann", "bob")
    for creator in (ann, bob):
        choose(office, kept, creator, OFF)
    (kept.folder / f"{ann}.json").unlink()
    office.execute(
        "UPDATE pipeline.report_preferences SET frequency = 'daily', changed_at = %s "
        "WHERE user_id = %s",
        LATER,
        bob,
    )
    before = chosen(office)

    assert exchange(office, kept) == 0
    assert sorted(kept.read(), key=lambda choice: choice.user_id) == sorted(
        [of_creator(ann, OFF, NOW), of_creator(bob, DAILY, LATER)],
        key=lambda choice: choice.user_id,
    )
    assert chosen(office) == before


def test_the_later_choice_is_the_newer_one_also_when_the_clock_went_back(
    office: PostOffice, kept: KeptChoices
) -> None:
    [ann] = office.add("ann")
    choose(office, kept, ann, DAILY)
    backup = chosen(office)
    choose(office, kept, ann, OFF, now=EARLIER)
    office.execute(
        "UPDATE pipeline.report_preferences SET frequency = 'daily', changed_at = %s", NOW
    )
    assert chosen(office) == backup

    exchange(office, kept)

    assert [frequency for _, frequency, *_ in chosen(office)] == ["off"]


def test_a_choice_that_is_being_made_is_waited_for_and_not_kept_over(
    office: PostOffice, kept: KeptChoices
) -> None:
    [ann] = office.add("ann")
    choose(office, kept, ann, DAILY)
    (kept.folder / f"{ann}.json").unlink()
    with (
        psycopg.connect(office.url) as choosing,
        office.postgres.session(Role.MAILER) as exchanging,
    ):
        choosing.execute("UPDATE pipeline.report_preferences SET frequency = 'off'")
        exchanging.execute("SET lock_timeout = '50ms'")
        with pytest.raises(psycopg.errors.LockNotAvailable):
            exchange_choices(exchanging, kept)
    kept_meanwhile = list(kept.read())

    exchange(office, kept)

    assert kept_meanwhile == []
    assert list(kept.read()) == [of_creator(ann, OFF, NOW)]


def test_nothing_is_kept_or_brought_back_for_an_account_that_is_gone(
    office: PostOffice, kept: KeptChoices
) -> None:
    ann, bob = office.add("ann", "bob")
    choose(office, kept, ann, OFF)
    office.execute("DELETE FROM users")

    choose(office, kept, bob, OFF)

    assert exchange(office, kept) == 0
    assert chosen(office) == []
    assert [choice.user_id for choice in kept.read()] == [ann]


def test_an_erasure_leaves_no_trace_of_what_the_account_chose(
    office: PostOffice, kept: KeptChoices
) -> None:
    ann, bob = office.add("ann", "bob")
    for creator in (ann, bob):
        choose(office, kept, creator, OFF)
    (kept.folder / f"{ann}.json.part").touch()

    drop_files(kept.folder, Account(ann, "ann", "ann@example.org"), remove=True)

    assert [path.name for path in kept.folder.iterdir()] == [f"{bob}.json"]


def test_a_choice_that_cannot_be_read_is_named_until_it_is_made_again(
    office: PostOffice, kept: KeptChoices
) -> None:
    [ann] = office.add("ann")
    choose(office, kept, ann, OFF)
    (kept.folder / f"{ann}.json").write_text("{")

    with pytest.raises(StorageError, match=f"{ann}.json cannot be read") as refusal:
        exchange(office, kept)
    choose(office, kept, ann, OFF, now=LATER)

    assert f"`sociallive preferences {ann} off`" in str(refusal.value)
    assert list(kept.read()) == [of_creator(ann, OFF, LATER)]
    assert (kept.folder / f"{ann}.json").stat().st_mode & 0o077 == 0
