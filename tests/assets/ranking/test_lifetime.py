import polars as pl
import pytest

from assets.ranking.lifetime import share_by_age, share_of_last_day, share_of_next_day

AGES = [0.0, 4.5, 10.0, 24.0, 34.0, 64.0, 120.0, 720.0, 100_000.0]


def at_ages(share: pl.Expr) -> list[float]:
    ages = pl.DataFrame({"age": AGES})
    return ages.select(share.alias("share"))["share"].to_list()


def test_seven_eighths_of_a_life_are_lived_after_a_day() -> None:
    by_age = at_ages(share_by_age(pl.col("age")))

    shares = [0, 1 - 64 / 125, 1 - 8 / 27, 7 / 8]
    assert by_age[:4] == pytest.approx(shares)
    assert by_age[5:7] == pytest.approx([1 - 1 / 27, 1 - 1 / 64])
    assert by_age == sorted(by_age)
    assert by_age[-1] < 1


def test_the_next_day_brings_less_the_older_a_post_is() -> None:
    next_day = at_ages(share_of_next_day(pl.col("age")))

    assert next_day[0] == pytest.approx(7 / 8)
    assert next_day[2] == pytest.approx(8 / 27 - (8 / 42) ** 1.5)
    assert next_day == sorted(next_day, reverse=True)
    assert next_day[-1] > 0


def test_the_last_day_of_a_day_is_the_next_day_of_the_day_before() -> None:
    last_day = at_ages(share_of_last_day(pl.col("age")))
    a_day_before = at_ages(share_of_next_day((pl.col("age") - 24).clip(0)))

    assert last_day[3:] == pytest.approx(a_day_before[3:])
    assert last_day[:4] == at_ages(share_by_age(pl.col("age")))[:4]
