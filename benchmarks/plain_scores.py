"""What one would write instead of `assets.ranking`: a statement of SQL, trees of scikit-learn."""

from pathlib import Path

import duckdb
import numpy as np
import polars as pl
from sklearn.ensemble import HistGradientBoostingRegressor

from assets.ranking.booster import PARAMETERS, ROUNDS
from assets.ranking.engagement_shape import BINS, KINDS, WINDOW_DAYS
from assets.ranking.features import FEATURES
from assets.ranking.weights import WEIGHTS
from schema.windows import DayRange

WEIGHT = " ".join(f"WHEN '{kind}' THEN {weight}" for kind, weight in WEIGHTS.items())
SHAPE = """
WITH dates AS (SELECT unnest($dates) AS date),
cells AS (
    SELECT
        d.date, h.post_id, h.engagement_type AS kind,
        (d.date - h.date) * 24 + 24 - h.hour AS hours,
        audience_events - coordinated_events AS events,
        CASE engagement_type {weight} END * (audience_value - coordinated_value) AS weight
    FROM read_parquet('{root}/post_engagement_hourly/*/*.parquet', hive_partitioning = true) AS h
    INNER JOIN dates AS d ON h.date > d.date - {width} AND h.date <= d.date
),
shape AS (
    SELECT date, post_id, {sums} FROM cells GROUP BY ALL
),
audience AS (
    SELECT d.date, a.post_id, sum(accounts - coordinated_accounts) AS accounts_all
    FROM read_parquet('{root}/post_audience_daily/*/*.parquet', hive_partitioning = true) AS a
    INNER JOIN dates AS d ON a.date > d.date - {width} AND a.date <= d.date
    GROUP BY ALL
),
posts AS (
    SELECT d.date, s.id AS post_id, any_value(user_id) AS author_id, any_value(created_at) AS at
    FROM read_parquet('{root}/post_states/*/*.parquet', hive_partitioning = true) AS s
    INNER JOIN dates AS d ON s.date > d.date - {width} AND s.date <= d.date
    GROUP BY ALL
),
followers AS (
    SELECT d.date, f.following_id AS author_id, count(*) AS followers_gained
    FROM read_parquet('{root}/follows/*/*.parquet', hive_partitioning = true) AS f
    INNER JOIN dates AS d ON f.date > d.date - {width} AND f.date <= d.date
    GROUP BY ALL
)
SELECT * FROM posts
LEFT JOIN shape USING (date, post_id)
LEFT JOIN audience USING (date, post_id)
LEFT JOIN followers USING (date, author_id)
ORDER BY date, post_id
"""


def collect_by_sql(root: Path, days: DayRange) -> pl.DataFrame:
    """The raw numbers of `collect_candidates`, by one statement."""
    statement = SHAPE.format(root=root, width=WINDOW_DAYS, weight=WEIGHT, sums=", ".join(_sums()))
    with duckdb.connect() as connection:
        rows: pl.DataFrame = connection.sql(statement, params={"dates": list(days)}).pl()
        return rows


def _sums() -> list[str]:
    bins = [(f"hours > {after} AND hours <= {until}", until) for after, until in BINS]
    return [
        *(f"sum(weight) FILTER ({within}) AS weight_{until}h" for within, until in bins),
        *(f"sum(events) FILTER ({within}) AS events_{until}h" for within, until in bins),
        *(f"sum(events) FILTER (kind = '{kind}') AS {kind}_all" for kind in KINDS),
        *(f"sum(events) FILTER (kind = '{kind}' AND hours <= 24) AS {kind}_day" for kind in KINDS),
        "min(hours) AS hours_since_last",
    ]


def fit_plainly(examples: pl.DataFrame) -> HistGradientBoostingRegressor:
    """As many trees, as large, with a Poisson loss, on the days that we learn from."""
    last = examples["date"].unique().sort()[-15]
    learned = examples.filter(pl.col("date") <= last)
    model = HistGradientBoostingRegressor(
        loss="poisson",
        max_iter=ROUNDS,
        max_leaf_nodes=PARAMETERS["num_leaves"],
        learning_rate=PARAMETERS["learning_rate"],
        early_stopping=False,
        random_state=1,
    )
    return model.fit(_matrix(learned), learned["target"].to_numpy())


def predict_plainly(model: HistGradientBoostingRegressor, features: pl.DataFrame) -> np.ndarray:
    """Expected LIKEs."""
    return np.asarray(model.predict(_matrix(features)))


def _matrix(features: pl.DataFrame) -> np.ndarray:
    numbers = features.select(FEATURES).cast(pl.Float64)
    return numbers.fill_null(float("nan")).to_numpy(order="c")
