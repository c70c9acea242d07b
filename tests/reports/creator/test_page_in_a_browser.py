import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from reports.creator.model import CreatorReport
from reports.creator.page import render_report
from reports.creator.publishing import page_path, publish_reports
from tests.fixtures.browser import Visit, Visitor
from tests.fixtures.creator_reports import PAYLOADS, every_kind
from tests.fixtures.web import serve_folder

pytestmark = pytest.mark.browser
REPORTS = every_kind()
PHONE = {"width": 360, "height": 740}
CONTRAST = (Path(__file__).parent / "contrast.js").read_text(encoding="utf-8")
# Words of headline numbers and their names that stand on more than one line.
BROKEN_WORDS = r"""[...document.querySelectorAll('.card h2, .card .value')].flatMap(part =>
    [...part.firstChild.data.matchAll(/\S+/g)].filter(word => {
        const range = document.createRange();
        range.setStart(part.firstChild, word.index);
        range.setEnd(part.firstChild, word.index + word[0].length);
        return range.getClientRects().length > 1;
    }).map(word => word[0]))"""
OUTSIDE_OF_CARDS = """[...document.querySelectorAll('.card > *')].filter(part =>
    part.scrollWidth > part.clientWidth + 1 || part.getBoundingClientRect().right
        > part.parentElement.getBoundingClientRect().right).map(part => part.innerText)"""
CUT_LABELS = """[...document.querySelectorAll('.live .ytick text')].filter(label =>
    label.getBoundingClientRect().right > label.closest('.live').getBoundingClientRect().right
).map(label => label.textContent)"""
CHARTS_OF_ALL = ("impressions", "engagements", "followers", "hours")


@dataclass(frozen=True)
class Site:
    """Published pages, on disk and on the web."""

    folder: Path
    web: str

    def on_disk(self, kind: str) -> str:
        return page_path(self.folder, REPORTS[kind]).as_uri()

    def on_the_web(self, kind: str) -> str:
        return f"{self.web}/{page_path(self.folder, REPORTS[kind]).relative_to(self.folder)}"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("published")
    publish_reports(REPORTS.values(), folder)
    with serve_folder(folder) as web:
        yield Site(folder, web)


@pytest.fixture(scope="module")
def drawn(browser: Browser, site: Site) -> Iterator[Visit]:
    visitor = Visitor(browser)
    visit = open_on_disk(visitor, site, "believable", color_scheme="light")
    visit.wait_for_charts()
    yield visit
    visitor.close()


def open_on_disk(visitor: Visitor, site: Site, kind: str, **options: Any) -> Visit:
    return visitor.visit(site.on_disk(kind), site.folder.as_uri(), **options)


def visible_text(visit: Visit) -> str:
    return visit.page.locator("main").inner_text()


@pytest.mark.parametrize("kind", ["day", "huge"])
def test_a_page_on_disk_draws_its_charts_and_nothing_is_refused(
    visitor: Visitor, site: Site, kind: str
) -> None:
    visit = open_on_disk(visitor, site, kind, viewport=PHONE)

    assert visit.wait_for_charts() == "drawn"
    assert visit.page.locator(".live .main-svg").count()
    assert not visit.page.locator(".still").first.is_visible()
    assert (visit.said, visit.refused, visit.dialogs) == ([], [], [])
    assert visit.page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
    days = REPORTS[kind].days
    places = visit.page.locator("[data-chart=impressions] .live").evaluate("it => it.data[0].x")
    assert places == [(day - days[0]).days for day in days]


@pytest.mark.parametrize(
    ("name", "width", "height", "scheme"),
    [
        ("creator-report", 1180, 1120, "light"),
        # What a phone shows before anybody scrolls.
        ("creator-report-phone", 390, 844, "dark"),
    ],
)
def test_a_period_s_news_and_best_post_are_seen_without_scrolling(
    visitor: Visitor,
    site: Site,
    screenshots: Path,
    name: str,
    width: int,
    height: int,
    scheme: str,
) -> None:
    screen = {"width": width, "height": height}
    visit = open_on_disk(visitor, site, "believable", viewport=screen, color_scheme=scheme)
    visit.wait_for_charts()

    for part in (".summary", ".best", ".card .value", ".card .change"):
        box = visit.page.locator(part).first.bounding_box()
        assert box is not None
        assert box["y"] + box["height"] < height, part
    visit.page.screenshot(path=screenshots / f"{name}.png")


