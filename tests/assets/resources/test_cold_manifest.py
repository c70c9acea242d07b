from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from assets.resources.cold_manifest import (
    Chain,
    ColdManifest,
    ColumnProof,
    Link,
    Proof,
    digest_of,
    dropped_files,
    read_cold_manifest,
    write_cold_manifest,
)
from assets.resources.manifest import DataFile
from assets.resources.row_count import Count

JANUARY, FEBRUARY = date(2024, 1, 1), date(2024, 2, 1)
OWN, OTHER = (DataFile(f"part-{n}.parquet", 1, 100, "aa") for n in (0, 1))
MANIFEST = ColdManifest(
    month=JANUARY,
    sequence=3,
    previous="b",
    load_id="load",
    files=[OWN, OTHER],
    archived=Count(1, 1 << 70),
    proof=Proof(2, 2, 10, 20, {"row": ColumnProof(2, 1 << 70)}),
    days={JANUARY: Count(1, -5), date(2024, 1, 31): Count(1, 7)},
    snapshot="1:1:",
    written_at=datetime(2024, 4, 1, tzinfo=UTC),
    dropped=[OTHER.name],
)
CHAIN = Chain([Link(1, JANUARY, "a", ""), Link(2, FEBRUARY, "b", "a")])


@pytest.mark.parametrize(
    ("names", "dropped_as", "dropped"),
    [
        ([OTHER.name], None, []),
        ([OTHER.name], "an older one", [OTHER]),
        ([OTHER.name], "this one", [OWN, OTHER]),
        ([], "an older one", []),
        # Older versions did not tell.
        (None, "an older one", [OWN, OTHER]),
        (None, None, []),
    ],
)
def test_dropped_are_files_that_were_by_then_and_all_when_the_month_was_dropped_as_it_is(
    names: list[str] | None, dropped_as: str | None, dropped: list[DataFile]
) -> None:
    signed = replace(MANIFEST, dropped=names), "this one"

    assert dropped_files(signed, dropped_as) == dropped


def test_a_manifest_comes_back_as_it_was_with_the_digest_of_its_text(tmp_path: Path) -> None:
    text = write_cold_manifest(MANIFEST)
    (tmp_path / "manifest.json").write_text(text, encoding="utf-8")

    assert read_cold_manifest(tmp_path / "manifest.json") == (MANIFEST, digest_of(text))


def test_the_order_in_which_days_were_counted_does_not_change_the_text() -> None:
    backwards = replace(MANIFEST, days=dict(reversed(MANIFEST.days.items())))

    assert write_cold_manifest(backwards) == write_cold_manifest(MANIFEST)


def test_only_the_manifest_that_names_the_newest_one_continues_the_chain() -> None:
    assert CHAIN.is_continued_by(MANIFEST)
    assert not CHAIN.is_continued_by(replace(MANIFEST, previous="a"))
    assert not CHAIN.is_continued_by(replace(MANIFEST, sequence=2))
    assert Chain().is_continued_by(replace(MANIFEST, sequence=1, previous=""))


@pytest.mark.parametrize(
    ("position", "link"),
    [
        (1, Link(2, FEBRUARY, "b", "another")),
        (1, Link(3, FEBRUARY, "b", "a")),
        (0, Link(1, JANUARY, "a", "b")),
        (0, Link(0, JANUARY, "a", "")),
    ],
)
def test_a_link_that_does_not_follow_from_the_one_before_is_named(
    position: int, link: Link
) -> None:
    links = list(CHAIN.links)
    links[position] = link

    assert CHAIN.broken_links() == []
    assert [said.split()[1] for said in Chain(links).broken_links()] == [str(position + 1)]
