import uuid
from datetime import date

import polars as pl
import pytest

from assets.resources.identifiers import uuid_of
from tests.fixtures.command import Command, command_of
from tests.fixtures.installation import Installation

D = date(2024, 3, 1)


@pytest.fixture
def installation(recent_installation: Installation) -> Installation:
    recent_installation.run(str(D))
    return recent_installation


@pytest.fixture
def explain(installation: Installation) -> Command:
    sociallive = command_of(installation)
    return lambda *arguments: sociallive("explain", *arguments)


def lake_rows(installation: Installation, table: str) -> pl.DataFrame:
    return pl.read_parquet(installation.lake.files(table, [D]), hive_partitioning=True)


def test_the_receipt_of_any_post_sums_to_its_published_score(
    installation: Installation, explain: Command
) -> None:
    scores = lake_rows(installation, "post_scores").sort("engagement_score", descending=True)
    popular = lake_rows(installation, "popular_posts")
    best, other = scores.row(0, named=True), scores.row(scores.height // 2, named=True)

    for score in (best, other):
        code, said = explain(str(uuid.UUID(bytes=score["post_id"])))

        assert code == 0, said
        assert f"Score: {score['engagement_score']:,.2f}" in said
        assert f"{score['engagement_score']:,.2f} expected in the next 24 hours" in said
        is_popular = score["post_id"] in popular["post_id"].to_list()
        assert ("Place: not among the popular posts" in said) != is_popular


def test_a_post_without_a_score_is_refused_whatever_its_id_looks_like(explain: Command) -> None:
    code, said = explain(str(uuid.UUID(int=7)))
    assert code == 2
    assert "has no score of 2024-03-01" in said

    code, said = explain("my-post", "--date", str(D))
    assert code == 2
    assert f"post {uuid_of('my-post')} has no score of {D}" in said
