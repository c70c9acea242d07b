from collections.abc import Callable
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from assets.resources.engine import EngineName
from pipelines.cli.query import session_of
from pipelines.documentation.questions_page import DAYS, PAGE, read_questions, render_questions
from pipelines.settings import REPOSITORY
from reports.views.answers import texts
from schema.windows import parse_day
from tests.fixtures.installation import Copy, Installation

FIRST, LAST = "2024-02-26", "2024-03-02"
DOCUMENTATION = REPOSITORY / "docs"
ORACLES = sorted((Path(__file__).parents[1] / "oracles" / "postgres" / "questions").glob("*.sql"))
NUMBERS = ("user_analytics", "system_metrics")
STATEMENTS = Path(__file__).parent / "sql"
MakeInstallation = Callable[..., Installation]


@pytest.fixture(scope="module", params=[EngineName.DUCKDB, EngineName.POLARS])
def of_engine(
    request: pytest.FixtureRequest, lasting_copies: Copy, filled_template: str
) -> Installation:
    """An installation on which the days were run, once for each engine."""
    installation = lasting_copies(filled_template, request.param, date(2010, 1, 1))
    installation.run(FIRST, LAST)
    return installation


def test_every_number_equals_an_independent_computation_in_postgresql(
    of_engine: Installation,
) -> None:
    expected = {name: of_engine.expected(name, FIRST, LAST) for name in NUMBERS}

    assert of_engine.user_analytics() == expected["user_analytics"]
    assert of_engine.system_metrics() == expected["system_metrics"]


def test_the_documented_questions_have_the_answers_that_the_page_tells(
    of_engine: Installation,
) -> None:
    assert (str(DAYS.first), str(DAYS.last)) == (FIRST, LAST)

    with session_of(of_engine.settings) as session:
        page = render_questions(session, read_questions(DOCUMENTATION))

    committed = (DOCUMENTATION / PAGE).read_text(encoding="utf-8")
    assert page == committed, "run `make docs` and commit the page"


@pytest.mark.parametrize("oracle", ORACLES, ids=lambda oracle: oracle.stem)
def test_the_answers_equal_those_of_the_platform_s_own_tables(
    of_engine: Installation, oracle: Path
) -> None:
    title, _, statement = oracle.read_text(encoding="utf-8").partition("\n")
    [question] = [q for q in read_questions(DOCUMENTATION) if f"-- {q.title}" == title]

    with session_of(of_engine.settings) as session:
        asked = texts(session, session.understand(question.sql))
        answer = [row for frame in asked for row in frame.iter_rows()]

    assert answer == of_engine.rows(statement)
    assert answer


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
