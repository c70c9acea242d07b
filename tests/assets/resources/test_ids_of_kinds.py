import polars as pl

from assets.resources.ids_of_kinds import ids_of, no_ids, of_kind, together
from schema.erasure import IdKind

SEVEN, EIGHT = b"7" * 16, b"8" * 16


def test_an_id_of_one_kind_is_none_of_another() -> None:
    kinds = list(IdKind)
    ids = together(ids_of(kind, pl.Series([bytes([n] * 16)])) for n, kind in enumerate(kinds))

    assert {kind: of_kind(ids, kind).to_list() for kind in kinds} == {
        kind: [bytes([n] * 16)] for n, kind in enumerate(kinds)
    }


def test_each_pair_is_there_once_and_nothing_is_no_id() -> None:
    some = ids_of(IdKind.POSTS, pl.Series([SEVEN, None, EIGHT, SEVEN]))

    assert together([some, some, no_ids()]).rows() == [
        (IdKind.POSTS.value, SEVEN),
        (IdKind.POSTS.value, EIGHT),
    ]
