"""Whatever retention takes out of the platform's tables, no number of a past day becomes less."""

from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    precondition,
    rule,
    run_state_machine_as_test,
)

from assets.lifecycle.archive import archive_engagement
from assets.lifecycle.expired_rows import remove_expired_rows
from assets.resources.engine import EngineName
from assets.resources.postgres import Postgres
from schema.errors import RunFailedError
from schema.windows import DayRange
from tests.fixtures.everything import everything
from tests.fixtures.installation import RECENT, Copy, Installation

DAYS = DayRange(date(2024, 2, 26), date(2024, 3, 2))
STATEMENTS = Path(__file__).parent / "sql" / "retention"
RUNS = settings(
    max_examples=2,
    stateful_step_count=10,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)
a_moment = st.builds(
    "{} {:02}:30".format, st.sampled_from(["2024-03-01", "2024-03-02"]), st.integers(0, 23)
)


def retire(installation: Installation, name: str, **facts: object) -> None:
    installation.execute((STATEMENTS / f"{name}.sql").read_text(encoding="utf-8"), facts)


class Retention(RuleBasedStateMachine):
    """Jobs, and statements by hand, that take old rows away; and runs of any day."""

    installation: Installation

    def __init__(self) -> None:
        super().__init__()
        self.before = everything(self.installation, DAYS)
        self.is_archived = self.is_dropped = False

    @precondition(lambda self: not self.is_archived)
    @rule()
    def a_month_changes_parent(self) -> None:
        retire(self.installation, "attach_february")
        self.is_archived = True

    @precondition(lambda self: self.is_archived and not self.is_dropped)
    @rule()
    def an_archived_month_goes_to_the_cold_store(self) -> None:
        retire(self.installation, "drop_february")
        self.is_dropped = True

    @rule(before=a_moment)
    def rows_move_one_by_one(self, before: str) -> None:
        retire(self.installation, "move_rows", before=before)

    @rule(before=a_moment)
    def the_two_statements_of_the_specification_run(self, before: str) -> None:
        retire(self.installation, "insert_into_archive", before=before)
        retire(self.installation, "delete_archived", before=before)

    @rule(cut_off=st.sampled_from([date(2024, 3, 1), date(2024, 3, 2), date(2024, 3, 3)]))
    def the_archiving_job_runs(self, cut_off: date) -> None:
        archive_engagement(Postgres(self.installation.url), cut_off)
        self.is_archived = True

    @rule()
    def old_sessions_are_cleaned_up(self) -> None:
        remove_expired_rows(Postgres(self.installation.url))

    @rule(day=st.sampled_from(list(DAYS)))
    def a_day_runs_again(self, day: date) -> None:
        self.installation.run(str(day))
        assert everything(self.installation, DAYS) == self.before

    def teardown(self) -> None:
        self.installation.run(str(DAYS.first), str(DAYS.last))
        assert everything(self.installation, DAYS) == self.before
        assert self.installation.rows("SELECT * FROM pipeline.restatements") == []


def test_no_job_shrinks_a_number_because_of_retention(copies: Copy, recent_template: str) -> None:
    class OnePlatform(Retention):
        def __init__(self) -> None:
            self.installation = copies(recent_template, EngineName.DUCKDB, RECENT)
            self.installation.run(str(DAYS.first), str(DAYS.last))
            super().__init__()

    run_state_machine_as_test(OnePlatform, settings=RUNS)


def test_a_month_that_was_dropped_behind_the_pipelines_back_is_refused(
    recent_installation: Installation,
) -> None:
    recent_installation.run("2024-02-28")
    before = recent_installation.user_analytics()
    recent_installation.execute("DROP TABLE user_engagement_2024_02")

    with pytest.raises(RunFailedError, match=r"has lost \d+ rows and nothing tells of"):
        recent_installation.run("2024-02-28")

    assert recent_installation.user_analytics() == before


def test_a_retired_day_that_the_lake_has_no_copy_of_is_refused(
    recent_installation: Installation,
) -> None:
    retire(recent_installation, "attach_february")
    retire(recent_installation, "drop_february")

    with pytest.raises(RunFailedError, match="the lake has no copy: restore the day's partition"):
        recent_installation.run("2024-02-28")

    assert recent_installation.user_analytics() == []
