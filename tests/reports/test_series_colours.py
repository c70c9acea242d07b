"""Colours as eyes see them that see all, no red, no green or no blue (Machado and others, 2009)."""

import re
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from reports import series_colours
from reports.creator.palette import DARK, LIGHT, ON_ANY_PAPER, Palette
from reports.series_colours import PALETTE

Vector = NDArray[np.float64]
EYES = {
    "all": [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
    "no red": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "no green": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "no blue": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}
# Of Oklab, by Ottosson; a distance of 0.02 is just seen where two patches touch.
LIGHT_SENSED = [
    [0.4122214708, 0.5363325363, 0.0514459929],
    [0.2119034982, 0.6806995451, 0.1073969566],
    [0.0883024619, 0.2817188376, 0.6299787005],
]
COMPARED = [
    [0.2104542553, 0.7936177850, -0.0040720468],
    [1.9779984951, -2.4285922050, 0.4505937099],
    [0.0259040371, 0.7827717662, -0.8086757660],
]
LEAST_DISTANCE = 0.06
# Of what is drawn, by WCAG 1.4.11.
LEAST_CONTRAST = 3.0
TEMPLATES = Path(series_colours.__file__).parent / "templates"
STYLE = (TEMPLATES / "page.css").read_text("utf-8")
MAIL = (TEMPLATES / "mail" / "report.html").read_text("utf-8")
MAIL_PAPERS = re.findall(r"\.sheet {[^}]*background: (#[0-9a-f]{6})", MAIL)
BARS = ["now", "before", "gained", "lost"]
PAPERS = sorted(set(re.findall(r"--paper: (#[0-9a-f]{6})", STYLE)))


def light_of(colour: str) -> Vector:
    shares = np.array([int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)])
    return np.where(shares <= 0.04045, shares / 12.92, ((shares + 0.055) / 1.055) ** 2.4)


def contrast(one: str, other: str) -> float:
    low, high = sorted(float(light_of(c) @ [0.2126, 0.7152, 0.0722]) for c in (one, other))
    return (high + 0.05) / (low + 0.05)


def seen(colour: str, eyes: str) -> Vector:
    light = np.clip(np.array(EYES[eyes]) @ light_of(colour), 0, 1)
    return np.array(COMPARED) @ np.cbrt(np.array(LIGHT_SENSED) @ light)


@pytest.mark.parametrize("eyes", EYES)
def test_no_two_series_look_alike(eyes: str) -> None:
    distances = {
        pair: float(np.linalg.norm(seen(pair[0], eyes) - seen(pair[1], eyes)))
        for pair in combinations(PALETTE, 2)
    }

    assert {pair: far for pair, far in distances.items() if far < LEAST_DISTANCE} == {}


@pytest.mark.parametrize("colour", PALETTE)
def test_every_series_is_seen_on_light_and_on_dark_paper(colour: str) -> None:
    assert len(PAPERS) == 2
    assert min(contrast(colour, paper) for paper in PAPERS) >= LEAST_CONTRAST


@pytest.mark.parametrize("palette", [LIGHT, DARK])
@pytest.mark.parametrize("name", BARS)
def test_every_bar_of_a_creators_chart_is_seen(palette: Palette, name: str) -> None:
    assert contrast(getattr(palette, name), palette.paper) >= LEAST_CONTRAST


@pytest.mark.parametrize("name", BARS)
def test_every_bar_of_a_picture_is_seen_in_a_light_and_in_a_dark_mail(name: str) -> None:
    colour = getattr(ON_ANY_PAPER, name)

    assert len(MAIL_PAPERS) == 2
    assert min(contrast(colour, paper) for paper in MAIL_PAPERS) >= LEAST_CONTRAST
