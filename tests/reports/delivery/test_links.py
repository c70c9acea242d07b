import string
from datetime import date
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.creator.model import Period, ReportPeriod
from reports.delivery.links import (
    Links,
    Purpose,
    _sign,
    message_id,
    page_token,
    read_page_token,
    read_unsubscribe_token,
    unsubscribe_token,
)
from tests.fixtures.mail_reports import WEEK
from tests.fixtures.post_office import KEY

ANN = UUID("0a5e0a5e-0000-4000-8000-00000000cafe")
PERIODS = st.builds(ReportPeriod, st.sampled_from(Period), st.dates())
CHARACTERS = string.ascii_letters + string.digits + "-_"


@given(user_id=st.uuids(), period=PERIODS)
def test_a_token_says_what_it_was_made_for(user_id: UUID, period: ReportPeriod) -> None:
    assert read_page_token(KEY, page_token(KEY, user_id, period)) == (user_id, period)
    assert read_unsubscribe_token(KEY, unsubscribe_token(KEY, user_id)) == user_id


def test_what_is_signed_for_one_purpose_opens_nothing_of_another_whatever_it_holds() -> None:
    about_ann = _sign(KEY, Purpose.PAGE, ANN.bytes)
    about_her_week = _sign(KEY, Purpose.UNSUBSCRIBE, ANN.bytes + bytes(5))

    assert read_unsubscribe_token(KEY, about_ann) is None
    assert read_page_token(KEY, about_her_week) is None


@given(place=st.integers(min_value=0), character=st.sampled_from(CHARACTERS))
def test_a_token_that_was_changed_anywhere_opens_nothing(place: int, character: str) -> None:
    for token, read in (
        (page_token(KEY, ANN, WEEK), read_page_token),
        (unsubscribe_token(KEY, ANN), read_unsubscribe_token),
    ):
        at = place % len(token)
        changed = token[:at] + character + token[at + 1 :]
        assert (read(KEY, changed) is None) == (changed != token)


@pytest.mark.parametrize("text", ["", "A", "AQ", "é", "=" * 8, "A" * 5_000, "AQIAAA==", "\n"])
def test_what_is_no_token_opens_nothing(text: str) -> None:
    assert read_page_token(KEY, text) is None
    assert read_unsubscribe_token(KEY, text) is None


def test_a_token_written_in_another_way_opens_nothing() -> None:
    token = unsubscribe_token(KEY, ANN)

    for other in (token + "=", token + "\n", f" {token}", token[:-1], token + "A"):
        assert read_unsubscribe_token(KEY, other) is None


def test_a_token_for_one_purpose_opens_nothing_of_another() -> None:
    assert read_unsubscribe_token(KEY, page_token(KEY, ANN, WEEK)) is None
    assert read_page_token(KEY, unsubscribe_token(KEY, ANN)) is None


def test_a_token_of_another_installation_opens_nothing() -> None:
    assert read_unsubscribe_token(KEY, unsubscribe_token(b"o" * 32, ANN)) is None


def test_links_lie_below_the_public_url_and_there_are_none_without_one() -> None:
    links = Links(KEY, "https://a.example/social/")

    assert str(links.page(ANN, WEEK)).startswith("https://a.example/social/reports/AQE")
    assert str(links.page(ANN, WEEK)).endswith("/")
    assert str(links.preferences(ANN)).startswith("https://a.example/social/unsubscribe/AQI")
    assert Links(KEY).page(ANN, WEEK) is Links(KEY).preferences(ANN) is None


def test_each_report_has_a_message_id_of_its_own_and_always_the_same() -> None:
    other_day = ReportPeriod(Period.WEEK, date(2024, 3, 9))
    other_period = ReportPeriod(Period.DAY, WEEK.last)
    asked = [(ANN, WEEK), (UUID(int=1), WEEK), (ANN, other_day), (ANN, other_period), (ANN, WEEK)]

    ids = [message_id(KEY, user_id, period, "a.example") for user_id, period in asked]

    assert len(set(ids)) == 4
    assert ids[0] == ids[-1]
    assert message_id(b"o" * 32, ANN, WEEK, "a.example") not in ids
    assert str(ANN) not in "".join(ids)


def test_a_token_of_another_version_opens_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as newer:
        newer.setattr("reports.delivery.links.VERSION", 2)
        token = unsubscribe_token(KEY, ANN)

    assert read_unsubscribe_token(KEY, token) is None
