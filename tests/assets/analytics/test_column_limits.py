from datetime import date
from decimal import Decimal

import polars as pl

from assets.analytics.column_limits import LARGEST_VALUE, split_by_fit
from schema.tables.columns import polars_schema
from schema.tables.system_metrics import SystemMetrics

DAY = date(2024, 2, 29)
SCHEMA = polars_schema(SystemMetrics) | {"metric_value": pl.Decimal(38, 4)}


def values(*rows: tuple[str, str, Decimal]) -> pl.DataFrame:
    return pl.DataFrame([(DAY, *row) for row in rows], schema=SCHEMA, orient="row")


def test_the_largest_values_of_the_column_fit() -> None:
    rows = values(("most", "{}", LARGEST_VALUE), ("least", "{}", -LARGEST_VALUE))

    fitting, left_out = split_by_fit(rows)

    assert fitting.rows() == rows.rows()
    assert left_out == []


def test_a_value_that_does_not_fit_is_left_out_and_told_with_day_metric_value_and_limit() -> None:
    fits = ("media_uploads", '{"status": "FAILED"}', Decimal(7))
    larger = LARGEST_VALUE + Decimal("0.0001")

    fitting, left_out = split_by_fit(
        values(
            fits,
            ("media_bytes", "{}", Decimal(10**13)),
            ("media_uploads", '{"status": null}', larger),
        )
    )

    assert [row[1:] for row in fitting.rows()] == [fits]
    assert [sentence.split(", and ")[0] for sentence in left_out] == [
        "media_bytes of 2024-02-29 is left out: it reaches 10,000,000,000,000.0000",
        'media_uploads {"status": null} of 2024-02-29 is left out: it reaches 100,000,000,000.0000',
    ]
    assert all("holds 99,999,999,999.9999 at most" in sentence for sentence in left_out)
