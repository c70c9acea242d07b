"""Bars as a PNG of a few colours, made of whole pixels: much quicker than drawing an SVG."""

import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass

SIGNATURE = b"\x89PNG\r\n\x1a\n"
BACKGROUND = 0
# 8 bits per pixel, each the number of a colour.
DEPTH, PALETTE = 8, 3
# How a row's bytes are meant: as they are, or as differences to the row above.
AS_WRITTEN, AS_ABOVE = b"\0", b"\2"


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar from `left` to `right`, `tall` pixels high on the ground, in one of the colours."""

    left: int
    right: int
    tall: int
    color: int


def bars_png(width: int, height: int, bars: Sequence[Bar], colors: Sequence[str]) -> bytes:
    """Bars that stand on the lower edge; the first colour, as #rrggbb, is the background's."""
    header = struct.pack(">IIBBBBB", width, height, DEPTH, PALETTE, 0, 0, 0)
    palette = bytes.fromhex("".join(color.removeprefix("#") for color in colors))
    pixels = zlib.compress(_rows(width, height, bars), 6)
    chunks = ((b"IHDR", header), (b"PLTE", palette), (b"IDAT", pixels), (b"IEND", b""))
    return SIGNATURE + b"".join(_chunk(name, content) for name, content in chunks)


def _rows(width: int, height: int, bars: Sequence[Bar]) -> bytes:
    """Rows from the top down: one that is as the row above it is said so, and costs nothing."""
    begun: dict[int, list[Bar]] = {}
    for bar in bars:
        begun.setdefault(height - bar.tall, []).append(bar)
    row = bytearray([BACKGROUND]) * width
    rows: list[bytes] = []
    for y in range(height):
        for bar in begun.get(y, ()):
            row[bar.left : bar.right] = bytes([bar.color]) * (bar.right - bar.left)
        rows.append(AS_WRITTEN + row if y in begun or y == 0 else AS_ABOVE + bytes(width))
    return b"".join(rows)


def _chunk(name: bytes, content: bytes) -> bytes:
    checked = name + content
    return struct.pack(">I", len(content)) + checked + struct.pack(">I", zlib.crc32(checked))
