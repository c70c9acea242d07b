import re
from decimal import Decimal
from itertools import pairwise

import pytest

from reports.overview.sparklines import EDGE, HEIGHT, WIDTH, sparkline


def stretches(svg: str) -> list[list[tuple[float, float]]]:
    return [
        [(float(x), float(y)) for x, y in (point.split(",") for point in line.split())]
        for line in re.findall(r' points="([^"]*)"', svg)
    ]


def test_a_gap_parts_the_line_and_the_newest_value_has_a_dot() -> None:
    svg = sparkline([1, 3, None, 2, Decimal("2.5")])

    assert [len(stretch) for stretch in stretches(svg)] == [2, 2]
    assert svg.count("<path") == 1
    assert f'd="M{WIDTH - EDGE:.1f},' in svg


def test_time_goes_to_the_right_and_more_goes_up() -> None:
    [line] = stretches(sparkline([1, 2, 5]))

    assert all(left < right for (left, _), (right, _) in pairwise(line))
    assert all(low > high for (_, low), (_, high) in pairwise(line))
    assert {line[0][1], line[-1][1]} == {HEIGHT - EDGE, float(EDGE)}


@pytest.mark.parametrize("history", [[], [None], [7], [7, 7, 7], [None, 0]])
def test_histories_of_little_are_drawn_inside_the_picture(history: list[int | None]) -> None:
    svg = sparkline(history)

    points = [point for line in stretches(svg) for point in line]
    assert len(points) == len([value for value in history if value is not None])
    assert all(0 <= x <= WIDTH and 0 <= y <= HEIGHT for x, y in points)


def test_no_text_is_in_the_picture() -> None:
    assert "<text" not in sparkline([1, 2])
