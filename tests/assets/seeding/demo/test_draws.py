from uuid import UUID

import numpy as np
import polars as pl

from assets.seeding.demo.draws import NEVER, draw_ids, draw_positions, instants


def test_ids_are_random_uuids() -> None:
    ids = draw_ids(np.random.Generator(np.random.PCG64(1)), 50)

    assert ids.dtype == pl.Binary
    assert all(UUID(bytes=value).version == 4 for value in ids)
    assert ids.n_unique() == 50


def test_no_ids_are_a_column_of_ids() -> None:
    assert draw_ids(np.random.Generator(np.random.PCG64(1)), 0).dtype == pl.Binary


def test_positions_come_as_often_as_they_weigh() -> None:
    drawn = draw_positions(np.random.Generator(np.random.PCG64(2)), 10_000, [1, 0, 3])

    shares = np.bincount(drawn, minlength=3) / 10_000
    assert abs(shares[0] - 0.25) < 0.02
    assert shares[1] == 0


def test_what_never_happened_is_null() -> None:
    happened = instants(np.array([1_000_000, 5_000_000, NEVER]), before=5_000_000)

    assert happened.null_count() == 2
    assert str(happened[0]) == "1970-01-01 00:00:01+00:00"
