from pipelines.definitions import LAKE_TABLES
from reports.views.session import Session
from reports.views.tables import TABLES
from schema.metrics import METRICS
from schema.privacy import PRIVATE_COLUMNS, PRIVATE_TABLES
from tests.reports.views.test_session import rows

# Columns of ours that are called like private ones of another table, and what they hold.
NAMESAKES = {
    ("engagement_everywhere", "metadata"): "of engagement, which is not private",
    ("popular_posts", "reason"): "why a rank changed: one of four words",
}


def test_every_table_of_the_lake_has_a_view() -> None:
    assert set(TABLES) == set(LAKE_TABLES)


def test_a_view_has_exactly_the_columns_and_types_that_are_told_of_it(session: Session) -> None:
    for view in session.views:
        query = session.understand(f"SELECT * FROM {view.name}")
        kinds = [
            kind.replace("TIMESTAMP WITH TIME ZONE", "TIMESTAMPTZ") for _, kind in query.columns
        ]
        assert [name for name, _ in query.columns] == [column.name for column in view.columns]
        told = [column.type.replace(" ", "") for column in view.columns]
        assert [kind.replace(" ", "") for kind in kinds] == told, view.name


def test_every_view_and_column_says_what_it_means(session: Session) -> None:
    for view in session.views:
        assert view.grain, view.name
        assert view.description.endswith("."), view.name
        assert all(column.meaning for column in view.columns), view.name


def test_no_view_shows_a_private_column(session: Session) -> None:
    private = {name for names in PRIVATE_COLUMNS.values() for name in names}
    shown = {(view.name, column.name) for view in session.views for column in view.columns}

    assert {pair for pair in shown if pair[1] in private} == set(NAMESAKES)
    assert not {view.name for view in session.views} & (PRIVATE_TABLES - {"popular_posts"})
    assert not PRIVATE_COLUMNS.keys() & {name for name, _ in NAMESAKES}


def test_the_registry_is_a_view(session: Session) -> None:
    found = rows(session, "SELECT metric_name, version, unit, definition, tags FROM metrics")

    assert found == [
        (metric.name, metric.version, metric.unit, metric.definition, list(metric.tags))
        for metric in METRICS
    ]


def test_the_views_describe_themselves_in_sql(session: Session) -> None:
    told = rows(session, "SELECT view_name, column_name, meaning FROM view_columns")

    assert told == [
        (view.name, column.name, column.meaning)
        for view in session.views
        for column in view.columns
    ]


def test_no_name_comes_twice(session: Session) -> None:
    known = {view.name for view in session.views}

    assert "engagement_everywhere" in known
    assert {"days", "metrics", "metric_versions"} <= known
    assert len(known) == len(session.views) == len(TABLES) + 5
