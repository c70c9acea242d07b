import subprocess
import sys
from dataclasses import fields, replace

from pipelines.settings import REPOSITORY
from reports.creator.page_stamp import page_stamp
from tests.fixtures.creator_reports import believable, quiet

STAMP_ELSEWHERE = """
from reports.creator.page_stamp import page_stamp
from tests.fixtures.creator_reports import believable
print(page_stamp(believable()))
"""


def test_every_fact_of_a_report_is_in_its_stamp() -> None:
    report, other = believable(), quiet()
    different = [
        field.name
        for field in fields(report)
        if getattr(report, field.name) != getattr(other, field.name)
    ]

    assert {"username", "totals", "posts", "audience", "final_days"} <= set(different)
    for name in different:
        changed = replace(report, **{name: getattr(other, name)})
        assert page_stamp(changed) != page_stamp(report), name


def test_another_process_stamps_the_same() -> None:
    done = subprocess.run(
        [sys.executable, "-c", STAMP_ELSEWHERE],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout.strip() == page_stamp(believable())
