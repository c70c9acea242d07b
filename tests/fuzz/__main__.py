"""Look for inputs that break a promise, guided by which lines of ours they reach.

python -m tests.fuzz [--seconds 60] [--only TARGET]

Each target runs in a process of its own, for so many seconds, from the inputs that it names. What
breaks a promise is printed with the file that holds it, and belongs into a test beside its mending.
"""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.fuzz.targets import TARGETS
from tests.soak.telling import tell

LONGEST_INPUT = 4_096
# A target that takes longer for one input hangs.
LONGEST_SECONDS = 60


def main() -> None:
    """Fuzz every target, or those that are asked for; fails if any of them broke."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--only", action="append", choices=list(TARGETS))
    given = parser.parse_args()
    found = Path(tempfile.mkdtemp(prefix="fuzz-"))
    broken = [name for name in given.only or TARGETS if not fuzz(name, given.seconds, found)]
    if broken:
        raise SystemExit(f"broken: {', '.join(broken)}; the inputs are in {found}")


def fuzz(name: str, seconds: int, found: Path) -> bool:
    """Fuzz one target; whether all its promises held."""
    tell(f"{name}: {seconds} s")
    with tempfile.TemporaryDirectory() as corpus:
        for place, seed in enumerate(TARGETS[name][1]):
            Path(corpus, str(place)).write_bytes(seed)
        command = [sys.executable, "-m", "tests.fuzz.target", name, corpus]
        command += [f"-max_total_time={seconds}", f"-max_len={LONGEST_INPUT}"]
        command += [f"-timeout={LONGEST_SECONDS}", f"-artifact_prefix={found}/{name}-"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    # The exception is on the one, how many inputs were tried on the other.
    tell(done.stdout if done.returncode else done.stderr.splitlines()[-1])
    return done.returncode == 0


if __name__ == "__main__":
    main()
