"""Somebody who is erased, out of the notes about problems."""

from dataclasses import replace
from pathlib import Path

from assets.lifecycle.erased_account import Account
from assets.lifecycle.home_erasure import Removal, drop_files, names_account
from pipelines.alerts.message import Message
from pipelines.alerts.notebook import LOCK, NAME, Notebook, Notes
from pipelines.alerts.problem import Problem

FORGOTTEN = "what was said here may have named an account that was erased since: follow the link"


def forget_account(folder: Path, account: Account, *, remove: bool) -> Removal:
    """Take sentences that name the account out of the notes, and delete other files that do.

    Problems stay open, and messages that wait go out without the sentence: only errors that were
    quoted may name somebody. Waits for whoever holds the notes.
    """
    if not folder.exists():
        return Removal()
    notebook = Notebook(folder)
    if not remove:
        return _forget(notebook, account, remove=False)
    with notebook.locked(wait=True):
        return _forget(notebook, account, remove=True)


def _forget(notebook: Notebook, account: Account, *, remove: bool) -> Removal:
    notes = notebook.read_or_begin_anew() if remove else notebook.read()
    forgotten = _without(notes, account)
    said, kept = _sentences(notes), _sentences(forgotten)
    rows = sum(before != after for before, after in zip(said, kept, strict=True))
    if remove and rows:
        notebook.write(forgotten)
    others = drop_files(notebook.folder, account, remove=remove, spared={NAME, LOCK})
    return Removal(rows, others.files + (rows > 0))


def _without(notes: Notes, account: Account) -> Notes:
    def problem(known: Problem) -> Problem:
        is_named = names_account(known.sentence.encode(), account)
        return replace(known, sentence=FORGOTTEN) if is_named else known

    def message(known: Message) -> Message:
        told = (replace(one, problem=problem(one.problem)) for one in known.told)
        return replace(known, told=tuple(told))

    return replace(
        notes,
        problems={
            key: replace(known, problem=problem(known.problem))
            for key, known in notes.problems.items()
        },
        messages=tuple(map(message, notes.messages)),
    )


def _sentences(notes: Notes) -> list[str]:
    open_problems = [known.problem.sentence for known in notes.problems.values()]
    return open_problems + [
        told.problem.sentence for message in notes.messages for told in message.told
    ]
