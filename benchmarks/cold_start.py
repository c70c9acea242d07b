"""How long until something happens? The command, the definitions, a run of an empty day.

python -m benchmarks.cold_start [--rounds 5]

Beside a minimal project of Dagster's own: one partitioned asset that does nothing, one schedule.
Python's own cache of compiled code is as an installation has it from its second start on.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.measuring import Candidate, show, take_turns
from benchmarks.servers import throw_away_server
from schema.migrate import migrate

DAY = "2024-01-01"
BIN = Path(sys.executable).parent
MINIMAL = f'''
import dagster as dg

days = dg.DailyPartitionsDefinition("{DAY}")

@dg.asset(partitions_def=days)
def nothing():
    pass

job = dg.define_asset_job("daily", executor_def=dg.in_process_executor)

@dg.schedule(job=job, cron_schedule="0 0 * * *")
def daily(context):
    return dg.RunRequest(partition_key="{DAY}")

defs = dg.Definitions(assets=[nothing], jobs=[job], schedules=[daily])
'''
LOAD_OURS = "from pipelines.definitions import defs; defs().get_repository_def()"
LOAD_MINIMAL = "import runpy, sys; runpy.run_path(sys.argv[1])['defs'].get_repository_def()"


def done(*command: str) -> int:
    """One run of a command that must succeed."""
    told = subprocess.run(command, capture_output=True, text=True, check=False)
    if told.returncode:
        raise SystemExit(told.stderr)
    return 1


CANDIDATES: dict[str, Candidate] = {
    "`sociallive --help`": lambda _: done(sys.executable, "-m", "pipelines.cli", "--help"),
    "`dagster --help`": lambda _: done(str(BIN / "dagster"), "--help"),
    "our definitions": lambda _: done(sys.executable, "-c", LOAD_OURS),
    "minimal definitions": lambda path: done(sys.executable, "-c", LOAD_MINIMAL, path),
    "`sociallive run`, empty day": lambda _: done(
        sys.executable, "-m", "pipelines.cli", "run", "--date", DAY
    ),
    "minimal project's run": lambda path: done(
        *(str(BIN / "dagster"), "job", "execute", "-f", path, "-j", "daily"),
        *("--tags", f'{{"dagster/partition": "{DAY}"}}'),
    ),
}


def main() -> None:
    """Start an empty platform, then compare."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    with throw_away_server() as url, tempfile.TemporaryDirectory() as folder:
        migrate(url)
        minimal = Path(folder, "minimal.py")
        minimal.write_text(MINIMAL, encoding="utf-8")
        # In another storage than that of the home, schedules and sensors are left out.
        storage = Path(folder, "dagster")
        storage.mkdir()
        os.environ |= {
            "SOCIALLIVE_DATABASE_URL": url,
            "SOCIALLIVE_HOME": folder,
            "SOCIALLIVE_FIRST_DAY": DAY,
            "DAGSTER_HOME": str(storage),
            "PYTHONWARNINGS": "ignore",
        }
        # Where nothing compiled is kept, each of our starts would compile all of our code.
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
        costs = take_turns(
            "benchmarks.cold_start", list(CANDIDATES), str(minimal), rounds=given.rounds
        )
    pairs = list(costs)
    for ours, minimal_one in zip(pairs[::2], pairs[1::2], strict=True):
        pair = {name: costs[name] for name in (ours, minimal_one)}
        show(ours, pair, beside=ours)


if __name__ == "__main__":
    main()
