from decimal import Decimal
from pathlib import Path

import pytest

from reports.overview.exports import write_overview
from reports.overview.facts import DayState, PlatformFacts
from reports.overview.page import chapters, render_overview, tables_of
from reports.page import render_page
from tests.fixtures.browser import Visit, Visitor
from tests.fixtures.overview_facts import (
    LAST,
    PAYLOADS,
    everything,
    facts_of,
    hostile,
    last_days,
    metric,
    weeks_of,
)

pytestmark = pytest.mark.browser
PHONE = {"width": 360, "height": 740}
ALL_DRAWN = (
    "() => [...document.querySelectorAll('.chart')].every(c => c.querySelector('.main-svg'))"
)
COHORT = (last_days(20).first, 40, 1, 10, Decimal("0.2500"))


def write(facts: PlatformFacts, folder: Path) -> Path:
    parts = chapters(facts)
    return write_overview(folder, render_overview(facts, parts), tables_of(facts, parts))


def open_page(visitor: Visitor, page: Path, **options: object) -> Visit:
    return visitor.visit(page.as_uri(), page.parent.as_uri(), **options)


def whole() -> PlatformFacts:
    states = {LAST: DayState.PROVISIONAL}
    return facts_of(last_days(14), weeks_of(28), states=states, cohorts=[COHORT])


def test_every_chart_is_drawn_on_a_phone_and_nothing_else_is_asked_for(
    visitor: Visitor, tmp_path: Path
) -> None:
    page = write(whole(), tmp_path)

    visit = open_page(visitor, page, viewport=PHONE, color_scheme="light")
    visit.page.wait_for_function(ALL_DRAWN)
    visit.page.emulate_media(color_scheme="dark")

    assert visit.page.locator(".chart").count() > 15
    assert (visit.said, visit.dialogs, visit.refused) == ([], [], [])
    assert visit.asked == [page.as_uri()]
    assert visit.page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]


def test_no_day_stands_twice_along_an_axis_of_few(visitor: Visitor, tmp_path: Path) -> None:
    page = write(facts_of(last_days(3), weeks_of(3)), tmp_path)

    visit = open_page(visitor, page, viewport={"width": 1_100, "height": 800})
    visit.page.wait_for_function(ALL_DRAWN)

    labels = visit.page.locator(".chart").first.locator(".xtick text").all_text_contents()
    assert labels == ["28 Feb", "29 Feb", "1 Mar"]


def test_bytes_along_an_axis_are_no_billions(visitor: Visitor, tmp_path: Path) -> None:
    rows = [metric("media_bytes", day, 10**9) for day in last_days(3)]
    visit = open_page(visitor, write(facts_of(last_days(3), rows), tmp_path))
    visit.page.wait_for_function(ALL_DRAWN)

    told = visit.page.locator("#media_bytes .ytick text").all_text_contents()
    assert (told[0], told[-1]) == ("0B", "1GB")


def test_text_from_data_is_inert(visitor: Visitor, tmp_path: Path) -> None:
    visit = open_page(visitor, write(hostile(*PAYLOADS), tmp_path))
    visit.page.wait_for_function(ALL_DRAWN)

    assert (visit.said, visit.dialogs, visit.refused) == ([], [], [])
    assert visit.page.locator(".chart a, .chart svg [style*='99px'], main img").count() == 0
    shown = visit.page.locator(".chart .legendtext").all_text_contents()
    assert {text.lower() for text in PAYLOADS} <= {told.lower() for told in shown}


