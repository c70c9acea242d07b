"""What do scores cost? Candidates, features and scores, training, receipts; beside plain ways.

python -m benchmarks.post_scores [--posts 230000] [--rounds 3] [--lake FOLDER]

About 300,000 candidates, 93 days of rollups, three boosters in the model (as many as there ever
are). Each measurement is a process of its own; the candidates take turns. CPU seconds stand beside
the wall's: they tell more on a machine that others use as well.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import polars as pl

from assets.ranking.booster import predict_with
from assets.ranking.candidates import LOOKBACK_DAYS, collect_candidates
from assets.ranking.examples import collect_examples
from assets.ranking.features import FEATURES, build_features
from assets.ranking.model_days import ModelDays
from assets.ranking.post_scores import score_posts
from assets.ranking.promotion import choose_model
from assets.ranking.receipts import LEARNED, write_receipts
from assets.ranking.score_model import PRIOR, ScoreModel
from assets.ranking.training import MOST_BOOSTERS
from assets.resources.engine import open_engine
from assets.resources.lake import Lake
from assets.resources.published import Published
from benchmarks.generated_rollups import DAY, HELD, make_rollups
from benchmarks.measuring import peak_megabytes
from benchmarks.plain_scores import collect_by_sql, fit_plainly, predict_plainly
from schema.windows import DayRange

DAYS = DayRange(DAY, DAY).preceded_by(1)
RECEIPTS = 1_000
MODEL, CANDIDATES, EXAMPLES = "model.json", "candidates.parquet", "examples.parquet"
Work = Callable[[Path], Callable[[], int]]


def tables_of(root: Path, engine: str) -> ModelDays:
    """The lake on an engine."""
    return ModelDays(Published(Lake(root), open_engine(engine)), HELD.first)


def collect_with(engine: str) -> Work:
    """Raw numbers of the candidates of the day and the day before."""

    def prepare(root: Path) -> Callable[[], int]:
        tables = tables_of(root, engine).tables(DAYS.preceded_by(LOOKBACK_DAYS))
        return lambda: collect_candidates(tables, days=DAYS).height

    return prepare


def collect_plainly(root: Path) -> Callable[[], int]:
    """The same numbers, by one statement of SQL."""
    return lambda: collect_by_sql(root, DAYS).height


def score(root: Path) -> Callable[[], int]:
    """Features, scores, idle scores and intervals of the candidates, as the pipeline makes them."""
    candidates, model = pl.read_parquet(root / CANDIDATES), read_model(root)
    models = dict.fromkeys(DAYS, model)
    return lambda: (
        score_posts(candidates, models, young_only=[DAYS.first]).height and candidates.height
    )


def score_plainly(root: Path) -> Callable[[], int]:
    """Predict all candidates with scikit-learn, from ready features, and idle once more."""
    candidates = pl.read_parquet(root / CANDIDATES)
    features = build_features(candidates)
    sample = pl.read_parquet(root / EXAMPLES)
    model = fit_plainly(sample)

    def work() -> int:
        for _ in ("as is", "idle"):
            predict_plainly(model, features)
        return features.height

    return work


def gather(engine: str) -> Work:
    """Collect 63 days of examples."""

    def prepare(root: Path) -> Callable[[], int]:
        days = tables_of(root, engine)
        past = days.past(HELD)
        return lambda: collect_examples(past).height

    return prepare


def choose(root: Path) -> Callable[[], int]:
    """Train a challenger, calibrate and compare it with a champion and the prior."""
    examples, champion = pl.read_parquet(root / EXAMPLES), read_model(root)

    def work() -> int:
        choose_model(champion, examples, day=DAY)
        return examples.height

    return work


def choose_plainly(root: Path) -> Callable[[], int]:
    """Fit scikit-learn's trees to the same rows, without calibration and comparison."""
    examples = pl.read_parquet(root / EXAMPLES)

    def work() -> int:
        fit_plainly(examples)
        return examples.height

    return work


def explain(root: Path) -> Callable[[], int]:
    """Receipts of 1,000 posts: exact sums, all candidates' features included."""
    candidates, model = read_day(root), read_model(root)
    popular = candidates.top_k(RECEIPTS, by="weight_1h").select("post_id")

    def work() -> int:
        write_receipts(candidates, model, popular)
        return RECEIPTS

    return work


