from datetime import date

from assets.quality.creator_numbers import DayOfNumber, DayOfRows, describe_numbers, describe_rows

DAY = date(2024, 3, 1)


def test_an_account_that_was_deleted_and_inserted_again_is_named_where_rows_are_missing_only() -> (
    None
):
    [missing, _] = describe_rows([DayOfRows(DAY, 5, 1, 0, 1, ["account"])])
    [changed, *_] = describe_numbers(
        [DayOfNumber(DAY, "profile_views", 1, 1, ["account"])], on_both=5
    )

    assert missing.advice == (
        "user_analytics of 2024-03-01 is not what the pipeline wrote: find who else writes the "
        "table, or which account was deleted and inserted again, then run "
        "`sociallive run --date 2024-03-01` to write the day again"
    )
    assert "inserted again" not in changed.advice
    assert "writes the table, then run" in changed.advice