def test_a_script_that_is_not_the_page_s_own_is_not_run(visitor: Visitor, tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text(
        render_page("title", ["<script>alert(1)</script><img src=x onerror=alert(2)>"])
    )

    visit = open_page(visitor, tmp_path / "page.html")

    assert visit.dialogs == []
    assert len([said for said in visit.said if "Content Security Policy" in said]) == 3


def test_without_script_the_findings_and_tables_are_there_and_no_empty_chart(
    visitor: Visitor, tmp_path: Path
) -> None:
    visit = open_page(visitor, write(whole(), tmp_path), java_script_enabled=False)
    chart, table = visit.page.locator(".chart").first, visit.page.locator("details").first

    assert not chart.is_visible()
    table.locator("summary").click()
    assert table.get_by_role("rowheader", name="2024-03-01 (provisional)").is_visible()


def test_every_link_leads_to_a_file_or_a_part_of_the_page(visitor: Visitor, tmp_path: Path) -> None:
    page = write(facts_of(last_days(1), everything(LAST)), tmp_path)
    visit = open_page(visitor, page, java_script_enabled=False)

    links = [link.get_attribute("href") or "" for link in visit.page.locator("a").all()]
    files = {link for link in links if not link.startswith("#")}
    assert len(files) > 20
    assert all((tmp_path / link).is_file() for link in files)
    assert all(visit.page.locator(link).count() == 1 for link in set(links) - files)


@pytest.mark.parametrize(
    ("most", "ticks"), [(1, ["0", "1"]), (2, ["0", "1", "2"]), (4_000, ["0", "1,000"])]
)
def test_an_axis_of_counts_has_whole_numbers_with_their_thousands_apart(
    visitor: Visitor, tmp_path: Path, most: int, ticks: list[str]
) -> None:
    rows = [metric("new_users", day, most) for day in last_days(3)]
    visit = open_page(visitor, write(facts_of(last_days(3), rows), tmp_path))
    visit.page.wait_for_function(ALL_DRAWN)

    assert visit.page.locator("#new_users .ytick text").all_text_contents()[: len(ticks)] == ticks


def test_no_date_of_the_title_is_broken_on_a_phone(visitor: Visitor, tmp_path: Path) -> None:
    visit = open_page(visitor, write(whole(), tmp_path), viewport={"width": 320, "height": 640})

    lines = "all => all.map(day => day.getClientRects().length)"
    assert visit.page.locator("h1 time").evaluate_all(lines) == [1, 1]


def test_a_figure_s_history_is_as_wide_as_its_card(visitor: Visitor, tmp_path: Path) -> None:
    visit = open_page(visitor, write(whole(), tmp_path))

    drawn, given = (
        "it => it.querySelector('g').getBoundingClientRect().width",
        "it => it.clientWidth",
    )
    history = visit.page.locator(".spark").first
    assert history.evaluate(drawn) > 0.9 * history.evaluate(given)


def test_few_cohorts_leave_no_empty_space_below_them(visitor: Visitor, tmp_path: Path) -> None:
    visit = open_page(visitor, write(whole(), tmp_path))
    visit.page.wait_for_function(ALL_DRAWN)

    cohorts = visit.page.locator(".chart", has_text="per cent active so many weeks later")
    assert cohorts.evaluate("it => it.clientHeight") < 120


def test_what_a_finger_taps_is_large_enough_for_it(visitor: Visitor, tmp_path: Path) -> None:
    visit = open_page(visitor, write(whole(), tmp_path), viewport=PHONE)

    visit.page.locator("details").evaluate_all("all => all.forEach(part => part.open = true)")
    heights = "all => all.map(part => part.getBoundingClientRect().height)"
    assert min(visit.page.locator("summary, .note a").evaluate_all(heights)) >= 24


def test_on_paper_charts_have_dark_ink_and_are_not_cut_and_tables_are_whole(
    visitor: Visitor, tmp_path: Path
) -> None:
    visit = open_page(visitor, write(whole(), tmp_path), color_scheme="dark")
    visit.page.wait_for_function(ALL_DRAWN)

    visit.page.emulate_media(media="print", color_scheme="dark")

    style = "(parts, name) => [...new Set(parts.map(part => getComputedStyle(part)[name]))]"
    styles = {
        (place, name): visit.page.locator(place).evaluate_all(style, name)
        for place, name in (
            ("body", "backgroundColor"),
            (".chart .xtick text, .chart .ytick text, .chart .legendtext", "fill"),
            (".subject", "breakInside"),
            (".subject .table", "overflowY"),
            (".subject > details", "display"),
        )
    }
    told = [["rgb(255, 255, 255)"], ["rgb(28, 36, 48)"], ["avoid"], ["visible"], ["none"]]
    assert list(styles.values()) == told
