import threading
from pathlib import Path
from uuid import UUID

import pytest

from assets.lifecycle.erased_account import Account
from assets.lifecycle.home_erasure import Removal
from pipelines.alerts.forgetting import FORGOTTEN, forget_account
from pipelines.alerts.notebook import LOCK, NAME, UNREADABLE, Notebook, Notes, OpenProblem
from pipelines.alerts.problem import Problem
from tests.fixtures.alerts import NOW, message, problem

ID = UUID(int=7)
# Words that our own sentences, keys and file names are full of.
DAILY, LOCKED = (Account(ID, name, "ann@example.org") for name in ("daily", LOCK))


def noted(folder: Path, *sentences: str) -> Notebook:
    """Notes with a problem for each sentence, of which a message waits."""
    problems = [problem(str(n), sentence=sentence) for n, sentence in enumerate(sentences)]
    notes = Notes(
        {one.key: OpenProblem(one, NOW) for one in problems},
        (message(*problems, channels=("mail",)),),
        NOW,
    )
    notebook = Notebook(folder / "alerts")
    with notebook.locked():
        notebook.write(notes)
    return notebook


def told(notebook: Notebook) -> list[Problem]:
    return [one.problem for one in notebook.read().messages[0].told]


@pytest.mark.parametrize(
    "sentence", ["Key (id)=(00000000-0000-0000-0000-000000000007)", "ANN@example.org", "by Daily"]
)
def test_a_sentence_that_names_the_account_goes_and_its_problem_and_message_stay(
    tmp_path: Path, sentence: str
) -> None:
    notebook = noted(tmp_path, "the server cannot be reached", sentence)
    before = notebook.read()

    counted = forget_account(notebook.folder, DAILY, remove=False)
    unchanged = notebook.read()
    removed = forget_account(notebook.folder, DAILY, remove=True)

    assert (counted, removed, unchanged) == (Removal(2, 1), Removal(2, 1), before)
    assert set(notebook.read().problems) == set(before.problems)
    assert [one.sentence for one in told(notebook)] == ["the server cannot be reached", FORGOTTEN]
    assert [one.subject for one in told(notebook)] == ["daily of 2024-03-04 failed in ingest"] * 2


def test_notes_and_lock_stay_though_the_name_is_a_word_of_ours(tmp_path: Path) -> None:
    notebook = noted(tmp_path, "the server cannot be reached")
    before = (notebook.folder / NAME).read_bytes()

    for account in (DAILY, LOCKED):
        assert forget_account(notebook.folder, account, remove=True) == Removal()

    assert (notebook.folder / NAME).read_bytes() == before
    assert (notebook.folder / LOCK).exists()


def test_notes_that_were_put_aside_go_with_whom_they_name(tmp_path: Path) -> None:
    notebook = noted(tmp_path, "a")
    (notebook.folder / UNREADABLE).write_text(f"{{{ID}")

    assert forget_account(notebook.folder, DAILY, remove=True) == Removal(0, 1)
    assert not (notebook.folder / UNREADABLE).exists()


def test_whoever_holds_the_notes_is_waited_for(tmp_path: Path) -> None:
    notebook = noted(tmp_path, "ann@example.org")
    done = threading.Event()

    def forget() -> None:
        forget_account(notebook.folder, DAILY, remove=True)
        done.set()

    with notebook.locked():
        eraser = threading.Thread(target=forget)
        eraser.start()
        waits = not done.wait(0.2)
        held = told(notebook)[0].sentence
        notebook.write(notebook.read())
    eraser.join()

    assert waits
    assert held == "ann@example.org"
    assert told(notebook)[0].sentence == FORGOTTEN


def test_where_nobody_has_looked_nothing_is_made(tmp_path: Path) -> None:
    folder = tmp_path / "alerts"

    assert forget_account(folder, DAILY, remove=True) == Removal()
    assert not folder.exists()
