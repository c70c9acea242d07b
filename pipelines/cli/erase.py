"""`sociallive erase`: a person out of everything, with a receipt."""

import sys
from collections.abc import Iterable

import typer

from assets.lifecycle.erased_account import Account, was_erased
from assets.lifecycle.erasure import Erasure
from assets.lifecycle.erasure_again import erase_again, go_on_with
from assets.lifecycle.erasure_receipt import Receipt, receipt_path
from pipelines.cli.console import console, say, show
from pipelines.dagster_home import open_instance
from pipelines.delivering import bring_choices_back
from pipelines.erasing import correct_numbers, erasure_of, note_erasure, receipts_to_correct
from pipelines.platform import checked_platform
from pipelines.settings import Settings, read_settings
from schema.errors import CorruptPartitionError, UsageError


def erase_user(
    named: str | None, *, again: bool, dry_run: bool, without_asking: bool, correct: bool
) -> None:
    """Erase one account, or apply all tombstones again; then correct the numbers.

    Raises:
        CorruptPartitionError: a part of the lake cannot be read; everything else is erased.
        UsageError: nobody has this name or id, or it is not clear what to do.
    """
    if (named is None) != again or (again and dry_run):
        raise UsageError("say whom to erase, by username or id; or `--again`, without either")
    settings = read_settings()
    with console.status("starting the database") as status:
        work = erasure_of(settings, checked_platform(settings), status.update)
        account = work.find(named) if named else None
        if named and account is None:
            _refuse_unknown(work, named)
    if dry_run:
        _show_preview(work, account)
        return
    if account and not without_asking and sys.stdin.isatty():
        _show_preview(work, account)
        typer.confirm("Erase the account for good?", abort=True)
    with console.status("erasing") as status, work.alone():
        is_erased_already = True
        for receipt in _erase(work, account, again=again):
            is_erased_already = False
            note_erasure(settings, receipt)
            _tell(work, receipt)
    if again and (restored := bring_choices_back(settings, work.postgres)):
        say(f"Choices of reports by mail that the database lacked: {restored}.")
    if is_erased_already:
        say("That account was erased already: nothing was left to remove.")
    _correct(settings, correct=correct)


def _refuse_unknown(work: Erasure, named: str) -> None:
    if not was_erased(work.tombstones, named):
        raise UsageError(
            f"nobody has the username or id {named!r}: give it as it is in `users`, or the id of "
            "an account that the platform has deleted"
        )


def _show_preview(work: Erasure, account: Account | None) -> None:
    if account is None:
        say("That account was erased already: nothing would be removed.")
        return
    if not account.username:
        say("The platform has deleted that account already: this is what names it still.")
    preview = work.preview(account)
    _show(preview, "Would be removed")
    for sentence in preview.unread:
        say(f"Not counted: {sentence}")
    say(f"Days whose numbers would be computed again: {len(preview.days_to_run)} or more.")


def _erase(work: Erasure, account: Account | None, *, again: bool) -> Iterable[Receipt]:
    if again:
        yield from erase_again(work)
        return
    if account is not None:
        work.begin(account)
    damaged: list[CorruptPartitionError] = []
    yield from go_on_with(work, work.unfinished(), damaged)
    for error in damaged:
        raise error


def _tell(work: Erasure, receipt: Receipt) -> None:
    _show(receipt, "Removed")
    say(f"The receipt: {receipt_path(work.folder, receipt.token)}")


def _show(receipt: Receipt, title: str) -> None:
    rows = [
        (name, removed.rows, removed.parts) for name, removed in sorted(receipt.targets.items())
    ]
    show(title, ["from", "rows", "partitions or files"], rows or [("nothing", 0, 0)])


def _correct(settings: Settings, *, correct: bool) -> None:
    """Compute the numbers of affected days again, or say which they are."""
    for receipt in receipts_to_correct(settings):
        days = receipt.days_to_run
        span = f"{len(days)} days from {days[0]} to {days[-1]}"
        if not correct:
            say(f"Numbers of {span} still count the account: correct them with `erase --again`.")
            continue
        with console.status(f"computing {span} again"), open_instance(settings) as instance:
            correct_numbers(settings, receipt, instance=instance)
        say(f"Numbers of {span} were computed again.")
