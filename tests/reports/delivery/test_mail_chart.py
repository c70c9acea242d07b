"""The chart is decoded by the rules of the format, and its pixels are counted."""

import struct
import zlib
from dataclasses import replace
from uuid import UUID

import pytest

from reports.delivery.bars_png import Bar, bars_png
from reports.delivery.mail_chart import (
    COLORS,
    HEIGHT,
    MARGIN,
    WIDTH,
    chart_words,
    impressions_chart,
)
from tests.fixtures.mail_reports import week_of

REPORT = week_of(UUID(int=1))
BEFORE, PERIOD = 2, 1


def pixels(png: bytes) -> list[bytes]:
    """Rows of colour numbers, read by the rules of the format."""
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    at, data, header = 8, b"", b""
    while at < len(png):
        (length,), name = struct.unpack(">I", png[at : at + 4]), png[at + 4 : at + 8]
        content = png[at + 8 : at + 8 + length]
        (check,) = struct.unpack(">I", png[at + 8 + length : at + 12 + length])
        assert check == zlib.crc32(name + content)
        header, data = (content if name == b"IHDR" else header), data + content * (name == b"IDAT")
        at += 12 + length
    width, height = struct.unpack(">II", header[:8])
    raw = zlib.decompress(data)
    rows = [bytes(width)]
    for y in range(height):
        kind, *row = raw[y * (width + 1) : (y + 1) * (width + 1)]
        assert kind in {0, 2}
        above = rows[-1] if kind == 2 else bytes(width)
        rows.append(bytes((here + up) % 256 for here, up in zip(row, above, strict=True)))
    return rows[1:]


def heights(rows: list[bytes], color: int) -> list[int]:
    """How tall each bar of a colour is, from the left."""
    columns = [sum(row[x] == color for row in rows) for x in range(len(rows[0]))]
    bars = [tall for x, tall in enumerate(columns) if tall and (x == 0 or not columns[x - 1])]
    assert set(columns) <= {0, *bars}
    return bars


def test_bars_stand_on_the_ground_as_tall_as_they_are() -> None:
    png = bars_png(6, 4, [Bar(0, 2, 4, 1), Bar(3, 5, 1, 2)], ["#ffffff", "#000000", "#ff0000"])

    assert pixels(png) == [
        bytes([1, 1, 0, 0, 0, 0]),
        bytes([1, 1, 0, 0, 0, 0]),
        bytes([1, 1, 0, 0, 0, 0]),
        bytes([1, 1, 0, 2, 2, 0]),
    ]


def test_each_day_has_a_bar_and_the_period_stands_out() -> None:
    rows = pixels(impressions_chart(REPORT))
    counts = list(REPORT.series["post_impressions"])
    room, most = HEIGHT - 2 * MARGIN, max(counts)
    expected = [-(-count * room // most) for count in counts]

    assert (len(rows[0]), len(rows)) == (WIDTH, HEIGHT)
    assert heights(rows, BEFORE) == expected[:-7]
    assert heights(rows, PERIOD) == expected[-7:]


@pytest.mark.parametrize("count", [0, 1])
def test_a_day_with_anything_shows_something_and_a_day_with_nothing_nothing(count: int) -> None:
    counts = [0] * 34 + [1_000_000]
    counts[3] = count
    report = replace(REPORT, series={**REPORT.series, "post_impressions": counts})

    rows = pixels(impressions_chart(report))

    assert heights(rows, BEFORE) == [1] * count
    assert heights(rows, PERIOD) == [HEIGHT - 2 * MARGIN]


def test_the_chart_is_told_to_whoever_does_not_see_it() -> None:
    words = chart_words(REPORT)

    assert words.startswith("Impressions per day from 28 January 2024 to 2 March 2024; ")
    assert f"{max(REPORT.series['post_impressions']):,} impressions on 2 March 2024" in words
    assert len(COLORS) == 4
