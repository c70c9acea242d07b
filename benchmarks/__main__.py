"""All benchmarks, one after the other, and the page that holds their last figures.

python -m benchmarks [--size small|usual|large] [--only NAME] [--page FILE]

The page is written after each benchmark, and keeps the others' figures where it is there already.
One that fails is named at the end, and stops no other.
"""

import argparse
import os
import platform
import subprocess
import sys
from datetime import UTC, datetime
from importlib import import_module
from importlib.metadata import version
from pathlib import Path

# What each size gives a benchmark: about 1, 10 and 100 million events; large takes a day.
SIZES: dict[str, tuple[str, str, str]] = {
    "extraction": ("--events 1000000 --grown 200000 2000000", "", "--events 20000000"),
    "validation": ("--rows 1000000", "", "--rows 100000000"),
    "rollups": ("--events 1000000", "", "--events 100000000"),
    "daily_run": ("--events-per-day 30000", "", "--events-per-day 3000000"),
    "day_profile": ("--events 1000000", "", "--events 50000000"),
    "beside_writes": ("--events 1000000", "", "--events 50000000"),
    "backfill": ("--days 60", "", "--events-per-day 20000"),
    "growth": ("--smallest-is 0.2 --doublings 2", "", "--smallest-is 4"),
    "post_scores": ("--posts 20000", "", ""),
    "analytics_write_back": ("--rows 100000", "", ""),
    "score_write_back": ("--posts 50000", "", "--posts 1000000"),
    "archive": ("--rows 1000000", "", "--rows 100000000"),
    "engagement_uniqueness": ("", "", "--rows 5000000"),
    "changed_days": ("--rows-per-day 100000", "", "--rows-per-day 10000000"),
    "creator_pages": ("", "", "--creators 10000"),
    "creator_reports": ("--accounts 2000", "", "--accounts 100000"),
    "report_delivery": ("", "", "--creators 10000"),
    "cold_start": ("", "", ""),
}
PACKAGES = ("dagster", "polars", "duckdb", "pyarrow", "pandera", "adbc-driver-postgresql", "plotly")
SECTION = "\n## "
KILOBYTES_PER_GIGABYTE = 1024 * 1024


def main() -> None:
    """Run those that are asked for, show what they print, and write the page if one is named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", choices=("small", "usual", "large"), default="usual")
    parser.add_argument("--only", action="append", choices=list(SIZES))
    parser.add_argument("--page", type=Path)
    given = parser.parse_args()
    which = ("small", "usual", "large").index(given.size)
    sections = kept_sections(given.page) if given.page else {}
    failed = []
    for name in given.only or SIZES:
        section = run(name, SIZES[name][which])
        if section is None:
            failed.append(f"benchmarks.{name}")
            continue
        sections[question_of(name)] = section
        if given.page:
            write_page(given.page, sections)
    if failed:
        raise SystemExit(f"failed, for the reason above: {', '.join(failed)}")


def question_of(name: str) -> str:
    """What a benchmark answers: the first line of its file."""
    return str(import_module(f"benchmarks.{name}").__doc__).splitlines()[0]


def kept_sections(page: Path) -> dict[str, str]:
    """What a page holds by question; refused where other versions or cores made it."""
    if not page.exists():
        return {}
    head, *sections = page.read_text(encoding="utf-8").split(SECTION)
    if head != heading():
        raise SystemExit(
            f"{page} was measured with other versions or on another machine: name another page, "
            "or remove it and run all benchmarks"
        )
    return {text.partition("\n")[0]: SECTION + text for text in sections}


def write_page(page: Path, sections: dict[str, str]) -> None:
    """All sections in the order of `SIZES`."""
    questions = [question_of(name) for name in SIZES]
    texts = [sections[question] for question in questions if question in sections]
    page.write_text("".join([heading(), *texts]), encoding="utf-8")


def run(name: str, options: str) -> str | None:
    """One benchmark in a process of its own: what it prints, under its question, or None."""
    question = question_of(name)
    print(f"\n## {question}\n", flush=True)
    command = [sys.executable, "-m", f"benchmarks.{name}", *options.split()]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        lines = []
        for line in process.stdout or ():
            print(line, end="", flush=True)
            lines.append(line)
    if process.returncode:
        print(f"benchmarks.{name} ended with {process.returncode}", file=sys.stderr)
        return None
    shown = " ".join(["python", *command[1:]])
    return f"{SECTION}{question}\n\n`{shown}`, {datetime.now(UTC):%Y-%m-%d}\n\n{markdown(lines)}"


def markdown(lines: list[str]) -> str:
    """What was printed, as a page shows it: tables are Markdown already."""
    text = "".join(lines).strip("\n")
    return f"{text}\n" if "|---" in text else f"```text\n{text}\n```\n"


def heading() -> str:
    """On what, with which versions."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 1024
    versions = ", ".join(f"{package} {version(package)}" for package in PACKAGES)
    return (
        f"# Benchmarks\n\nMade by `make bench` on {os.cpu_count()} cores and "
        f"{memory // KILOBYTES_PER_GIGABYTE} GB; "
        f"Python {platform.python_version()}, {versions}.\n"
    )


if __name__ == "__main__":
    main()
