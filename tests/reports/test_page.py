import json
import re

from plotly.graph_objects import Bar, Figure

from reports.page import chart, definitions, folded, heading, paragraph, render_page, table

HOSTILE = "</script><script>alert(1)</script><!-- & \" ' $body"
SAFE = "&lt;/script&gt;&lt;script&gt;alert(1)&lt;/script&gt;&lt;!-- &amp; &quot; &#x27; $body"


def test_text_is_shown_and_never_run() -> None:
    shown = [
        heading(HOSTILE),
        paragraph(HOSTILE),
        table(HOSTILE, [HOSTILE], [[HOSTILE]]),
        folded(HOSTILE, ""),
        definitions([(HOSTILE, HOSTILE)]),
    ]

    assert [part.count(SAFE) for part in shown] == [1, 1, 4, 1, 2]
    assert not any("<script" in part for part in shown)


def test_text_in_a_chart_cannot_end_its_element_and_stays_what_it_is() -> None:
    part = chart(Figure([Bar(x=[HOSTILE], y=[1])]), HOSTILE)

    [facts] = re.findall(r'<script type="application/json">(.*?)</script>', part, re.DOTALL)
    assert part.count("</script") == 1
    assert "<!--" not in facts
    assert json.loads(facts)["data"][0]["x"] == [HOSTILE]


def test_a_page_has_its_title_in_plain_text_and_its_library_once() -> None:
    page = render_page("a < b", [chart(Figure(), "one"), chart(Figure(), "two")])

    assert "<title>a &lt; b</title>" in page
    assert page.count("* plotly.js v") == 1


def test_a_page_may_load_nothing_and_sends_nothing() -> None:
    page = render_page("title", [])
    own = page.replace(re.findall(r"<script>(.*?)</script>", page, re.DOTALL)[0], "")

    assert "default-src 'none'" in own
    assert "http" not in own.replace("http-equiv", "")
    assert "displaylogo: false" in own
    assert "showSendToCloud: false" in own


def test_marked_rows_stand_out() -> None:
    part = table("", ["name"], [["score"], ["other"]], marked=["score"])

    assert re.findall(r'<tr[^>]*><th scope="row">(\w+)', part) == ["score", "other"]
    assert part.count('<tr class="mark"><th scope="row">score') == 1
    assert part.count('class="mark"') == 1


def test_a_table_wider_than_the_screen_is_scrolled_from_the_keyboard() -> None:
    part = table('Posts "new"', ["name"], [["score"]])

    assert 'role="region" tabindex="0" aria-label="Posts &quot;new&quot;"' in part
