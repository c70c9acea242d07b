import errno
import os
import pwd
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from pipelines.alerts.kinds import Kind, Severity
from pipelines.alerts.message import Event
from pipelines.alerts.notebook import LOCK, NAME, UNREADABLE, Notebook, Notes, OpenProblem
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


def test_notes_that_are_none_of_ours_are_put_aside_where_people_are_to_be_told(
    tmp_path: Path,
) -> None:
    notebook = Notebook(tmp_path)
    (tmp_path / NAME).write_text("[]", encoding="utf-8")

    assert notebook.read_or_begin_anew() == Notes()
    assert notebook.read() == Notes()
    assert (tmp_path / UNREADABLE).read_text(encoding="utf-8") == "[]"


def refuse_with(number: int) -> Callable[..., str]:
    def refuse(*_arguments: object, **_options: object) -> str:
        raise OSError(number, os.strerror(number))

    return refuse


def test_notes_that_root_has_left_in_a_folder_of_ours_are_begun_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    notebook = Notebook(tmp_path)
    notebook.write(Notes(looked_at=NOW))
    with monkeypatch.context() as patch:
        patch.setattr(Path, "read_text", refuse_with(errno.EACCES))
        with pytest.raises(StorageError, match=r"cannot be read \(Permission denied\)"):
            notebook.read()
        assert notebook.read_or_begin_anew() == Notes()

    assert list(tmp_path.iterdir()) == []


def test_notes_on_a_disk_that_fails_stay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    notebook = Notebook(tmp_path)
    notebook.write(Notes(looked_at=NOW))
    with monkeypatch.context() as patch:
        patch.setattr(Path, "read_text", refuse_with(errno.EIO))
        with pytest.raises(StorageError, match="cannot be used"):
            notebook.read_or_begin_anew()

    assert notebook.read() == Notes(looked_at=NOW)


def test_root_takes_no_hold_of_the_notes_of_another_user(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if os.geteuid() == 0:
        os.chown(tmp_path, pwd.getpwnam("nobody").pw_uid, -1)
    name = tmp_path.owner()
    monkeypatch.setattr(os, "geteuid", lambda: 0)

    with (
        pytest.raises(StorageError, match=f"belongs to the user {name}: run this as that user"),
        Notebook(tmp_path).locked(),
    ):
        raise AssertionError("it was taken")

    assert list(tmp_path.iterdir()) == []


def test_a_mount_that_reports_another_owner_keeps_nobody_from_the_notes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: tmp_path.stat().st_uid + 1)

    with Notebook(tmp_path).locked() as is_ours:
        assert is_ours


def test_the_notes_are_held_since_somebody_took_them_and_not_since_they_are_there(
    tmp_path: Path,
) -> None:
    notebook = Notebook(tmp_path / "alerts")
    with notebook.locked():
        pass
    os.utime(notebook.folder / LOCK, (0, 0))

    with notebook.locked():
        held_since = notebook.held_since()
        with notebook.locked() as is_ours:
            assert not is_ours
        os.utime(notebook.folder / LOCK, (0, 0))
        with notebook.locked():
            assert notebook.held_since().timestamp() == 0, "who waits does not begin it anew"

    assert held_since.timestamp() > 0


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
