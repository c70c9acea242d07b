"""Entry point of the `sociallive` command."""

import logging
import signal
import sys
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from pipelines.cli.lifecycle import lifecycle
from pipelines.cli.refusals import FAILED, MISUSED, refuse, sentence_of
from pipelines.cli.reporting import reporting
from pipelines.cli.services import services
from pipelines.cli.signals import asked_to_end, end_at_once, ended_by_signals
from pipelines.owner_only import keep_to_owner
from schema.errors import PipelineError, UsageError

# What Typer makes of Ctrl-C.
INTERRUPTED = 130

app = typer.Typer(
    name="sociallive",
    help="Analytics and reporting pipeline of the social platform Social Live.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

# Groups of `--help`.
BEGIN, EVERY_DAY = "Begin", "Publish and watch"
# Commands import what they need when they are called: `--help` and mistakes answer at once.


@app.command(rich_help_panel=BEGIN)
def demo(
    days: Annotated[int, typer.Option(help="Days of platform life to generate.", min=1)] = 30,
    users: Annotated[int, typer.Option(help="Accounts to generate.", min=1)] = 2_000,
    *,
    serve: Annotated[bool, typer.Option("--serve", help="Open the Dagster UI at the end.")] = False,
) -> None:
    """See the whole of it run on a generated platform."""
    from pipelines.cli.demo import run_demo

    run_demo(days=days, users=users)
    if serve:
        dev()


@app.command(rich_help_panel=BEGIN)
def dev(
    port: Annotated[int, typer.Option(help="Port of the UI.", min=1, max=65535)] = 3000,
) -> None:
    """Open the Dagster UI with its daemon."""
    from pipelines.cli.dev import serve_dagster

    serve_dagster(port)


@app.command(rich_help_panel=BEGIN)
def migrate() -> None:
    """Bring the database to the newest schema; safe to repeat."""
    from pipelines.cli.migrate import migrate_platform

    migrate_platform()


@app.command(rich_help_panel=BEGIN)
def load(
    directory: Annotated[
        Path, typer.Argument(help="Folder with users, posts, … as Parquet or CSV.")
    ],
    ending: Annotated[
        str | None, typer.Option(help="Shift all times so that the newest falls on this day.")
    ] = None,
) -> None:
    """Load other people's data into the platform's tables."""
    from pipelines.cli.load import load_platform

    load_platform(directory, ending=ending)


@app.command(rich_help_panel=EVERY_DAY)
def run(
    date: Annotated[str | None, typer.Option(help="The one day to run, YYYY-MM-DD.")] = None,
    first: Annotated[str | None, typer.Option("--from", help="First day of a range.")] = None,
    last: Annotated[str | None, typer.Option("--to", help="Last day of a range.")] = None,
    *,
    accept_loss: Annotated[
        bool,
        typer.Option("--accept-loss", help="Publish although rows are gone without a trace."),
    ] = False,
) -> None:
    """Run the daily job for a day or a range of days, in this process."""
    from pipelines.cli.run import requested_days, run_days

    run_days(requested_days(date, first, last), accept_loss=accept_loss)


@app.command(rich_help_panel=EVERY_DAY)
def explain(
    post: Annotated[str, typer.Argument(help="Id of the post, a UUID.")],
    date: Annotated[str | None, typer.Option(help="Day; else the newest scored one.")] = None,
) -> None:
    """Say why a post has the score and the place that it has."""
    from pipelines.cli.explain import explain_post

    explain_post(post, date)


@app.command(rich_help_panel=EVERY_DAY)
def audit(
    first: Annotated[
        str | None, typer.Option("--from", help="First day; else the first one.")
    ] = None,
    last: Annotated[str | None, typer.Option("--to", help="Last day; else the last one.")] = None,
) -> None:
    """Recount everything that is published, and say what differs from what, and why."""
    from pipelines.cli.audit import run_audit

    run_audit(first, last)


@app.command(rich_help_panel=EVERY_DAY)
def backtest(
    first: Annotated[
        str | None, typer.Option("--from", help="First day; else 30 days, or the first scored one.")
    ] = None,
    last: Annotated[
        str | None, typer.Option("--to", help="Last day; else the newest whose day after was run.")
    ] = None,
) -> None:
    """Show how well the published scores predict, beside named heuristics."""
    from pipelines.cli.backtest import run_backtest

    run_backtest(first, last)


@app.command(rich_help_panel=EVERY_DAY)
def status(
    *,
    exit_code: Annotated[
        bool,
        typer.Option(
            "--exit-code",
            help="Look for the daemon, too, and exit with 0: all well, 3: late or failed, "
            "4: no daemon, 5: no database.",
        ),
    ] = False,
) -> None:
    """Show what is fresh, final, late or failing."""
    from pipelines.cli.health import probe, show_problems
    from pipelines.cli.status import show_status

    if not exit_code:
        show_status()
        show_problems()
        return
    raise typer.Exit(probe(show_status))


@app.command(rich_help_panel=EVERY_DAY)
def alerts(
    *,
    test: Annotated[
        bool, typer.Option("--test", help="Send a test through every channel that is set.")
    ] = False,
    notify: Annotated[
        bool,
        typer.Option("--notify", help="Look around from outside, and tell what is new: for cron."),
    ] = False,
) -> None:
    """Show what is wrong, since when, and how often people were told."""
    from pipelines.cli.alerts import notify_people, show_alerts, test_channels

    if test and notify:
        raise UsageError("--test and --notify are two commands: give one of them")
    if test:
        test_channels()
    elif notify:
        notify_people()
    else:
        show_alerts()


@app.command(rich_help_panel=BEGIN)
def stop() -> None:
    """Stop the embedded database; the next command starts it again."""
    from pipelines.cli.stop import stop_database

    stop_database()


app.add_typer(reporting)
app.add_typer(lifecycle)
app.add_typer(services, name="service", rich_help_panel="On a server")


def main() -> None:
    """Be the command: when it is done, no signal changes how it ended while Python clears up."""
    obey(afterwards=signal.SIG_IGN)


def obey(afterwards: signal.Handlers | None = None) -> NoReturn:
    """Run the command; a refusal is one sentence and a non-zero exit code."""
    keep_to_owner()
    # A rollback that a lost or interrupted session cannot have: the error that ends it says why.
    logging.getLogger("psycopg").setLevel(logging.ERROR)
    try:
        with ended_by_signals(afterwards):
            code = _call()
    except KeyboardInterrupt:
        code = INTERRUPTED
    except Exception:
        # Of an interruption libraries make errors of their own.
        if not asked_to_end():
            raise
        code = INTERRUPTED
    if code == INTERRUPTED:
        end_at_once()
        refuse("stopped before it was done: run it again", FAILED)
    sys.exit(code)


def _call() -> int:
    try:
        return app(prog_name="sociallive", standalone_mode=False) or 0
    except PipelineError as error:
        if asked_to_end():
            raise
        refuse(str(error), MISUSED if isinstance(error, UsageError) else FAILED)
    except typer.TyperException as mistake:
        refuse(sentence_of(mistake), MISUSED)
    except typer.Abort:
        refuse("nobody agreed to it, so nothing was done", FAILED)
