from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

from reports.overview.facts import PlatformFacts
from reports.overview.key_figures import KeyFigure, key_figures
from reports.overview.page import compared
from reports.overview.words import MINUS, PER_CENT
from tests.fixtures.overview_facts import LAST, Row, facts_of, last_days, metric


def before(weeks: int) -> date:
    return LAST - timedelta(weeks=weeks)


def figures(facts: PlatformFacts) -> dict[str, KeyFigure]:
    return {figure.metric: figure for figure in key_figures(facts)}


def test_a_day_is_compared_with_the_same_weekday_of_four_weeks_and_no_more() -> None:
    past = [metric("new_users", before(week), 10 * week) for week in range(1, 6)]
    other = metric("new_users", LAST - timedelta(days=1), 1_000)

    figure = figures(facts_of(last_days(3), [metric("new_users", LAST, 30), other, *past]))

    assert figure["new_users"].usual == 25
    assert figure["new_users"].weeks == 4
    assert figure["new_users"].change == Fraction(1, 5)
    assert figure["new_users"].history == [None, 1_000, 30]


def test_weeks_without_the_number_are_left_out_of_the_mean() -> None:
    rows = [metric("stickiness", LAST, "0.5"), metric("stickiness", before(3), "0.4")]

    figure = figures(facts_of(last_days(1), rows))["stickiness"]

    assert (figure.value, figure.usual, figure.weeks) == (Decimal("0.5"), Fraction(2, 5), 1)


def test_a_share_is_compared_in_points_and_a_count_in_per_cent() -> None:
    rows = [
        *(metric("engagement_rate", LAST, "0.27"), metric("engagement_rate", before(1), "0.30")),
        *(metric("new_users", LAST, 27), metric("new_users", before(1), 30)),
    ]

    figure = figures(facts_of(last_days(1), rows))

    assert compared(figure["engagement_rate"]) == f"{MINUS}3.0 points, usually 30.0{PER_CENT}"
    assert compared(figure["new_users"]) == f"{MINUS}10.0{PER_CENT}, usually 30"


def test_without_a_past_there_is_nothing_to_compare_with() -> None:
    figure = figures(facts_of(last_days(1), [metric("new_users", LAST, 3)]))["new_users"]

    assert (figure.usual, figure.change, figure.weeks) == (None, None, 0)


def test_a_number_that_is_not_defined_that_day_has_no_value() -> None:
    rows = [metric("new_users", LAST, 3), metric("engagement_rate", before(1), "0.5")]

    figure = figures(facts_of(last_days(1), rows))["engagement_rate"]

    assert (figure.value, figure.change) == (None, None)


def test_figures_of_tags_are_their_sum_and_zero_where_no_tag_has_a_number() -> None:
    rows: list[Row] = [
        metric("new_users", LAST, 3),
        metric("new_users", before(1), 3),
        metric("moderation_pending", before(1), 2, '{"content_type": "POST"}'),
        metric("moderation_pending", before(1), 5, '{"content_type": "MEDIA"}'),
    ]

    figure = figures(facts_of(last_days(15), rows))["moderation_pending"]

    assert figure.value == 0
    assert figure.usual == 7
    assert figure.history[-2:] == [None, 0]


def test_there_are_no_figures_of_days_that_nobody_published() -> None:
    assert key_figures(facts_of(last_days(3), [])) == []


def test_few_are_compared_as_they_are_and_their_usual_has_no_idle_decimal() -> None:
    rows = [
        *(metric("new_users", LAST, 8), metric("new_users", before(1), 3)),
        *(metric("posts_created", LAST, 1), metric("posts_created", before(1), 0)),
        *(metric("daily_active_users", LAST, 2), metric("daily_active_users", before(1), 2)),
        metric("daily_active_users", before(2), 3),
    ]

    figure = figures(facts_of(last_days(1), rows))

    assert compared(figure["new_users"]) == "+5, usually 3"
    assert compared(figure["posts_created"]) == "+1, usually 0"
    assert compared(figure["daily_active_users"]) == f"{MINUS}0.5, usually 2.5"
