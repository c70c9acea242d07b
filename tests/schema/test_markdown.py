from hypothesis import example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from schema.markdown import markdown_table

# Letters and everything that Markdown, HTML or a table could take for its own.
TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=12) | st.text(
    "a1_*`~|\\<>&[]()!#-+=:;\"'/.@ \n\t{}$^", max_size=12
)


def shown(markdown: str) -> list[list[str]]:
    """Rows of the only table, as a renderer that we did not write would show them."""
    tokens = MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(markdown)
    assert [token.type for token in tokens].count("table_open") == 1
    cells: list[list[str]] = []
    for token in tokens:
        if token.type == "tr_open":
            cells.append([])
        if token.type == "inline":
            assert {child.type for child in token.children or []} <= {"text", "text_special"}
            cells[-1].append("".join(child.content for child in token.children or []))
    return cells


def test_a_table_has_a_header_and_a_line_for_each_row() -> None:
    table = markdown_table(["name", "unit"], [("a", "rows"), ("b", "")])

    assert table == "| name | unit |\n| --- | --- |\n| a | rows |\n| b |  |\n"


def test_names_with_underscores_stay_readable_in_the_source() -> None:
    assert "| posts_created |" in markdown_table(["name"], [("posts_created",)])


def test_a_pipe_opens_no_column_and_a_line_break_no_row() -> None:
    table = markdown_table(["name", "unit"], [("a|b\nc", "<b>bold</b>")])

    assert shown(table) == [["name", "unit"], ["a|b c", "<b>bold</b>"]]


@example(["__a__", "\\"])
@example(["`|`", "&amp;"])
@example(["![x](y)", "<!-- -->"])
@given(st.lists(TEXTS, min_size=2, max_size=2))
@settings(max_examples=300, derandomize=True, database=None)
def test_every_text_is_shown_as_it_is_but_for_white_space(texts: list[str]) -> None:
    header = ["name", "definition"]

    rows = shown(markdown_table(header, [texts]))

    assert rows == [header, [" ".join(text.split()) for text in texts]]
