import os
import signal
from pathlib import Path

import pytest

from pipelines.alerts.kinds import Kind, Severity
from pipelines.alerts.message import Event
from pipelines.alerts.notebook import NAME, Notebook, Notes, OpenProblem
from schema.errors import StorageError
from tests.fixtures.alerts import HOUR, NOW, message, problem


def test_notes_are_read_as_they_were_written(tmp_path: Path) -> None:
    lasting = problem("a", kind=Kind.BACKUP_LATE, severity=Severity.WARNING, sentence='"<é>\n')
    notes = Notes(
        {
            "a": OpenProblem(lasting, NOW, 2, NOW + HOUR, Severity.ERROR),
            "b": OpenProblem(problem("b"), NOW),
        },
        (
            message(lasting, event=Event.REMINDER, channels=("mail", "webhook")).missed_by(
                "mail", NOW
            ),
        ),
        NOW + HOUR,
    )
    notebook = Notebook(tmp_path / "alerts")

    notebook.write(notes)

    assert notebook.read() == notes
    assert notebook.folder.stat().st_mode & 0o077 == 0


def test_where_nobody_has_looked_there_are_no_notes(tmp_path: Path) -> None:
    assert Notebook(tmp_path / "alerts").read() == Notes()


@pytest.mark.parametrize("content", ["", "[]", '{"problems": {}}', "\x00"])
def test_notes_that_are_none_of_ours_are_refused_with_what_to_do(
    tmp_path: Path, content: str
) -> None:
    (tmp_path / NAME).write_text(content, encoding="utf-8")

    with pytest.raises(StorageError, match="remove it, and what is wrong is told anew"):
        Notebook(tmp_path).read()


def test_one_process_at_a_time_changes_the_notes_and_a_killed_one_lets_go(tmp_path: Path) -> None:
    notebook = Notebook(tmp_path / "alerts")
    said, heard = os.pipe()
    holder = os.fork()
    if holder == 0:
        with notebook.locked():
            os.write(heard, b"!")
            signal.pause()
    os.read(said, 1)

    with notebook.locked() as is_ours:
        assert not is_ours
    os.kill(holder, signal.SIGKILL)
    os.waitpid(holder, 0)
    with notebook.locked() as is_ours:
        assert is_ours