def explain_plainly(root: Path) -> Callable[[], int]:
    """Leave out one group of features after another and predict again; sums to nothing exact."""
    candidates, model = read_day(root), read_model(root)

    def work() -> int:
        features = build_features(candidates).top_k(RECEIPTS, by="weight_1h")
        for group in LEARNED.values():
            without = features.with_columns(pl.col(name).median() for name in group)
            for booster in model.boosters:
                predict_with(booster, without.select(FEATURES))
        return RECEIPTS

    return work


QUESTIONS: dict[str, dict[str, Work]] = {
    "candidates of 2 days": {
        "ours, DuckDB": collect_with("duckdb"),
        "ours, Polars": collect_with("polars"),
        "one SQL statement": collect_plainly,
    },
    "features and scores of 2 days": {
        "ours": score,
        "scikit-learn, predictions only": score_plainly,
    },
    "63 days of examples": {
        "ours, DuckDB": gather("duckdb"),
        "ours, Polars": gather("polars"),
    },
    "train, calibrate, choose": {"ours": choose, "scikit-learn, fit only": choose_plainly},
    "receipts of 1,000 posts": {"ours": explain, "leaving groups out": explain_plainly},
}


def read_model(root: Path) -> ScoreModel:
    """The model that the preparation learned, as large as models get."""
    model = ScoreModel.from_json((root / MODEL).read_text(encoding="utf-8"))
    return replace(model, boosters=model.boosters[:1] * MOST_BOOSTERS)


def read_day(root: Path) -> pl.DataFrame:
    """Candidates of the day."""
    return pl.read_parquet(root / CANDIDATES).filter(pl.col("date") == DAY)


def prepare(root: Path, posts: int) -> None:
    """Make the lake, and once what later measurements start from."""
    make_rollups(root, posts)
    days = tables_of(root, "polars")
    tables = days.tables(DAYS.preceded_by(LOOKBACK_DAYS))
    collect_candidates(tables, days=DAYS).write_parquet(root / CANDIDATES)
    examples = collect_examples(days.past(HELD))
    examples.write_parquet(root / EXAMPLES)
    model = choose_model(PRIOR, examples, day=DAY).model
    (root / MODEL).write_text(model.to_json(), encoding="utf-8")


def measure(root: Path, question: str, candidate: str) -> None:
    """Do one piece of work in this process and print what it took as JSON."""
    work = QUESTIONS[question][candidate](root)
    began, used = time.perf_counter(), time.process_time()
    rows = work()
    seconds, cpu = time.perf_counter() - began, time.process_time() - used
    print(json.dumps({"seconds": seconds, "cpu": cpu, "rows": rows, "peak_mb": peak_megabytes()}))


def measure_apart(root: Path, question: str, candidate: str) -> dict[str, float]:
    """The same in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.post_scores", "--lake", str(root)]
    done = subprocess.run(
        [*command, "--measure", question, candidate], capture_output=True, text=True, check=True
    )
    measured: dict[str, float] = json.loads(done.stdout)
    return measured


def compare(root: Path, rounds: int) -> None:
    """Let the candidates of each question take turns and print the medians."""
    print("| | | seconds | CPU s | rows/s | peak MB | CPU beside ours |\n" + "|---" * 7 + "|")
    for question, candidates in QUESTIONS.items():
        runs = [
            {name: measure_apart(root, question, name) for name in candidates}
            for _ in range(rounds)
        ]
        for line in lines(question, runs):
            print(line, flush=True)


def lines(question: str, runs: list[dict[str, dict[str, float]]]) -> Iterator[str]:
    """One row of the table per candidate; the first is what the others stand beside."""
    base = 0.0
    for name in runs[0]:
        seconds, cpu, rows, peak = (
            statistics.median(run[name][fact] for run in runs)
            for fact in ("seconds", "cpu", "rows", "peak_mb")
        )
        base = base or cpu
        facts = f"{seconds:.1f} | {cpu:.1f} | {rows / seconds:,.0f} | {peak:,.0f}"
        yield f"| {question} | {name} | {facts} | {cpu / base:.2f} |"


def main() -> None:
    """Make the rollups, then compare."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--posts", type=int, default=230_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--lake", type=Path, help="keep the rollups here, and use those that are")
    parser.add_argument("--measure", nargs=2, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.measure:
        measure(given.lake, *given.measure)
        return
    with tempfile.TemporaryDirectory() as folder:
        root = given.lake or Path(folder)
        if not (root / MODEL).exists():
            prepare(root, given.posts)
        compare(root, given.rounds)


if __name__ == "__main__":
    main()
