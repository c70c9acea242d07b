from datetime import date
from pathlib import Path

import dagster as dg
import pytest

from assets.analytics.rollups import ROLLUPS
from assets.ingestion.source_tables import SOURCE_TABLES
from assets.ranking.ranked_days import RANKINGS
from assets.resources.engine import EngineName
from pipelines.definitions import build_definitions
from pipelines.settings import Settings
from schema.metrics import metric_versions

MODELS = {"engagement_models"}
TABLES = {*SOURCE_TABLES, *ROLLUPS, *RANKINGS, *MODELS, "user_analytics", "system_metrics"}
# Columns that the code writes itself, without any column of another table.
MADE_OF_NOTHING = {
    "engagement_models": {
        *("date", "learned_from", "held_out_from", "held_out_to", "code_version"),
    },
    "highlighted_posts": {"date", "list"},
    "score_receipts": {"date", "part"},
    "system_metrics": {"date", "metric_name"},
}
WEB = "https://git.example.org/platform/blob/main"


def test_every_asset_tells_what_it_is_whose_it_is_and_where_its_code_is(
    definitions: dg.Definitions,
) -> None:
    for spec in definitions.resolve_all_asset_specs():
        assert spec.group_name in {"ingestion", "analytics", "ranking", "lifecycle", "reports"}
        assert spec.owners, spec.key
        assert spec.kinds, spec.key
        assert spec.tags["personal_data"], spec.key
        places = spec.metadata["dagster/code_references"].code_references
        for place in places:
            line = Path(place.file_path).read_text(encoding="utf-8").splitlines()
            assert line[place.line_number - 1].lstrip().startswith(("@dg.", "class ")), place
        told = spec.description or ""
        assert ("Grain:" in told and "Source:" in told) or "Fails when:" in told, spec.key


def test_no_description_is_shown_as_code(definitions: dg.Definitions) -> None:
    for spec in definitions.resolve_all_asset_specs():
        lines = (spec.description or "").splitlines()
        assert not [line for line in lines if line.startswith("    ")], spec.key


def test_every_table_tells_its_columns_their_units_and_what_is_unique(
    definitions: dg.Definitions,
) -> None:
    specs = {spec.key.to_user_string(): spec for spec in definitions.resolve_all_asset_specs()}

    with_columns = {key for key, spec in specs.items() if "dagster/column_schema" in spec.metadata}
    assert with_columns == {*TABLES, "engagement_cold_store"}
    for key in with_columns:
        schema = specs[key].metadata["dagster/column_schema"]
        names = {column.name for column in schema.columns}
        unique = schema.constraints.other[0].removeprefix("unique: ").split(", ")
        assert set(unique) <= names | {"date"}, key
        for column in schema.columns:
            assert column.description, (key, column.name)
            is_amount = column.type.startswith(("Int", "Float", "Decimal"))
            assert bool(column.tags.get("unit")) == is_amount, (key, column.name)


def test_every_computed_table_tells_what_each_column_is_made_of(
    definitions: dg.Definitions,
) -> None:
    specs = {spec.key.to_user_string(): spec for spec in definitions.resolve_all_asset_specs()}
    columns = {
        key: {column.name for column in specs[key].metadata["dagster/column_schema"].columns}
        for key in TABLES
    }

    for key in TABLES - set(SOURCE_TABLES):
        lineage = specs[key].metadata["dagster/column_lineage"].deps_by_column
        assert set(lineage) <= columns[key]
        assert columns[key] - set(lineage) <= MADE_OF_NOTHING.get(key, {"date"}), key
        named = {dep.asset_key.to_user_string() for deps in lineage.values() for dep in deps}
        upstream = {dep.asset_key.to_user_string() for dep in specs[key].deps}
        assert named <= upstream | set(RANKINGS), key
        for deps in lineage.values():
            assert all(d.column_name in columns[d.asset_key.to_user_string()] for d in deps), key


def test_code_is_shown_on_the_web_where_an_address_is_set(tmp_path: Path) -> None:
    settings = Settings(tmp_path, None, EngineName.DUCKDB, date(2010, 1, 1), code_url=WEB)

    specs = build_definitions(settings).resolve_all_asset_specs()

    links = [
        place.url
        for spec in specs
        for place in spec.metadata["dagster/code_references"].code_references
    ]
    assert f"{WEB}/schema/tables/users.py#L" in {link.rstrip("0123456789") for link in links}
    assert all(link.startswith(f"{WEB}/") for link in links)


@pytest.mark.parametrize("table", ["user_analytics", "system_metrics"])
def test_the_tables_of_metrics_show_the_registry(definitions: dg.Definitions, table: str) -> None:
    (spec,) = [s for s in definitions.resolve_all_asset_specs() if s.key == dg.AssetKey(table)]

    assert all(f"| {name} | " in spec.metadata["metrics"].value for name in metric_versions(table))


def test_every_check_says_what_it_promises(definitions: dg.Definitions) -> None:
    graph = definitions.resolve_asset_graph()

    for key in graph.asset_check_keys:
        spec = graph.get_check_spec(key)
        assert len(spec.description or "") > 30, key
        assert spec.partitions_def is None, key
        assert spec.blocking is (key.name == "published_numbers"), key


def test_every_resource_says_what_it_is(definitions: dg.Definitions) -> None:
    resources = definitions.resources or {}

    for name, resource in resources.items():
        assert len(resource.description or "") > 30, name
        assert resource.resource_fn.__name__.isidentifier(), name
    assert len(resources) >= 8
