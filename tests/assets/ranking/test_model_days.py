from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from assets.ranking import model_days
from assets.ranking.examples import collect_examples
from assets.ranking.model_days import TABLE, ModelDays
from assets.ranking.promotion import Choice
from assets.ranking.score_model import PRIOR, ScoreModel
from assets.resources.engine import PolarsEngine
from assets.resources.lake import Lake
from assets.resources.published import Published
from schema.tables.engagement_models import EngagementModels, Verdict
from schema.validation import validate
from schema.windows import ONE_DAY, DayRange, start_of
from tests.fixtures.backtest_lake import publish_days, publish_events
from tests.fixtures.ranked_platform import random_ranking_frames

# A Thursday. Eight days of examples, the day before and the day after make the 10th the first that
# can learn.
DAYS = DayRange(date(2024, 2, 1), date(2024, 2, 28))
FIRST_LEARNED = date(2024, 2, 10)
MONDAYS = [date(2024, 2, 12), date(2024, 2, 19), date(2024, 2, 26)]


def day(number: int) -> date:
    """A day of February."""
    return date(2024, 2, number)


@pytest.fixture(scope="module")
def full_lake(tmp_path_factory: pytest.TempPathFactory) -> Lake:
    """The rollups of all days; nothing is decided."""
    lake = Lake(tmp_path_factory.mktemp("lake"))
    random_ranking_frames(1, DAYS, posts=12).publish(lake, DAYS)
    return lake


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fewer trees: what is tested is when they are grown."""
    monkeypatch.setattr("assets.ranking.booster.ROUNDS", 30)


@pytest.fixture
def lake(full_lake: Lake) -> Iterator[Lake]:
    """The same, whose decisions are the test's own."""
    yield full_lake
    folder = full_lake.root / TABLE
    folder.rename(full_lake.root.with_name(f"decided-{len(list(full_lake.root.parent.iterdir()))}"))


def models(lake: Lake, *, first_day: date = DAYS.first) -> ModelDays:
    return ModelDays(Published(lake, PolarsEngine()), first_day)


def decide(lake: Lake, *days: Iterable[date]) -> pl.DataFrame:
    """Decide and publish, a piece at a time, as runs would."""
    pieces = []
    for piece in days:
        rows = models(lake).decide(list(piece))
        publish_days(lake, TABLE, rows, piece)
        pieces.append(rows)
    return pl.concat(pieces)


def verdicts(rows: pl.DataFrame) -> dict[date, str]:
    return dict(rows.select("date", "verdict").iter_rows())


def test_models_are_chosen_daily_while_there_is_too_little_then_on_mondays(lake: Lake) -> None:
    rows = decide(lake, DAYS)

    chosen = rows.filter(pl.col("verdict") != Verdict.CARRIED.value)
    early = [day for day in DAYS if day < FIRST_LEARNED]
    assert chosen["date"].to_list() == [*early, FIRST_LEARNED, *MONDAYS]
    assert set(chosen.filter(pl.col("date") < FIRST_LEARNED)["verdict"]) == {"too_little"}
    assert verdicts(rows)[FIRST_LEARNED] == "promoted"
    validate(rows, EngagementModels, partition=TABLE)


def test_days_between_carry_the_model_with_the_day_of_its_choice(lake: Lake) -> None:
    rows = decide(lake, DAYS)

    week = rows.filter(pl.col("date").is_between(day(20), day(25)))
    monday = rows.filter(pl.col("date") == day(19)).row(0, named=True)
    assert set(week["decided_on"]) == {day(19)}
    assert set(week["model_id"]) == {monday["model_id"]}
    assert week["model"].is_null().all()
    assert week["examples"].is_null().all()


@pytest.mark.parametrize("cuts", [[day(16)], [day(19)], [day(20)], [day(5), day(18), day(26)]])
def test_runs_that_were_killed_between_days_decide_the_same(lake: Lake, cuts: list[date]) -> None:
    whole = models(lake).decide(list(DAYS))
    bounds = [DAYS.first, *cuts, DAYS.last + ONE_DAY]
    pieces = [DayRange(first, until - ONE_DAY) for first, until in pairwise(bounds)]

    assert decide(lake, *pieces).equals(whole)


def test_models_that_were_read_back_are_those_that_were_chosen(lake: Lake) -> None:
    rows = decide(lake, DAYS)

    in_force = models(lake).in_force(DAYS)

    chosen = {row["date"]: row["model"] for row in rows.iter_rows(named=True)}
    assert {day: model.model_id for day, model in in_force.items()} == dict(
        rows.select("date", "model_id").iter_rows()
    )
    assert in_force[day(22)] == ScoreModel.from_json(chosen[day(19)])
    assert in_force[day(22)].boosters
    assert in_force[day(3)].boosters == []


def test_a_day_before_the_first_choice_takes_the_first(lake: Lake) -> None:
    decide(lake, [day(17)], [day(19)])

    in_force = models(lake).in_force(DayRange(day(15), day(19)))

    first = in_force[day(17)]
    assert first.model_id.startswith("2024-02-17-")
    assert [in_force[day(number)] for number in (15, 16, 18)] == [first] * 3
    # Chosen or kept, it is calibrated on newer days.
    assert in_force[day(19)] != first


def test_where_nothing_was_ever_chosen_the_prior_is_in_force(lake: Lake) -> None:
    assert models(lake).in_force(DayRange(day(1), day(2))) == {day(1): PRIOR, day(2): PRIOR}
    (lake.root / TABLE).mkdir()


def test_a_gap_in_the_decisions_is_bridged_from_the_newest_before_it(lake: Lake) -> None:
    decide(lake, [day(16)])

    rows = decide(lake, [day(18)])

    assert rows.row(0, named=True)["decided_on"] == day(16)
    assert verdicts(rows) == {day(18): "carried"}