@pytest.mark.parametrize("kind", ["believable", "silent"])
def test_a_page_on_the_web_asks_only_for_itself_and_the_shared_scripts(
    visitor: Visitor, site: Site, kind: str
) -> None:
    visit = visitor.visit(site.on_the_web(kind), site.web)
    visit.wait_for_charts()

    names = [url.rpartition("/")[2] for url in visit.asked]
    scripts = r"(creator-report|plotly)-[0-9a-f]{12}\.js"
    assert names[0].endswith(".html")
    assert all(re.fullmatch(rf"{scripts}|favicon\.ico", name) for name in names[1:])
    assert (visit.said, visit.refused) == ([], [])


def test_a_page_without_charts_does_not_load_the_drawing_library(
    visitor: Visitor, site: Site
) -> None:
    visit = open_on_disk(visitor, site, "silent")

    assert visit.wait_for_charts() == "still"
    assert not any("plotly" in url for url in visit.asked)


def test_a_page_that_stands_alone_keeps_its_drawings(visitor: Visitor, tmp_path: Path) -> None:
    page = tmp_path / "alone.html"
    page.write_text(render_report(REPORTS["believable"]), encoding="utf-8")

    visit = visitor.visit(page.as_uri(), tmp_path.as_uri())

    drawings = visit.page.locator(".still > svg")
    assert drawings.count() == len(CHARTS_OF_ALL)
    assert all(drawing.is_visible() for drawing in drawings.all())
    assert "3,361" in visible_text(visit)


def test_without_the_drawing_library_the_drawings_stay(visitor: Visitor, tmp_path: Path) -> None:
    publish_reports([REPORTS["believable"]], tmp_path)
    [library] = (tmp_path / "creators" / "shared").glob("plotly-*.js")
    library.unlink()

    visit = visitor.visit(page_path(tmp_path, REPORTS["believable"]).as_uri(), tmp_path.as_uri())

    assert visit.wait_for_charts() == "still"
    assert all(drawing.is_visible() for drawing in visit.page.locator(".still > svg").all())


@pytest.mark.parametrize("kind", REPORTS)
def test_without_script_every_number_can_be_read_on_a_small_phone(
    visitor: Visitor, site: Site, kind: str
) -> None:
    visit = open_on_disk(visitor, site, kind, java_script_enabled=False, viewport=PHONE)
    visit.page.evaluate(
        "document.querySelectorAll('details').forEach(part => { part.open = true })"
    )
    report, text = REPORTS[kind], visible_text(visit)

    assert visit.page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
    assert visit.said == []
    assert [number for number in shown_numbers(report) if f"{number:,}" not in text] == []


def shown_numbers(report: CreatorReport) -> list[int]:
    if report.is_quiet:
        return [report.followers]
    posts = [count for post in report.posts for count in (post.impressions, post.total)]
    audience = [report.audience.reached or 0, report.audience.new or 0]
    daily = [count for counts in report.by_type.values() for count in counts]
    engaged = ("post_impressions", "post_engagements", "followers_gained", "followers_lost")
    totals = [report.totals[name] for name in engaged]
    return [report.followers, *totals, *posts, *filter(None, audience), *daily]


def test_text_that_users_wrote_stays_text(visitor: Visitor, site: Site) -> None:
    visit = open_on_disk(visitor, site, "hostile", viewport=PHONE)
    assert visit.wait_for_charts() == "drawn"

    links = [link.get_attribute("href") for link in visit.page.locator("a").all()]
    assert links == ["history.csv"]
    for tag in ("img", "iframe", "object", "form", "base", "video", "bdi *", ".live a"):
        assert visit.page.locator(tag).count() == 0, tag
    assert visit.page.locator("script").count() == 3
    assert (visit.dialogs, visit.said, visit.refused) == ([], [], [])
    assert visit.page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
    shown = "\n".join(visit.page.locator("bdi").all_inner_texts())
    for payload in PAYLOADS[:8]:
        assert payload in shown


def test_text_that_turns_its_direction_leaves_its_neighbours_alone(
    visitor: Visitor, site: Site
) -> None:
    visit = open_on_disk(visitor, site, "hostile", java_script_enabled=False)

    directions = visit.page.evaluate(
        "[...document.querySelectorAll('bdi')].map(part => getComputedStyle(part).unicodeBidi)"
    )
    assert set(directions) == {"isolate"}
    assert not re.search("[\u202a-\u202e\u2066-\u2069]", visible_text(visit))


