"""Seeded draws that give whole columns: ids, tokens, choices, instants."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Random = np.random.Generator

NEVER = np.iinfo(np.int64).max
UUID_BYTES = 16
TOKEN_BYTES = 32


def draw_ids(rng: Random, count: int) -> pl.Series:
    """Random UUIDs (version 4, RFC 9562) as 16 raw bytes each."""
    octets = rng.integers(0, 256, (count, UUID_BYTES), dtype=np.uint8)
    octets[:, 6] = octets[:, 6] & 0x0F | 0x40
    octets[:, 8] = octets[:, 8] & 0x3F | 0x80
    return _binaries(octets)


def draw_tokens(rng: Random, count: int) -> pl.Series:
    """Hexadecimal digests as SHA-256 would print them."""
    return _binaries(rng.integers(0, 256, (count, TOKEN_BYTES), dtype=np.uint8)).bin.encode("hex")


def draw_positions(rng: Random, count: int, weights: Sequence[float] | Floats) -> Ints:
    """Positions in `weights`, each as likely as its weight."""
    cumulative = np.cumsum(np.asarray(weights, dtype=np.float64))
    drawn = np.searchsorted(cumulative, rng.random(count) * cumulative[-1], side="right")
    positions: Ints = np.minimum(drawn, len(cumulative) - 1).astype(np.int64)
    return positions


def draw_choices(rng: Random, count: int, weighted: dict[str, float]) -> pl.Series:
    """Texts, each as likely as its weight."""
    return texts_at(list(weighted), draw_positions(rng, count, list(weighted.values())))


def draw_texts(rng: Random, count: int, options: Sequence[str | None]) -> pl.Series:
    """Texts, all equally likely."""
    return texts_at(options, rng.integers(0, len(options), count))


def draw_lognormal(rng: Random, count: int, *, median: float, sigma: float) -> Ints:
    """Whole numbers spread around a median over orders of magnitude."""
    return (median * rng.lognormal(0, sigma, count)).astype(np.int64)


def texts_at(options: Sequence[str | None], positions: Ints) -> pl.Series:
    """The option at each position."""
    return pl.Series(options, dtype=pl.String).gather(positions)


def instants(micros: Ints, *, before: int = NEVER) -> pl.Series:
    """Epoch microseconds as timestamps; null where the instant is not `before` that end."""
    return pl.Series(micros).set(pl.Series(micros >= before), None).cast(pl.Datetime("us", "UTC"))


def _binaries(octets: npt.NDArray[np.uint8]) -> pl.Series:
    count, width = octets.shape
    column = pa.FixedSizeBinaryArray.from_buffers(
        pa.binary(width), count, [None, pa.py_buffer(octets)]
    )
    return pl.Series(pl.from_arrow(column))
