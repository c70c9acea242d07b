from datetime import timedelta

import polars as pl

from assets.quality.volume import judge_volumes
from assets.quality.volume_report import as_markdown, summarize, unusual_days, what_next
from schema.windows import DayRange
from tests.fixtures.volumes import D, daily, weekly

STEADY = [10_000] * 8


def judge(*volumes: pl.DataFrame) -> pl.DataFrame:
    return judge_volumes(pl.concat(volumes), DayRange(D, D))


def test_a_usual_day_is_told_in_one_sentence_and_asks_for_nothing() -> None:
    judged = judge(weekly(STEADY, 10_000), weekly([], 5, series="follows"))

    assert summarize(judged) == (
        "0 of 1 amounts are unusual; 1 more have too little history to be judged"
    )
    assert what_next(judged) == "nothing"


def test_unusual_days_are_shown_with_the_band_that_they_left() -> None:
    judged = judge(weekly(STEADY, 1), weekly(STEADY, 50_000, series="follows"))

    assert as_markdown(judged).splitlines() == [
        "| day | series | amount | usual | verdict |",
        "| --- | --- | --- | --- | --- |",
        "| 2026-11-20 | follows | 50,000 | 5,000 to 40,000 | unusually many |",
        "| 2026-11-20 | posts | 1 | 5,000 to 40,000 | unusually few |",
    ]
    assert summarize(judged) == (
        "2 of 2 amounts are unusual (2026-11-20 follows 50,000, usually 5,000 to 40,000; "
        "2026-11-20 posts 1, usually 5,000 to 40,000)"
    )


def test_what_is_to_be_done_depends_on_the_verdicts() -> None:
    few, many = judge(weekly(STEADY, 1)), judge(weekly(STEADY, 50_000))

    assert "sociallive run --date D" in what_next(few)
    assert "bulk load" not in what_next(few)
    assert "bulk load" in what_next(many)
    assert "sociallive run --date D" not in what_next(many)


def test_the_newest_of_many_unusual_days_are_shown() -> None:
    days = DayRange(D - timedelta(days=59), D)
    volumes = daily([10_000] * 56 + [10**9] * 60)

    judged = judge_volumes(volumes, days)

    unusual = unusual_days(judged)["date"].to_list()
    # After four weeks of it, a thousandfold is what is usual.
    assert unusual == sorted(unusual, reverse=True)
    assert len(unusual) < 50 < judged.height


def test_no_more_than_fifty_unusual_days_are_listed() -> None:
    judged = judge(*(weekly(STEADY, 0, series=f"table {n}") for n in range(60)))

    assert len(as_markdown(judged).splitlines()) == 2 + 50
    assert summarize(judged).startswith("60 of 60 amounts are unusual (2026-11-20 table 0 0, ")
    assert summarize(judged).endswith("; 57 others)")
