"""Commands that keep old rows, backups and erasures in order; part of `sociallive`."""

from typing import Annotated

import typer

from schema.errors import UsageError

lifecycle = typer.Typer()
GROUP = "Keep in order"

# Commands import what they need when they are called: `--help` and mistakes answer at once.


@lifecycle.command(rich_help_panel=GROUP)
def cleanup_sessions() -> None:
    """Remove sessions, feed items and tokens that expired 30 days ago, mails that ended 90 ago."""
    from pipelines.cli.cleanup_sessions import clean_up_sessions

    clean_up_sessions()


@lifecycle.command(rich_help_panel=GROUP)
def backup(
    *,
    dump_only: Annotated[
        bool, typer.Option("--dump-only", help="Take no base backup: it is as large as the server.")
    ] = False,
) -> None:
    """Back the database up: a dump and, where possible, what point-in-time recovery needs."""
    from pipelines.cli.backup import take_backup

    take_backup(with_base=not dump_only)


@lifecycle.command(rich_help_panel=GROUP)
def restore_drill() -> None:
    """Restore the newest backup into a server of its own, compare it, and remove that again."""
    from pipelines.cli.backup import drill_restore

    drill_restore()


@lifecycle.command(rich_help_panel=GROUP)
def erase(
    user: Annotated[str | None, typer.Argument(help="Username or id of the account.")] = None,
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only count what would go.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask, not even at a terminal.")] = False,
    again: Annotated[
        bool, typer.Option("--again", help="Erase once more whoever was; after every restore.")
    ] = False,
    correct: Annotated[
        bool, typer.Option("--run/--no-run", help="Compute the affected days again.")
    ] = True,
) -> None:
    """Erase a person everywhere, for good, and correct the numbers of everybody else."""
    from pipelines.cli.erase import erase_user

    erase_user(user, again=again, dry_run=dry_run, without_asking=yes, correct=correct)


@lifecycle.command(rich_help_panel=GROUP)
def partitions() -> None:
    """Make the months of engagement ahead, and say how far they reach."""
    from pipelines.cli.partitions import make_partitions

    make_partitions()


@lifecycle.command(rich_help_panel=GROUP)
def archive(
    before: Annotated[
        str | None, typer.Option(help="First day that stays; else this day a year ago.")
    ] = None,
    limit: Annotated[
        int | None,
        typer.Option(
            help="Most rows that move one by one, else 5,000,000; the next run goes on.", min=1
        ),
    ] = None,
    *,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be done, and do nothing.")
    ] = False,
    drop: Annotated[
        bool,
        typer.Option("--drop-cold", help="Remove archived months that the cold store holds."),
    ] = False,
    token: Annotated[
        str | None, typer.Option(help="What --drop-cold --dry-run said: exactly those months.")
    ] = None,
    months: Annotated[
        int | None, typer.Option(help="Most months that --drop-cold removes; else 12.", min=1)
    ] = None,
) -> None:
    """Move old engagement into its archive, and copy whole months into the cold store."""
    from pipelines.cli.archive import archive_old_engagement, drop_cold

    if drop:
        _refuse_given("--drop-cold cannot be given together with {}", before=before, limit=limit)
        drop_cold(token, dry_run=dry_run, most_months=months)
    else:
        _refuse_given("only --drop-cold takes {}: add it", token=token, months=months)
        archive_old_engagement(before, most_rows=limit, dry_run=dry_run)


def _refuse_given(why: str, **options: object) -> None:
    """Refuse options that would be ignored."""
    given = [f"--{name}" for name, value in options.items() if value is not None]
    if given:
        raise UsageError(why.format(" and ".join(given)))
