"""The pages about what Dagster knows: assets and their checks, jobs and schedules, tables."""

import inspect
from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path

import dagster as dg

from assets.metadata import column_schema
from assets.resources.engine import EngineName
from pipelines.definitions import build_definitions
from pipelines.settings import DEFAULT_FIRST_DAY, Settings
from reports.views.tables import TABLES
from schema.markdown import markdown_table
from schema.tables.archived_engagement import ArchivedEngagement
from schema.tables.columns import Contract

NOTE = "Made by `make docs` from the definitions that Dagster loads.\n"
TABLES_INTRODUCTION = """\
# Tables

Made by `make docs` from the contracts in `schema/tables`. Each is a folder of the lake,
`lake/TABLE/date=YYYY-MM-DD/`, and a view of [`sociallive sql`](views.md); `archived_engagement`
lies in the cold store. Ids are 16 bytes there and UUIDs in the views. What a day holds is checked
against its contract before it is published.
"""
COLUMN_COLUMNS = ("column", "type", "may be null", "unit", "meaning", "rules")


def definitions() -> dg.Definitions:
    """The definitions of an installation with nothing set; nothing is opened."""
    home, first_day = Path("/nowhere"), date.fromisoformat(str(DEFAULT_FIRST_DAY))
    return build_definitions(Settings(home, None, EngineName.DUCKDB, first_day))


def render_assets(known: dg.Definitions) -> str:
    """What is materialized, by group, and what is checked of it."""
    graph = known.resolve_asset_graph()
    checks = [graph.get_check_spec(key) for key in graph.asset_check_keys]
    specs = sorted(known.resolve_all_asset_specs(), key=lambda spec: spec.key.to_user_string())
    groups = sorted({str(spec.group_name) for spec in specs})
    parts = [f"# Assets and checks\n\n{NOTE}"]
    for group in groups:
        parts.append(f"## {group}\n")
        parts += [_asset(spec, checks) for spec in specs if spec.group_name == group]
    return "\n".join(parts)


def _asset(spec: dg.AssetSpec, checks: Iterable[dg.AssetCheckSpec]) -> str:
    name = spec.key.to_user_string()
    needs = ", ".join(sorted(f"`{dep.asset_key.to_user_string()}`" for dep in spec.deps))
    owners = ", ".join(spec.owners)
    told = f"Partitions: {_partitions(spec)}. Owner: {owners}. Reads: {needs or 'no other asset'}."
    facts = [inspect.cleandoc(spec.description or ""), told]
    of_asset = sorted((c for c in checks if c.asset_key == spec.key), key=lambda check: check.name)
    rows = [(c.name, "yes" if c.blocking else "no", _one_line(c.description)) for c in of_asset]
    if rows:
        facts.append(markdown_table(("check", "blocks", "says"), rows).rstrip())
    return f"### {name}\n\n" + "\n\n".join(facts) + "\n"


def _partitions(spec: dg.AssetSpec) -> str:
    partitions = spec.partitions_def
    if not isinstance(partitions, dg.TimeWindowPartitionsDefinition):
        return "none"
    kind = partitions.schedule_type
    return "by time" if kind is None else kind.value.lower()


def render_jobs(known: dg.Definitions) -> str:
    """What runs by itself, and when; jobs without a schedule are started by hand."""
    repository = known.get_repository_def()
    schedules = {schedule.job_name: schedule for schedule in repository.schedule_defs}
    rows = []
    for job in sorted(repository.get_all_jobs(), key=lambda job: job.name):
        if job.name.startswith("__"):
            continue
        schedule = schedules.get(job.name)
        at = str(schedule.cron_schedule) if schedule else "by hand"
        rows.append((job.name, at, _one_line(job.description)))
    sensors = [(s.name, _one_line(s.description)) for s in repository.sensor_defs]
    listed = markdown_table(("job", "at (cron, UTC)", "does"), rows)
    parts = [f"# Jobs, schedules and sensors\n\n{NOTE}", f"## Jobs\n\n{listed}"]
    if sensors:
        parts.append(f"## Sensors\n\n{markdown_table(('sensor', 'does'), sorted(sensors))}")
    return "\n".join(parts)


def render_tables() -> str:
    """The contracts of the lake and of the cold store, column by column."""
    contracts: dict[str, type[Contract]] = {**TABLES, "archived_engagement": ArchivedEngagement}
    sections = [_table(name, contract) for name, contract in contracts.items()]
    return "\n".join([TABLES_INTRODUCTION, *sections])


def _table(name: str, contract: type[Contract]) -> str:
    shown = column_schema(contract)
    meaning = inspect.cleandoc(contract.__doc__ or "")
    rules = "; ".join(shown.constraints.other if shown.constraints else [])
    columns = markdown_table(COLUMN_COLUMNS, list(_columns(shown)))
    return f"## {name}\n\n{meaning}\n\nRules: {rules}.\n\n{columns}"


def _columns(shown: dg.TableSchema) -> Iterator[tuple[str, ...]]:
    """As the Dagster UI shows them."""
    for column in shown.columns:
        nullable = "yes" if column.constraints.nullable else "no"
        unit, rules = (column.tags or {}).get("unit", ""), "; ".join(column.constraints.other)
        yield column.name, column.type, nullable, unit, str(column.description or ""), rules


def _one_line(text: str | None) -> str:
    return " ".join((text or "").split())
