"""Which of a creator's published numbers are others now, and why."""

import polars as pl

NUMBER = ("user_id", "date", "metric_name")


def net_restatements(changes: pl.DataFrame) -> pl.DataFrame:
    """One row per (user_id, date, metric_name): first `old`, last `new`, all `reasons`.

    `changes` are rows of `pipeline.restatements`; numbers that are what they were are left out.
    """
    in_order = changes.sort("restated_at", maintain_order=True)
    netted = in_order.group_by(*NUMBER, maintain_order=True).agg(
        old=pl.col("old_value").first(),
        new=pl.col("new_value").last(),
        reasons=pl.col("reasons").explode().unique().sort(),
    )
    return netted.filter(pl.col("old") != pl.col("new")).sort(*NUMBER)
