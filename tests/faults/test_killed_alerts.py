from pathlib import Path

import pytest

from pipelines.alerts.notebook import Notebook
from tests.fixtures.alerts import MINUTE, NOW, tell_on_paper
from tests.fixtures.intake import RunScript

pytestmark = pytest.mark.fault

# Telling may die before and after every message, and before the notes are put in their place.
KILL_TELLING = """
import sys
from pathlib import Path

from tests.fixtures.alerts import NOW, tell_on_paper
from tests.fixtures.kill_points import kill_at_each_point


def tell_dying(point, pass_point):
    folder = Path(sys.argv[1]) / str(point)
    folder.mkdir(parents=True)
    replace = Path.replace

    def dying_replace(path, target):
        pass_point()
        return replace(path, target)

    Path.replace = dying_replace
    tell_on_paper(folder, NOW, pass_point)


kill_at_each_point(tell_dying)
"""


def test_killed_anywhere_no_message_is_lost_and_only_the_one_on_its_way_comes_twice(
    run_script: RunScript, tmp_path: Path
) -> None:
    done = run_script(KILL_TELLING, tmp_path)

    assert done.returncode == 0, done.stderr
    points = [line.split() for line in done.stdout.splitlines()]
    assert len(points) == 10
    assert {code for _, code in points[:-1]} == {"-9"}
    assert points[-1][1] == "0", done.stderr
    twice = 0
    for point, _ in points:
        papers = tell_on_paper(tmp_path / point, NOW + MINUTE)
        heard = [paper.heard() for paper in papers]
        assert all(len(set(names)) == 1 for names in heard), point
        assert sum(map(len, heard)) <= 3, point
        twice += sum(map(len, heard)) == 3
        assert Notebook(tmp_path / point / "alerts").read().messages == (), point
    assert twice, "of a message that arrived just before the end nobody knows"
