"""What the overview says about posts: the popular ones and how they moved, and the other lists."""

from decimal import Decimal

import polars as pl

from reports.overview.charts import ranking_chart
from reports.overview.facts import PlatformFacts
from reports.overview.figures import Line
from reports.overview.subjects import Chapter, Chart, Subject
from reports.overview.tables import Column, Kind, Table, as_uuid
from reports.overview.words import MINUS, count_of, number
from reports.series_colours import BLUE, GREEN, GREY, VERMILLION
from schema.tables.highlighted_posts import HighlightList
from schema.tables.popular_posts import RankReason

POSTS_DRAWN = 15
ROWS_SHOWN = 50
HIGHLIGHTS_SHOWN = 10
MOVEMENTS = [
    Line(RankReason.NEW.value, "new", BLUE),
    Line(RankReason.RISEN.value, "risen", GREEN),
    Line(RankReason.FALLEN.value, "fallen", VERMILLION),
    Line(RankReason.STEADY.value, "where it was", GREY),
]
POPULAR_COLUMNS = (
    Column("rank", "rank"),
    Column("rank_change", "places gained"),
    Column("engagement_score", "score"),
    Column("post_id", "post", Kind.TEXT),
    Column("author_id", "author", Kind.TEXT),
    Column("created_at", "posted", Kind.MOMENT),
    Column("main_cause", "moved most by", Kind.TEXT),
)
LIST_COLUMNS = (
    Column("rank", "rank"),
    Column("engagement_score", "score"),
    Column("post_id", "post", Kind.TEXT),
    Column("author_id", "author", Kind.TEXT),
    Column("created_at", "posted", Kind.MOMENT),
)
LIST_TITLES = {
    HighlightList.DIVERSE: ("The popular posts, at most two per author", "diverse"),
    HighlightList.SMALL_CREATORS: ("Posts of small creators", "small_creators"),
    HighlightList.RESURFACING: ("Older posts that came back", "resurfacing"),
}
SCORE = (
    "score",
    "Weighted engagement expected over the 24 hours after the end of the day, in LIKEs.",
)


def ranking(facts: PlatformFacts) -> Chapter:
    """The chapter about posts."""
    return Chapter("posts", "Posts", [_popular(facts), _highlights(facts)])


def _popular(facts: PlatformFacts) -> Subject:
    posts = facts.popular.with_columns(as_uuid("post_id"), as_uuid("author_id"))
    table = Table("popular_posts", "Popular posts", posts, POPULAR_COLUMNS, most_rows=ROWS_SHOWN)
    return Subject(
        "popular_posts",
        "Popular posts",
        _popular_finding(facts, posts),
        [] if posts.is_empty() else [_popular_chart(posts.head(POSTS_DRAWN))],
        [table],
        terms=[SCORE, ("places gained", "Since the day before; none when not ranked then.")],
        is_wide=True,
    )


def _popular_chart(posts: pl.DataFrame) -> Chart:
    rows = posts.select("rank", "rank_change", "post_id").rows()
    labels = [f"#{rank}  {_movement(change)}  {post[:8]}" for rank, change, post in rows]
    scores: list[Decimal] = posts["engagement_score"].to_list()
    figure = ranking_chart(labels, scores, posts["reason"].to_list(), MOVEMENTS)
    return Chart(figure, f"Scores of the first {len(labels)} posts, and how they moved")


def _movement(change: int | None) -> str:
    if change is None:
        return "new"
    if not change:
        return "="
    return f"+{change}" if change > 0 else f"{MINUS}{-change}"


def _popular_finding(facts: PlatformFacts, posts: pl.DataFrame) -> str:
    if posts.is_empty():
        return "No post is ranked in these days."
    reasons = dict(posts["reason"].value_counts().iter_rows())
    parts = [
        f"{number(reasons[reason.value])} {name}"
        for reason, name in (
            (RankReason.NEW, "new"),
            (RankReason.RISEN, "risen"),
            (RankReason.FALLEN, "fallen"),
            (RankReason.STEADY, "where they were"),
        )
        if reason.value in reasons
    ]
    day = facts.named(posts["date"][0])
    return (
        f"At the end of {day}, {count_of(posts.height, 'post')} are ranked: "
        f"{', '.join(parts)}. {_climber(posts)}"
    )


def _climber(posts: pl.DataFrame) -> str:
    risen = posts.filter(pl.col("rank_change") > 0)
    if risen.is_empty():
        return "None climbed."
    best = risen.sort("rank_change", "rank", descending=[True, False]).row(0, named=True)
    places = count_of(best["rank_change"], "place")
    return f"The highest climb: {places}, to {best['rank']} (post {best['post_id'][:8]})."


def _highlights(facts: PlatformFacts) -> Subject:
    posts = facts.highlighted.with_columns(as_uuid("post_id"), as_uuid("author_id"))
    parts = {name: posts.filter(pl.col("list") == name.value) for name in LIST_TITLES}
    tables = [
        Table(f"highlights_{LIST_TITLES[name][1]}", LIST_TITLES[name][0], part, LIST_COLUMNS)
        for name, part in parts.items()
    ]
    return Subject(
        "highlights",
        "Other lists",
        _highlights_finding(facts, posts),
        tables=[_shortened(table) for table in tables],
        terms=[SCORE],
        is_wide=True,
    )


def _highlights_finding(facts: PlatformFacts, posts: pl.DataFrame) -> str:
    if posts.is_empty():
        return "No post is on a list in these days."
    counts = dict(posts["list"].value_counts().iter_rows())
    diverse, small, back = (number(counts.get(name.value, 0)) for name in LIST_TITLES)
    return (
        f"At the end of {facts.named(posts['date'][0])}: {diverse} of diverse authors, {small} of "
        f"small creators, {back} older ones that came back."
    )


def _shortened(table: Table) -> Table:
    return Table(table.name, table.title, table.frame, table.columns, most_rows=HIGHLIGHTS_SHOWN)
