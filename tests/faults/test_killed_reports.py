from pathlib import Path

import pytest

from reports.creator.publishing import publish_reports
from tests.fixtures.creator_reports import several
from tests.fixtures.intake import RunScript

pytestmark = pytest.mark.fault

# A publication may die before every file or folder that is made durable or put in its place.
KILL_PUBLICATIONS = """
import os, sys
from pathlib import Path

from reports.creator.publishing import publish_reports
from tests.fixtures.creator_reports import several
from tests.fixtures.kill_points import kill_at_each_point

reports, folder = several(3), Path(sys.argv[1])


def publish_dying(point, pass_point):
    fsync, replace = os.fsync, Path.replace

    def dying_fsync(descriptor):
        pass_point()
        fsync(descriptor)

    def dying_replace(path, target):
        pass_point()
        return replace(path, target)

    os.fsync, Path.replace = dying_fsync, dying_replace
    publish_reports(reports, folder / str(point))


kill_at_each_point(publish_dying)
"""


def contents(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def test_pages_that_were_being_written_at_a_kill_are_whole_or_absent_and_come_with_the_next_run(
    run_script: RunScript, tmp_path: Path
) -> None:
    reports, undisturbed = several(3), tmp_path / "undisturbed"
    publish_reports(reports, undisturbed)
    expected = contents(undisturbed)

    done = run_script(KILL_PUBLICATIONS, tmp_path / "killed")

    assert done.returncode == 0, done.stderr
    points = [line.split() for line in done.stdout.splitlines()]
    assert len(points) > 2 * len(expected)
    assert {code for _, code in points[:-1]} == {"-9"}
    assert points[-1][1] == "0", done.stderr
    for point, _ in points:
        folder = tmp_path / "killed" / point
        shown = {name: content for name, content in contents(folder).items() if "/." not in name}
        assert shown.items() <= expected.items(), point
        publish_reports(reports, folder)
        assert contents(folder) == expected, point
