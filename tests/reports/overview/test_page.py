import json
import re
from datetime import date, timedelta
from decimal import Decimal

import pytest
from plotly.graph_objects import Figure

from reports.overview.facts import DayState, PlatformFacts
from reports.overview.page import chapters, render_overview, tables_of
from reports.overview.subjects import Subject
from reports.overview.words import NOTHING
from schema.metrics import SYSTEM_METRICS
from tests.fixtures.html_tables import charts_in, tables_in, without_library
from tests.fixtures.overview_facts import (
    LAST,
    NOW,
    PAYLOADS,
    everything,
    facts_of,
    hostile,
    last_days,
    metric,
    weeks_of,
)


def page_of(facts: PlatformFacts) -> str:
    return without_library(render_overview(facts, chapters(facts)))


def subjects_of(facts: PlatformFacts) -> dict[str, Subject]:
    return {subject.key: subject for part in chapters(facts) for subject in part.subjects}


def test_every_subject_says_something_and_every_number_of_it_is_defined() -> None:
    facts = facts_of(last_days(15), weeks_of(43))
    subjects = subjects_of(facts)
    page = page_of(facts)

    assert all(subject.finding.endswith(".") for subject in subjects.values())
    named = {name for subject in subjects.values() for name in subject.metrics}
    unnamed = {known.name for known in SYSTEM_METRICS} - named
    assert unnamed == {"retention_rate"}
    assert all(f"<dt>{name}, in " in page for name in named)
    assert len(charts_in(page)) == sum(len(subject.charts) for subject in subjects.values())


def test_the_newest_number_is_compared_with_a_week_before() -> None:
    rows = [
        metric("weekly_active_users", LAST, 1_204),
        metric("weekly_active_users", LAST - timedelta(weeks=1), 1_168),
    ]

    subject = subjects_of(facts_of(last_days(1), rows))["active_users"]

    told = "Weekly active users on 2024-03-01: 1,204, 3.1 % more than a week before (1,168)."
    assert subject.finding.replace("\N{NO-BREAK SPACE}", " ") == told


def test_provisional_days_are_named_in_words_and_shaded() -> None:
    facts = facts_of(last_days(3), weeks_of(3), states={LAST: DayState.PROVISIONAL})
    page = page_of(facts)

    assert "1 day provisional: 2024-03-01. Their numbers may still change." in page
    assert "on 2024-03-01 (provisional)" in page
    first = json.loads(charts_in(page)[0])
    assert first["layout"]["annotations"][0]["text"] == "provisional"
    assert first["layout"]["shapes"][0]["x1"] == "2024-03-01T12:00:00"
    assert "Friday, 2024-03-01 (provisional), beside" in page
    days = [row[0] for row in tables_in(page)["active_users"][1:]]
    assert days == ["2024-03-01 (provisional)", "2024-02-29", "2024-02-28"]


def test_a_day_that_was_read_before_it_ended_is_shown_and_not_spoken_of() -> None:
    facts = facts_of(last_days(3), weeks_of(31), states={LAST: DayState.NOT_OVER})
    page = page_of(facts)

    assert "Read before it ended, and therefore not whole: 2024-03-01." in page
    assert subjects_of(facts)["new_users"].finding.startswith("New users on 2024-02-29: 29,")
    assert "Thursday, 2024-02-29, beside" in page
    assert tables_in(page)["new_users"][1] == ["2024-03-01 (read before it ended)", "1"]


def test_missing_days_are_gaps_of_charts_and_dashes_of_tables() -> None:
    gap = LAST - timedelta(days=1)
    rows = [row for row in weeks_of(3) if row[0] != gap]
    page = page_of(facts_of(last_days(3), rows))

    assert "1 day without numbers: 2024-03-0" not in page
    assert f"1 day without numbers: {gap}" in page
    assert f"`sociallive run --from {gap} --to {gap}`" in page
    assert tables_in(page)["active_users"][1:3] == [
        ["2024-03-01", "1", "1", "1"],
        ["2024-02-29", NOTHING, NOTHING, NOTHING],
    ]
    drawn = json.loads(charts_in(page)[0])["data"][0]
    assert (drawn["y"], drawn["connectgaps"]) == ([28, None, 1], False)


def test_a_metric_that_is_absent_on_a_day_is_a_dash_and_no_zero() -> None:
    rows = [row for row in weeks_of(2) if row[:2] != (LAST, "engagement_rate")]
    page = page_of(facts_of(last_days(2), rows))

    assert tables_in(page)["engagement_rate"][1:] == [
        ["2024-03-01", NOTHING],
        ["2024-02-29", "2,900\N{NO-BREAK SPACE}%"],
    ]


