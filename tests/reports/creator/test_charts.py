import struct
import zlib
from dataclasses import replace

import pytest

from reports.creator.canvas import MAIL_WIDTH
from reports.creator.charts import Chart, draw_chart
from reports.creator.model import NUMBERS, CreatorReport
from reports.creator.palette import DARK, LIGHT, ON_ANY_PAPER, Palette
from reports.creator.png import chart_png
from tests.fixtures.creator_reports import (
    believable,
    every_kind,
    hostile,
    silent,
    without_days,
)
from tests.fixtures.read_page import Element, read_page


def drawn(report: CreatorReport, chart: Chart, palette: Palette | None = None) -> str:
    drawing = draw_chart(report, chart, palette)
    assert drawing is not None
    return drawing


def bars(report: CreatorReport, chart: Chart, *colours: str) -> list[dict[str, str]]:
    wanted = {getattr(LIGHT, colour) for colour in colours}
    shapes = [shape.attributes for shape in read_page(drawn(report, chart, LIGHT)).all("rect")]
    return [shape for shape in shapes if wanted & {shape.get("fill"), shape.get("stroke")}]


def bottom(bar: dict[str, str]) -> float:
    return float(bar["y"]) + float(bar["height"])


def shapes_of(element: Element) -> list[Element]:
    below = [part for part in element.parts if isinstance(part, Element)]
    return below + [shape for part in below for shape in shapes_of(part)]


@pytest.mark.parametrize("chart", Chart)
@pytest.mark.parametrize("kind", ["believable", "day", "huge", "new", "hostile"])
def test_a_chart_on_a_page_says_in_words_what_it_shows(kind: str, chart: Chart) -> None:
    report = every_kind()[kind]
    drawing = draw_chart(report, chart)
    if drawing is None:
        assert (kind, chart) == ("new", Chart.HOURS)
        return

    picture = read_page(drawing).one("svg")

    assert picture.attributes["role"] == "img"
    assert picture.one("title").text == picture.attributes["aria-label"]
    assert "style" not in {name for shape in shapes_of(picture) for name in shape.attributes}


def test_a_bar_is_as_high_as_its_number() -> None:
    report = believable()
    shown = bars(report, Chart.IMPRESSIONS, "now", "before")
    heights = [float(bar["height"]) for bar in shown]

    counts = report.series["post_impressions"]
    assert len(heights) == len(counts)
    scale = max(heights) / max(counts)
    assert all(abs(h - count * scale) < 0.1 for h, count in zip(heights, counts, strict=True))


def test_the_period_has_a_colour_of_its_own_and_provisional_days_are_hollow() -> None:
    report = believable(provisional=2)
    now = bars(report, Chart.IMPRESSIONS, "now")

    assert len(now) == 7
    assert [bar["fill"] == "none" for bar in now] == [False] * 5 + [True] * 2


@pytest.mark.parametrize("chart", [Chart.IMPRESSIONS, Chart.FOLLOWERS])
def test_days_that_are_not_shown_leave_a_gap_and_move_no_other(chart: Chart) -> None:
    whole = believable(provisional=0)
    gap = without_days(whole, *whole.days[7:25])
    colours = ("now", "before", "gained", "lost")

    complete, shown = (
        sorted({float(bar["x"]) for bar in bars(report, chart, *colours)})
        for report in (whole, gap)
    )

    assert len(complete) == len(whole.days)
    assert shown == complete[:7] + complete[25:]


def test_followers_that_were_lost_go_down_from_where_those_gained_go_up() -> None:
    report = believable(provisional=0)
    gained, lost = (bars(report, Chart.FOLLOWERS, name) for name in ("gained", "lost"))

    ends, starts = {bottom(bar) for bar in gained}, {float(bar["y"]) for bar in lost}
    assert len(gained) == sum(map(bool, report.series["followers_gained"]))
    assert len(lost) == sum(map(bool, report.series["followers_lost"]))
    assert max(ends) - min(ends) <= 0.15
    assert max(starts) - min(ends) <= 0.15


@pytest.mark.parametrize("chart", Chart)
def test_where_there_is_nothing_there_is_no_chart(chart: Chart) -> None:
    assert draw_chart(silent(), chart) is None


@pytest.mark.parametrize("chart", Chart)
@pytest.mark.parametrize("palette", [LIGHT, DARK, ON_ANY_PAPER])
def test_a_chart_for_mail_needs_no_font_and_no_style_sheet(chart: Chart, palette: Palette) -> None:
    drawing = drawn(hostile(), chart, palette)

    assert {shape.tag for shape in shapes_of(read_page(drawing))} <= {"svg", "rect", "circle"}
    assert "class" not in drawing
    assert "%" not in drawing


def test_a_picture_has_no_paper_of_its_own() -> None:
    picture = chart_png(drawn(believable(), Chart.IMPRESSIONS, ON_ANY_PAPER), MAIL_WIDTH)

    filtered_by, *corner = pixels_of(picture)[:5]
    assert filtered_by <= 4
    assert corner == [0, 0, 0, 0]


@pytest.mark.parametrize("chart", Chart)
def test_a_picture_is_the_same_each_time_and_not_empty(chart: Chart) -> None:
    drawing = drawn(believable(), chart, LIGHT)

    picture = chart_png(drawing, 2 * MAIL_WIDTH)

    assert picture == chart_png(drawing, 2 * MAIL_WIDTH)
    assert picture.startswith(b"\x89PNG")
    assert struct.unpack(">I", picture[16:20]) == (2 * MAIL_WIDTH,)
    assert len(set(pixels_of(picture))) > 4


def pixels_of(picture: bytes) -> bytes:
    """What the chunks of a PNG unpack to."""
    place, packed = 8, b""
    while place < len(picture):
        length, kind = struct.unpack(">I4s", picture[place : place + 8])
        packed += picture[place + 8 : place + 8 + length] if kind == b"IDAT" else b""
        place += length + 12
    return zlib.decompress(packed)


def test_a_single_day_of_a_new_account_can_be_drawn() -> None:
    report = believable(provisional=0)
    short = replace(
        report,
        days=report.days[-7:],
        series={name: report.series[name][-7:] for name in NUMBERS},
    )

    assert len(bars(short, Chart.IMPRESSIONS, "now", "before")) == 7


def test_the_first_day_ever_is_a_bar_and_not_a_wall() -> None:
    report = believable()
    alone = without_days(report, *report.days[:-1])

    [bar] = bars(alone, Chart.IMPRESSIONS, "now")

    assert alone.days == report.days[-1:]
    assert float(bar["width"]) < MAIL_WIDTH / 7
    assert float(bar["x"]) + float(bar["width"]) / 2 == pytest.approx(MAIL_WIDTH / 2, abs=0.01)
