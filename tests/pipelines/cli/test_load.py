from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from assets.lifecycle.erasure_lock import erasing_alone
from assets.resources.postgres import Postgres
from assets.seeding.load import LoadReport, Span, TableReport
from assets.seeding.load.shifting import Shift
from pipelines.cli.load import load_platform, next_steps, rejects_name, show_report
from schema.errors import PartitionLockedError, SchemaMismatchError, UsageError
from schema.windows import DayRange

LAST = date(2020, 9, 5)
FILES = {
    "users": "id,username\n1,ann\n2,bob\n",
    "posts": "id,user_id,content,created_at\n1,1,hi,2020-09-03\n2,9,ho,2020-09-03\n",
    "comments": "post_id,user_id,content,created_at\n",
    "user_followers": "follower_id,following_id\n1,2\n",
    "user_engagement": "user_id,post_id,engagement_type,created_at\n2,1,LIKE,2020-09-05\n",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    found = tmp_path / "others [1]"
    found.mkdir()
    for name, text in FILES.items():
        (found / f"{name}.csv").write_text(text)
    return found


@pytest.fixture
def configure(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[str], None]:
    def set_up(url: str) -> None:
        monkeypatch.setenv("SOCIALLIVE_DATABASE_URL", url)
        monkeypatch.setenv("SOCIALLIVE_HOME", str(tmp_path / "home"))

    return set_up


def test_a_load_tells_what_went_in_what_did_not_and_what_to_run_next(
    database: str,
    folder: Path,
    configure: Callable[[str], None],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    configure(database)

    load_platform(folder, ending="2026-11-21")

    said = capsys.readouterr().out
    assert "posts           │    2 │      1 │        1" in said
    assert "user_id is none of the users" in said
    rejects = tmp_path / "home" / "rejects" / rejects_name(folder)
    assert str(rejects) in said
    assert (rejects / "posts.csv").exists()
    assert "sociallive run --from 2026-11-19 --to 2026-11-21" in said


def test_nothing_is_loaded_while_an_account_is_erased(
    database: str, folder: Path, configure: Callable[[str], None], tmp_path: Path
) -> None:
    configure(database)

    with (
        erasing_alone(Postgres(database)),
        pytest.raises(PartitionLockedError, match="nothing loaded meanwhile"),
    ):
        load_platform(folder, ending=None)

    assert not (tmp_path / "home" / "rejects").exists()


def test_a_load_into_a_database_of_others_does_not_migrate_it(
    empty_database: str, folder: Path, configure: Callable[[str], None]
) -> None:
    configure(empty_database)

    with pytest.raises(SchemaMismatchError, match="run `sociallive migrate`"):
        load_platform(folder, ending=None)


@pytest.mark.parametrize(
    ("name", "ending"), [("nowhere", None), ("loop", None), ("x" * 300, None), ("", "tomorrow")]
)
def test_what_cannot_be_is_refused_before_a_database_is_asked(
    tmp_path: Path, configure: Callable[[str], None], name: str, ending: str | None
) -> None:
    configure("postgresql://nobody@127.0.0.1:1/none")
    (tmp_path / "loop").symlink_to("loop")

    with pytest.raises(UsageError, match=r"is not a folder|is not a date"):
        load_platform(tmp_path / name, ending=ending)


def test_days_that_the_daily_job_would_refuse_are_pointed_out() -> None:
    days = DayRange(date(2009, 12, 31), date(2026, 1, 2))

    lines = next_steps(report(days), first_day=date(2010, 1, 1), today=date(2026, 1, 1))

    assert lines[1] == "sociallive run --from 2009-12-31 --to 2026-01-01"
    assert "SOCIALLIVE_FIRST_DAY=2009-12-31" in lines[2]
    assert "2026-01-02 is in the future" in lines[3]
    assert "--ending 2026-01-01 into an empty database" in lines[3]


def test_of_data_that_lies_in_the_future_no_day_is_advised() -> None:
    lines = next_steps(report(DayRange(LAST, LAST)), first_day=LAST, today=LAST - timedelta(1))

    assert lines[1:] == ["(none: only days from 1970-01-01 to 2020-09-04, today, can be run)"]


def test_days_that_can_never_be_run_are_not_advised() -> None:
    days = DayRange(date(1969, 7, 20), date(1970, 1, 2))

    partly = next_steps(report(days), first_day=date(2010, 1, 1), today=LAST)
    wholly = next_steps(report(DayRange(days.first, days.first)), first_day=LAST, today=LAST)

    assert partly[1] == "sociallive run --from 1970-01-01 --to 1970-01-02"
    assert "days before 1970-01-01 or after 9998-12-31 are never run" in partly[2]
    assert "SOCIALLIVE_FIRST_DAY=1970-01-01" in partly[3]
    assert wholly[1:] == ["(none: only days from 1970-01-01 to 2020-09-05, today, can be run)"]


def test_a_wrong_date_does_not_make_the_days_to_run_many() -> None:
    days, bulk = DayRange(date(1970, 1, 1), date(2020, 9, 5)), DayRange(date(2020, 9, 1), LAST)
    outside = {date(1970, 1, day): day for day in range(1, 8)}
    span = Span(days, bulk, filled=12, outside=outside, rows=5_000)

    lines = next_steps(replace(report(days), span=span), first_day=date(2010, 1, 1), today=LAST)

    assert lines[:3] == [
        "The loaded data reaches from 1970-01-01 to 2020-09-05. Its numbers:",
        "sociallive run --from 2020-09-01 --to 2020-09-05",
        "(12 of these 18,511 days hold data)",
    ]
    assert lines[3:] == [
        "(28 of 5,000 rows lie outside of the days to run, far from the others: "
        + ", ".join(f"{day} on 1970-01-0{day}" for day in range(1, 6))
        + ", and others on 2 days more)"
    ]


def test_rows_that_a_wrong_date_has_dated_are_told() -> None:
    days, bulk = DayRange(date(1970, 1, 1), LAST), DayRange(date(2020, 9, 1), LAST)
    span = Span(days, bulk, filled=6, outside={days.first: 31}, rows=500, undated=30)

    lines = next_steps(replace(report(days), span=span), first_day=date(2010, 1, 1), today=LAST)

    assert lines[3:] == [
        "(31 of 500 rows lie outside of the days to run, far from the others: 31 on 1970-01-01)",
        "(30 of them have no created_at: they have the day of the oldest row)",
    ]


def test_a_further_part_with_a_shift_of_its_own_is_pointed_out() -> None:
    moved = replace(report(DayRange(LAST, LAST)), shift=Shift(timedelta(1_000), "created_at of x"))

    alone = next_steps(moved, first_day=LAST, today=LAST)
    joined = next_steps(replace(moved, joined=True), first_day=LAST, today=LAST)

    assert alone[2:] == ["All times were moved by 1,000 days: the newest was created_at of x."]
    assert "its days no longer fit the others" in joined[3]


def test_folders_of_one_name_keep_rejects_of_their_own() -> None:
    names = {rejects_name(Path(path)) for path in ("/a/data", "/b/data", "/b/data ", "/")}

    assert len(names) == 4
    assert len(rejects_name(Path("/" + "\U0001f600" * 63)).encode()) < 255


def test_after_a_load_of_nothing_there_is_nothing_to_run() -> None:
    nothing = replace(report(None), tables=(TableReport("users", 1, 0, {}, None),))

    assert next_steps(nothing, first_day=LAST, today=LAST) == ["Nothing new was loaded."]


def test_rows_without_a_day_are_not_called_nothing() -> None:
    lines = next_steps(report(None), first_day=LAST, today=LAST)

    assert lines == ["No loaded row names a day to run."]


def test_without_rejected_rows_no_reasons_are_shown(capsys: pytest.CaptureFixture[str]) -> None:
    show_report(report(None))

    assert "reject" not in capsys.readouterr().out.replace("rejected", "", 1)


def report(days: DayRange | None) -> LoadReport:
    span = Span(days, days, len(days), {}, len(days)) if days else None
    return LoadReport((TableReport("users", 1, 1, {}, None),), Path("rejects"), span)