def test_piled_up_marks_do_not_leave_their_post(visitor: Visitor, site: Site) -> None:
    visit = open_on_disk(visitor, site, "hostile", java_script_enabled=False)

    clips = visit.page.evaluate(
        """[...document.querySelectorAll('.excerpt, h1 .name')]
            .map(part => getComputedStyle(part).overflowY)"""
    )
    assert set(clips) == {"hidden"}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("kind", ["believable", "quiet"])
def test_all_text_stands_out_from_its_ground(
    visitor: Visitor, site: Site, kind: str, scheme: str
) -> None:
    visit = open_on_disk(visitor, site, kind, java_script_enabled=False, color_scheme=scheme)
    visit.page.evaluate(
        "document.querySelectorAll('details').forEach(part => { part.open = true })"
    )

    found: Mapping[str, Any] = visit.page.evaluate(CONTRAST)

    assert found["seen"] > 60
    assert found["poor"] == []


def test_charts_take_on_the_colours_of_the_dark(drawn: Visit) -> None:
    bar = drawn.page.locator("[data-chart=impressions] .live .bars .point path").last
    light = bar.evaluate("bar => bar.style.stroke")

    drawn.page.emulate_media(color_scheme="dark")

    assert light == "rgb(31, 95, 207)"
    assert bar.evaluate("bar => bar.style.stroke") == "rgb(120, 170, 255)"


def test_a_pointer_is_told_the_numbers_of_a_day(drawn: Visit) -> None:
    report = REPORTS["believable"]

    drawn.page.locator("[data-chart=engagements]").scroll_into_view_if_needed()
    bar = drawn.page.locator("[data-chart=engagements] .live .bars .point path").last
    box = bar.bounding_box()
    assert box is not None
    drawn.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    label = drawn.page.locator("[data-chart=engagements] .hoverlayer .hovertext")
    label.wait_for()

    told = " ".join(label.all_text_contents())
    assert f"{report.series['post_engagements'][-1]:,} engagements" in told
    assert f"{report.by_type['LIKE'][-1]:,} likes" in told
    assert "provisional" in told


def test_paper_gets_the_drawings_and_no_closed_part(drawn: Visit) -> None:
    drawn.page.emulate_media(media="print")

    assert all(part.is_visible() for part in drawn.page.locator(".still").all())
    assert not any(part.is_visible() for part in drawn.page.locator(".live").all())
    assert not any(part.is_visible() for part in drawn.page.locator("details").all())


def test_every_closed_part_opens_from_the_keyboard(visitor: Visitor, site: Site) -> None:
    visit = open_on_disk(visitor, site, "believable", java_script_enabled=False)
    closed = visit.page.locator("details").count()

    while (focused := focus_on_next(visit)) != "A":
        if focused == "SUMMARY":
            visit.page.keyboard.press("Enter")

    assert visit.page.locator("details[open]").count() == closed


def test_what_a_finger_taps_is_large_enough_for_it(visitor: Visitor, site: Site) -> None:
    visit = open_on_disk(visitor, site, "believable", viewport=PHONE, java_script_enabled=False)

    heights = "all => all.map(part => part.getBoundingClientRect().height)"
    assert min(visit.page.locator("summary, a").evaluate_all(heights)) >= 24


def focus_on_next(visit: Visit) -> str:
    """The kind of element that the keyboard comes to; the link to the table is the last of all."""
    visit.page.keyboard.press("Tab")
    return str(visit.page.evaluate("document.activeElement.tagName"))


@pytest.mark.parametrize("width", [320, 360, 720, 1280])
@pytest.mark.parametrize("kind", ["believable", "huge", "quiet"])
def test_a_number_is_never_cut_in_two_nor_leaves_its_card(
    visitor: Visitor, site: Site, kind: str, width: int
) -> None:
    visit = open_on_disk(
        visitor, site, kind, java_script_enabled=False, viewport={"width": width, "height": 700}
    )

    assert visit.page.evaluate(BROKEN_WORDS) == []
    assert visit.page.evaluate(OUTSIDE_OF_CARDS) == []


@pytest.mark.parametrize("kind", ["month", "huge"])
def test_the_numbers_along_an_axis_are_whole(visitor: Visitor, site: Site, kind: str) -> None:
    visit = open_on_disk(visitor, site, kind, viewport={"width": 320, "height": 700})
    assert visit.wait_for_charts() == "drawn"

    assert visit.page.evaluate(CUT_LABELS) == []