def test_a_single_day_makes_a_whole_page() -> None:
    page = page_of(facts_of(last_days(1), everything(LAST)))

    assert len(charts_in(page)) > 10
    assert "nothing to compare with yet" in page
    assert "There is no week before to compare with." in page


def test_without_a_published_day_the_page_is_one_kind_sentence_and_no_chart() -> None:
    facts = facts_of(last_days(3), [])
    page = page_of(facts)

    assert "There is nothing to show yet" in page
    assert "`sociallive run --from 2024-02-28 --to 2024-03-01`" in page
    assert charts_in(page) == []
    assert [table.name for table in tables_of(facts, [])] == ["system_metrics"]


def test_numbers_that_nobody_has_make_no_empty_chart() -> None:
    facts = facts_of(last_days(2), [metric("new_users", LAST, 3)])
    subjects = subjects_of(facts)

    assert subjects["new_users"].charts
    assert {key for key, subject in subjects.items() if subject.charts} == {"new_users"}
    assert subjects["engagement_rate"].finding == "Engagement per view: none in these days."


def test_numbers_that_are_all_zero_make_a_sentence_and_a_table_and_no_chart() -> None:
    days = [LAST - timedelta(days=before) for before in range(3)]
    names = ("media_bytes", "weekly_active_users")
    rows = [metric(name, day, 0) for name in names for day in days]
    rows += [metric("active_sessions", day, int(day == LAST)) for day in days]
    subjects = subjects_of(facts_of(last_days(3), rows))

    assert not subjects["media_bytes"].charts
    assert not subjects["active_users"].charts
    assert subjects["media_bytes"].finding.startswith("Uploaded on 2024-03-01: 0 bytes.")
    assert subjects["media_bytes"].tables
    assert subjects["sessions"].charts


def test_small_cohorts_are_counted_and_not_shown() -> None:
    cohort = (date(2024, 2, 12), 40, 1, 10, Decimal("0.2500"))
    facts = facts_of(last_days(2), everything(LAST), cohorts=[cohort], small_cohorts=2)
    subject = subjects_of(facts)["cohorts"]

    assert "2 cohorts of fewer than 10 accounts left out." in subject.finding
    assert tables_in(page_of(facts))["cohorts"][1:] == [
        ["2024-02-12", "40", "1", "10", "25\N{NO-BREAK SPACE}%"]
    ]


@pytest.mark.parametrize("text", PAYLOADS)
def test_text_from_data_is_shown_and_never_run(text: str) -> None:
    page = page_of(hostile(text))
    bare = re.sub(r'<script type="application/json">.*?</script>', "", page, flags=re.DOTALL)

    assert page.count("<script") == page.count("</script>")
    assert len(charts_in(page)) == page.count("<script") - 1
    assert not re.search(r"<(img|span|a href=\"(javascript|http))", bare)
    assert tables_in(page)["series_breaks"][1][1] == text
    assert tables_in(page)["checks"][1][4] == text


@pytest.mark.parametrize("text", PAYLOADS)
def test_plotly_is_given_no_tag_that_it_would_honour(text: str) -> None:
    for chart in charts_in(page_of(hostile(text))):
        figure = json.loads(chart)
        for trace in figure["data"]:
            shown = [trace.get("name", ""), *(y for y in trace.get("y", []) if isinstance(y, str))]
            assert not any("<" in told or "$" in told for told in shown), shown
            template = str(trace.get("hovertemplate", ""))
            assert "evil" not in template
            assert set(re.findall(r"<(\w+)", template)) <= {"br", "extra"}


def test_plotly_knows_every_property_of_every_chart() -> None:
    facts = hostile("text")
    for chart in [chart for subject in subjects_of(facts).values() for chart in subject.charts]:
        Figure(chart.figure)


def test_tables_that_are_longer_than_a_page_say_so() -> None:
    rows = [(LAST, "user_analytics", f"number {n}", "late", 1, 0, NOW) for n in range(150)]
    page = page_of(facts_of(last_days(1), everything(LAST), restatements=rows))

    assert "Changes of published numbers per day and reason, 100 of 150 rows" in page
    assert len(tables_in(page)["restatements"]) == 101
    said = "150 changes of published numbers of 1 day (2024-03-01; late: 150), 0 of them after"
    assert said in page
