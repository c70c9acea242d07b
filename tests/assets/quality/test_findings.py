from datetime import date

import pytest

from assets.quality.findings import Finding, about, alarming, as_markdown, merge_quiet

DAY = date(2024, 2, 29)
QUIET = Finding("check", "posts.likes_count", compared=2)
EXPLAINED = Finding(
    "check", "posts", DAY, compared=1_000, differing=2, explained={"archived": 1_234}
)
ALARM = Finding("check", "post_states: missing", DAY, unexplained=3, examples=("a", "b"))


def test_only_what_is_unexplained_alarms() -> None:
    assert alarming([QUIET, EXPLAINED, ALARM]) == [ALARM]


def test_a_single_difference_that_nothing_explains_alarms() -> None:
    assert Finding("check", "posts", DAY, unexplained=1).is_alarming


def test_a_difference_about_no_single_day_is_not_merged_away() -> None:
    differing = Finding("check", "posts.likes_count", compared=3, differing=1, unexplained=1)

    assert differing in merge_quiet([QUIET, differing])


def test_the_table_shows_the_alarms_first() -> None:
    assert as_markdown([QUIET, EXPLAINED, ALARM]).splitlines()[2:] == [
        "| post_states: missing | 2024-02-29 | 0 | 0 |  | 3 | a, b |",
        "| posts.likes_count |  | 2 | 0 |  | 0 |  |",
        "| posts | 2024-02-29 | 1,000 | 2 | archived: 1,234 | 0 |  |",
    ]


def test_a_file_name_in_an_example_is_text_whatever_it_spells() -> None:
    hostile = Finding("check", "cold store", unexplained=1, examples=("![x](//evil)|<b>",))

    assert as_markdown([hostile]).splitlines()[2].endswith(r"| !\[x\](//evil)\|\<b\> |")


@pytest.mark.parametrize(
    ("table", "expected"), [("posts", [QUIET, EXPLAINED]), ("post_states", [ALARM]), ("post", [])]
)
def test_findings_belong_to_the_table_that_they_begin_with(
    table: str, expected: list[Finding]
) -> None:
    assert about([QUIET, EXPLAINED, ALARM], table) == expected


def test_what_agrees_is_added_up_and_every_difference_stays() -> None:
    assert merge_quiet([QUIET, EXPLAINED, QUIET, EXPLAINED, ALARM]) == [
        EXPLAINED,
        EXPLAINED,
        ALARM,
        Finding("check", "posts.likes_count", compared=4),
    ]