def test_a_monday_without_a_run_is_made_up_for_by_the_next_day_that_has_one(lake: Lake) -> None:
    decide(lake, [day(16)])

    rows = decide(lake, [day(21), day(22)])

    assert rows["decided_on"].to_list() == [day(21)] * 2


def test_a_model_of_another_recipe_is_decided_on_at_once(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    decide(lake, [day(19)])
    monkeypatch.setattr("assets.ranking.score_model.RECIPE", 99)

    rows = models(lake).decide([day(20)])

    assert rows["decided_on"].to_list() == [day(20)]


def test_later_decisions_do_not_reach_earlier_days(lake: Lake) -> None:
    alone = models(lake).decide([day(16)])
    decide(lake, [day(19)])

    assert models(lake).decide([day(16)]).equals(alone)


def test_a_day_that_was_decided_keeps_its_row(lake: Lake) -> None:
    first = decide(lake, [day(16), day(17)], [day(19)])

    rows = models(lake).decide([day(16), day(17), day(18), day(19)])

    assert rows.filter(pl.col("date") != day(18)).equals(first)
    assert verdicts(rows)[day(18)] == "carried"


def test_a_choice_depends_on_the_days_that_the_lake_held_and_is_never_made_again(
    lake: Lake,
) -> None:
    on_all = models(lake).decide([day(26)])
    on_less = models(lake, first_day=day(9)).decide([day(26)])
    publish_days(lake, TABLE, on_less, [day(26)])

    assert on_less["examples"].item() < on_all["examples"].item()
    assert on_less["model_id"].item() != on_all["model_id"].item()
    assert decide(lake, DAYS).row(-3, named=True) == on_less.row(0, named=True)


def test_a_challenger_meets_the_champion_that_was_read_back(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    decide(lake, DayRange(day(16), day(18)))
    met: list[ScoreModel] = []

    def choose(champion: ScoreModel, _examples: pl.DataFrame, **_day: Any) -> Choice:
        met.append(champion)
        return Choice(champion, Verdict.KEPT, {})

    monkeypatch.setattr(model_days, "choose_model", choose)
    rows = decide(lake, [day(19)])

    [champion] = met
    assert champion.model_id.startswith("2024-02-16-")
    assert champion == models(lake).in_force(DayRange(day(16), day(16)))[day(16)]
    assert rows.row(0, named=True)["decided_on"] == day(19)


@pytest.fixture
def quiet_lake(tmp_path: Path) -> Lake:
    """Posts every day, and some engagement on two of them."""
    lake = Lake(tmp_path / "quiet")
    frames = random_ranking_frames(1, DAYS, posts=3)
    events = frames.post_engagement_hourly.filter(pl.col("date").is_between(day(12), day(13)))
    few = events.group_by("date", maintain_order=True).head(20)
    replace(frames, post_engagement_hourly=few).publish(lake, DayRange(day(1), day(20)))
    return lake


def test_where_hardly_anything_happened_no_examples_are_made_and_the_choice_is_the_same(
    quiet_lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(model_days, "may_suffice", lambda _rows: True)
        by_examples = models(quiet_lake).decide([day(20)])
    monkeypatch.setattr(model_days, "collect_examples", None)

    rows = models(quiet_lake).decide([day(20)])

    assert rows.equals(by_examples)
    assert verdicts(rows) == {day(20): "too_little"}


def examples_of(lake: Lake, of: date, *, first_day: date = DAYS.first) -> tuple[date, date] | None:
    """First and last day that is learned from on a day."""
    work = models(lake, first_day=first_day)
    examples = collect_examples(work.past(work._held(of)))
    if examples.is_empty():
        return None
    return min(examples["date"]), max(examples["date"])


def test_examples_end_the_day_before_and_begin_with_the_second_day_held(full_lake: Lake) -> None:
    assert examples_of(full_lake, day(20)) == (day(2), day(19))
    assert examples_of(full_lake, day(20), first_day=day(9)) == (day(10), day(19))
    assert examples_of(full_lake, day(20), first_day=day(19)) is None


@pytest.fixture
def own_lake(tmp_path: Path) -> Lake:
    """A lake whose rollups a test may spoil."""
    lake = Lake(tmp_path / "lake")
    random_ranking_frames(1, DAYS, posts=3).publish(lake, DayRange(day(1), day(20)))
    return lake


@pytest.mark.parametrize("table", ["post_states", "post_audience_daily", "follows"])
def test_what_lies_before_a_gap_is_not_held(own_lake: Lake, table: str) -> None:
    (own_lake.partition_folder(table, day(6)) / "manifest.json").unlink()

    assert examples_of(own_lake, day(20)) == (day(8), day(19))


def test_what_lies_before_a_day_that_was_cut_short_is_not_held(own_lake: Lake) -> None:
    publish_events(own_lake, day(6), taken_at=start_of(day(6)) + timedelta(hours=20))

    assert examples_of(own_lake, day(20)) == (day(8), day(19))


def test_a_day_that_was_read_before_it_ended_is_no_target(own_lake: Lake) -> None:
    publish_events(own_lake, day(20), taken_at=start_of(day(20)) + timedelta(hours=20))

    assert examples_of(own_lake, day(20)) == (day(2), day(18))


def test_a_lake_that_begins_with_a_day_that_has_not_ended_learns_nothing(own_lake: Lake) -> None:
    publish_events(own_lake, day(20), taken_at=start_of(day(20)) + timedelta(hours=20))

    rows = models(own_lake, first_day=day(20)).decide([day(20)])

    assert verdicts(rows) == {day(20): "too_little"}
    assert rows["model_id"].to_list() == ["prior"]
