from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

from assets.resources.engine import EngineName
from tests.fixtures.installation import Installation

FIRST, LAST = "2024-02-26", "2024-03-02"
STATEMENTS = Path(__file__).parent / "sql"
MakeInstallation = Callable[..., Installation]


@pytest.mark.parametrize("engine", list(EngineName))
def test_every_number_equals_an_independent_computation_in_postgresql(
    new_installation: MakeInstallation, engine: EngineName
) -> None:
    installation = new_installation(engine)

    installation.run(FIRST, LAST)

    assert installation.user_analytics() == installation.expected("user_analytics", FIRST, LAST)
    assert installation.system_metrics() == installation.expected("system_metrics", FIRST, LAST)


def test_a_single_day_without_any_history_in_the_lake_has_the_same_numbers(
    new_installation: MakeInstallation,
) -> None:
    installation = new_installation()

    installation.run(LAST)

    assert installation.user_analytics() == installation.expected("user_analytics", LAST, LAST)
    assert installation.system_metrics() == installation.expected("system_metrics", LAST, LAST)


def test_the_pipeline_counts_what_it_read(new_installation: MakeInstallation) -> None:
    installation = new_installation()

    installation.run(LAST)

    read = installation.metric("ingest_rows", LAST, '{"table": "user_engagement"}')
    there = installation.rows(
        "SELECT count(*) FROM user_engagement WHERE created_at >= %s AND created_at < %s::date + 1",
        [LAST, LAST],
    )
    assert read == there[0][0] > 0
    assert installation.metric("day_final", LAST, '{"table": "user_engagement"}') == 1


def test_the_view_of_popular_posts_follows_the_scores_that_were_written(
    installation: Installation,
) -> None:
    installation.execute((STATEMENTS / "yesterdays_posts.sql").read_text(encoding="utf-8"))
    yesterday = str(installation.rows("SELECT CURRENT_DATE - 1")[0][0])

    installation.run(yesterday)

    shown = installation.rows(
        "SELECT p.content, p.engagement_score FROM popular_posts AS p "
        "ORDER BY p.engagement_score DESC, p.content"
    )
    # A LIKE expected at 1 / 2 tomorrow, a COMMENT at 10 / 2; the author's own counts nothing.
    assert shown == [("commented", Decimal("5.00")), ("liked", Decimal("0.50")), ("own", 0)]
