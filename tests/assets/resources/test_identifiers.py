from uuid import UUID, uuid5

import polars as pl
import pytest

from assets.resources.identifiers import NAMESPACE, derived_uuid, uuid_of, uuids_of
from schema.errors import UsageError

TEXTS = ["1", "-3499919498720038879", "post 7", "é😀", " 1", "a\0b"]


def test_any_text_becomes_its_version_5_uuid() -> None:
    assert uuids_of(pl.Series(TEXTS)).to_list() == [str(uuid5(NAMESPACE, text)) for text in TEXTS]


@pytest.mark.parametrize(
    "text",
    [
        "6ba7b810-9dad-11d1-80b4-00c04fd430c8",
        "6BA7B810-9DAD-11D1-80B4-00C04FD430C8",
        "6ba7b8109dad11d180b400c04fd430c8",
    ],
)
def test_a_uuid_stays_itself_however_it_is_written(text: str) -> None:
    assert uuids_of(pl.Series([text])).to_list() == [str(UUID(text))]


def test_order_and_nulls_stay() -> None:
    found = uuids_of(pl.Series(["b", None, "a", "b"]))

    assert found[1] is None
    assert found[0] == found[3] == str(uuid5(NAMESPACE, "b"))
    assert found[2] == str(uuid5(NAMESPACE, "a"))


def test_an_id_made_of_a_key_has_a_place_for_each_part() -> None:
    keys = pl.DataFrame({"one": ["a", "a", "ab"], "other": ["bc", None, "c"]})

    made = keys.select(derived_uuid("one", "other")).to_series()

    assert made.to_list() == [str(uuid5(NAMESPACE, "a|bc")), None, str(uuid5(NAMESPACE, "ab|c"))]


def test_one_id_is_mapped_as_a_load_maps_it() -> None:
    known = "6ba7b810-9dad-11d1-80b4-00c04fd430c8"
    texts = [*TEXTS, f"{{{known}}}", f"urn:uuid:{known}", known[:-4] + "-" + known[-4:]]

    assert [str(uuid_of(text)) for text in texts] == uuids_of(pl.Series(texts)).to_list()
    assert uuid_of("6BA7B8109DAD11D180B400C04FD430C8").hex == "6ba7b8109dad11d180b400c04fd430c8"


def test_what_is_no_text_is_no_id() -> None:
    with pytest.raises(UsageError, match="is no id"):
        uuid_of("\ud800")
