from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from assets.resources.engine import EngineName
from schema.windows import parse_day
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
    scores = installation.lake.files("post_scores", [parse_day(yesterday)])
    written = pl.read_parquet(scores)["engagement_score"].sort(descending=True).to_list()
    # A comment counts ten times a like, the author's own engagement nothing; all have an author.
    assert [content for content, _ in shown] == ["commented", "liked", "own"]
    assert [score for _, score in shown] == written
    assert written[0] > 2 * written[1] > 2 * written[2] > 0
