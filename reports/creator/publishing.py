"""Pages of creators on disk: each whole or not there, and written only where something is new.

Names of files are made of ids, periods and days, never of text that a user wrote. The page of a
creator who is not among the reports stays: it says what was so on its day, its link was sent to
its reader, and reports of single creators are published with the same function. Erasing a creator
removes all of theirs.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from uuid import UUID

from assets.resources.durable_files import fsync_path
from reports.creator.history_csv import NOTHING, History, history_csv, read_history
from reports.creator.model import CreatorReport
from reports.creator.page import render_report
from reports.creator.page_lock import writing_alone
from reports.creator.page_stamp import page_stamp
from reports.creator.shared_files import shared_files

FOLDER, SHARED, HISTORY = "creators", "shared", "history.csv"
# The stamp stands at the beginning of a page.
STAMPED_BYTES = 200
# Creators whose files are made durable together.
AT_ONCE = 64
Progress = Callable[[int], None]
Past = Callable[[Sequence[UUID]], Mapping[UUID, str]]


@dataclass(frozen=True, slots=True)
class PublishedPages:
    """Pages that were written and that were as they should be; histories come along."""

    written: int = 0
    unchanged: int = 0


@dataclass(frozen=True, slots=True)
class _File:
    path: Path
    content: bytes
    is_page: bool = False

    @property
    def staged(self) -> Path:
        return self.path.with_name(f".{self.path.name}.new")


def page_path(folder: Path, report: CreatorReport) -> Path:
    """Where the page of a report is, below the folder of all reports."""
    period = report.period
    name = f"{period.period.value}-{period.last.isoformat()}.html"
    return creator_folder(folder, report.user_id) / name


def creator_folder(folder: Path, user_id: UUID) -> Path:
    """Where everything of one creator is."""
    return folder / FOLDER / str(user_id)


def publish_reports(
    reports: Iterable[CreatorReport],
    folder: Path,
    progress: Progress = lambda _: None,
    *,
    past: Past = lambda _: {},
) -> PublishedPages:
    """Write the pages and histories of all reports, and the scripts that they share.

    `past` gives what the histories of creators begin with who have none that can be read. May be
    killed anywhere and run again: what is in place is whole. `progress` is told how many more pages
    are done. Of several at once, each waits for the batches of the others.

    Raises:
        StorageError: the folder cannot be written.
    """
    with writing_alone(folder / FOLDER):
        _put(_share(folder / FOLDER / SHARED))
    written = unchanged = 0
    for several in _in_batches(reports):
        with writing_alone(folder / FOLDER):
            pages = _publish(several, folder, past)
        written, unchanged = written + pages, unchanged + len(several) - pages
        progress(len(several))
    return PublishedPages(written, unchanged)


def _publish(reports: list[CreatorReport], folder: Path, past: Past) -> int:
    """Write what is new; how many pages that were."""
    changed = [report for report in reports if not _is_published(report, folder)]
    earlier = _earlier(changed, folder, past)
    new = [file for report in changed for file in _files(report, folder, earlier)]
    _put(new)
    return sum(file.is_page for file in new)


def _in_batches(reports: Iterable[CreatorReport]) -> Iterator[list[CreatorReport]]:
    source = iter(reports)
    while several := list(islice(source, AT_ONCE)):
        yield several


def _is_published(report: CreatorReport, folder: Path) -> bool:
    """Whether the page that is there was made of this very report; it comes after its history."""
    if not (creator_folder(folder, report.user_id) / HISTORY).exists():
        return False
    with suppress(FileNotFoundError), page_path(folder, report).open("rb") as page:
        return page_stamp(report).encode() in page.read(STAMPED_BYTES)
    return False


def _files(report: CreatorReport, folder: Path, earlier: Mapping[UUID, History]) -> Iterator[_File]:
    """What is not there, or there with another content."""
    history = history_csv(report, earlier.get(report.user_id, NOTHING))
    files = (
        _File(creator_folder(folder, report.user_id) / HISTORY, history.encode()),
        _File(page_path(folder, report), render_report(report).encode(), is_page=True),
    )
    return filter(_is_new, files)


def _earlier(reports: Iterable[CreatorReport], folder: Path, past: Past) -> Mapping[UUID, History]:
    """Histories up to now: files, or where there is none to read, what they begin with."""
    ids = [report.user_id for report in reports]
    found = {user_id: _history(creator_folder(folder, user_id) / HISTORY) for user_id in ids}
    new = [user_id for user_id, history in found.items() if history is None]
    begun = past(new) if new else {}
    read = {**found, **{user_id: read_history(text) for user_id, text in begun.items()}}
    return {user_id: history for user_id, history in read.items() if history is not None}


def _history(path: Path) -> History | None:
    content = _content(path)
    return None if content is None else read_history(content.decode("utf-8", "replace"))


def _share(folder: Path) -> list[_File]:
    files = [_File(folder / name, content) for name, content in shared_files().items()]
    return [file for file in files if _is_new(file)]


def _is_new(file: _File) -> bool:
    return _content(file.path) != file.content


def _content(path: Path) -> bytes | None:
    with suppress(FileNotFoundError):
        return path.read_bytes()
    return None


def _put(files: list[_File]) -> None:
    """Write under names that nobody reads, make that durable, then rename."""
    try:
        for file in files:
            file.path.parent.mkdir(parents=True, exist_ok=True)
            file.staged.write_bytes(file.content)
        for file in files:
            fsync_path(file.staged)
        for file in files:
            file.staged.replace(file.path)
    except BaseException:
        # A signal or a full disk: the next run may have nothing to put here that would clear up.
        for file in files:
            file.staged.unlink(missing_ok=True)
        raise
    for folder in {file.path.parent for file in files}:
        fsync_path(folder)
