"""What a comparison found: how much differs, which part of it is explained, what is to be done."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date

from schema.markdown import markdown_table

HEADINGS = ("what", "day", "compared", "differing", "explained", "unexplained", "examples")


@dataclass(frozen=True, slots=True)
class Finding:
    """Two accounts of the same facts, compared.

    `compared` and `differing` count rows, values or partitions; `explained` has per class, and
    `unexplained` in all, the size of the differences. `examples` are ids or paths, never texts of
    users; `day` is None where the comparison is about no single day.
    """

    check: str
    subject: str
    day: date | None = None
    compared: int = 0
    differing: int = 0
    explained: Mapping[str, int] = field(default_factory=dict)
    unexplained: int = 0
    examples: tuple[str, ...] = ()
    advice: str = ""

    @property
    def is_alarming(self) -> bool:
        """Whether something differs that no class explains."""
        return self.unexplained > 0


def about(findings: Iterable[Finding], table: str) -> list[Finding]:
    """Those whose subject is the table, or something of it."""
    return [
        finding
        for finding in findings
        if finding.subject == table
        or finding.subject.startswith(tuple(table + end for end in ".: "))
    ]


def alarming(findings: Iterable[Finding]) -> list[Finding]:
    """Those that somebody has to look at."""
    return [finding for finding in findings if finding.is_alarming]


def merge_quiet(findings: Iterable[Finding]) -> list[Finding]:
    """Add up what agrees: findings of one subject about no single day, with nothing differing."""
    merged: dict[tuple[str, str], Finding] = {}
    differing = []
    for finding in findings:
        if finding.day is not None or finding.differing:
            differing.append(finding)
            continue
        key = (finding.check, finding.subject)
        known = merged.get(key, replace(finding, compared=0))
        merged[key] = replace(known, compared=known.compared + finding.compared)
    return [*differing, *merged.values()]


def as_markdown(findings: Iterable[Finding]) -> str:
    """A table of the findings, the alarming ones first."""
    ordered = sorted(findings, key=lambda finding: not finding.is_alarming)
    return markdown_table(HEADINGS, map(_cells, ordered))


def _cells(finding: Finding) -> list[str]:
    explained = ", ".join(f"{name}: {amount:,}" for name, amount in finding.explained.items())
    numbers = (f"{number:,}" for number in (finding.compared, finding.differing))
    return [
        finding.subject,
        str(finding.day or ""),
        *numbers,
        explained,
        f"{finding.unexplained:,}",
        ", ".join(finding.examples),
    ]
