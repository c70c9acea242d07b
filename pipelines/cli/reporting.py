"""What people receive: reports, the overview, mail and what its links lead to."""

from pathlib import Path
from typing import Annotated

import typer

from reports.views.form import Form
from schema.errors import UsageError

reporting = typer.Typer()
GROUP = "Ask and report"

# Commands import what they need when they are called: `--help` and mistakes answer at once.


@reporting.command(rich_help_panel=GROUP)
def report(
    user: Annotated[str, typer.Argument(help="Username or id of the creator.")],
    date: Annotated[str | None, typer.Option(help="Last day; else the newest read whole.")] = None,
    period: Annotated[
        str, typer.Option(help="day, week or month: the 1, 7 or 28 days that end with it.")
    ] = "week",
    out: Annotated[
        Path | None, typer.Option(help="Folder to write below; else `reports` of the home.")
    ] = None,
) -> None:
    """Write one creator's report."""
    from pipelines.cli.report import write_report

    write_report(user, date, period, out)


@reporting.command(rich_help_panel=GROUP)
def overview(
    first: Annotated[
        str | None, typer.Option("--from", help="First day; else the newest 90 published days.")
    ] = None,
    last: Annotated[
        str | None, typer.Option("--to", help="Last day; else the newest read whole.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder of the page; else overview/ of the reports.")
    ] = None,
) -> None:
    """Write the whole platform on one page, with every table as CSV and Parquet."""
    from pipelines.cli.overview import show_overview

    show_overview(first, last, out)


@reporting.command(rich_help_panel=GROUP)
def sql(
    query: Annotated[
        str | None, typer.Argument(help="One query; without it, a prompt opens.")
    ] = None,
    form: Annotated[
        Form | None, typer.Option("--format", help="Form of the answer; else a table to look at.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="File for the answer; its ending tells the form.")
    ] = None,
    *,
    views: Annotated[bool, typer.Option("--views", help="List the views.")] = False,
    describe: Annotated[
        str | None, typer.Option(metavar="VIEW", help="Show the columns of a view.")
    ] = None,
    file: Annotated[
        Path | None,
        typer.Option(help="Write the views for other tools, to a name in .duckdb or .sql."),
    ] = None,
) -> None:
    """Ask the published tables in SQL: DuckDB over documented views, read-only."""
    from pipelines.cli.query import answer, describe_view, list_views, write_view_file

    if sum([views, *(asked is not None for asked in (query, describe, file))]) > 1:
        raise UsageError("a query, --views, --describe and --file are four commands: give one")
    if views:
        list_views()
    elif describe is not None:
        describe_view(describe)
    elif file is not None:
        write_view_file(file)
    elif query is not None:
        answer(query, form, out)
    else:
        from pipelines.cli.prompt import prompt

        prompt()


@reporting.command(rich_help_panel=GROUP)
def deliver() -> None:
    """Send the reports that are queued and due, and show what became of all."""
    from pipelines.cli.deliver import deliver_due

    deliver_due()


@reporting.command(rich_help_panel=GROUP)
def preferences(
    user: Annotated[str, typer.Argument(help="Username or id of the creator.")],
    frequency: Annotated[
        str | None, typer.Argument(help="daily, weekly, monthly or off; else it is shown.")
    ] = None,
) -> None:
    """Show or choose how often a creator gets reports by mail."""
    from pipelines.cli.preferences import show_or_choose

    show_or_choose(user, frequency)


@reporting.command(rich_help_panel=GROUP)
def serve(
    port: Annotated[int, typer.Option(help="Port to listen on.", min=1, max=65535)] = 8025,
    host: Annotated[
        str, typer.Option(help="Address to listen on; creators come through a TLS proxy.")
    ] = "127.0.0.1",
) -> None:
    """Serve what links in mail lead to: pages of reports, and unsubscribing."""
    from pipelines.cli.serve import serve_links

    serve_links(host, port)
