"""A small lake, and the views over it as analysts get them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from assets.resources.cold_months import ColdStore
from assets.resources.lake import Lake
from reports.views.catalogue import views_of
from reports.views.session import Session, open_session
from schema.tables.posts import Posts
from schema.tables.user_analytics import UserAnalytics
from schema.tables.user_engagement import UserEngagement
from tests.fixtures.quick_lake import put_day, put_days
from tests.fixtures.small_tables import at, day, event, made, table, uid

COLD = "cold"


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    """Three days of posts and two of events, below a folder whose name is a pattern with quotes."""
    lake = Lake(tmp_path / "it's [a] h*me" / "lake")
    moments = {n: at(1, offset=n) for n in range(-2, 1)}
    posts = [made(f"post {n}", moments[n], by="ann", created_at=moments[n]) for n in moments]
    put_days(lake, "posts", table(Posts, posts), [day(-2), day(-1), day()])
    events = [
        event("bob", kind, author="ann", id=uid(kind), date=day(offset), source="<b>=1+1")
        for kind, offset in (("VIEW", -1), ("LIKE", 0), ("SAVE", 0))
    ]
    put_days(lake, "user_engagement", table(UserEngagement, events), [day(-1), day()])
    put_day(lake, "users", day())
    numbers = dict.fromkeys(UserAnalytics.to_schema().columns, 1) | {
        "date": day(),
        "user_id": uid("ann"),
    }
    rows = table(UserAnalytics, [numbers])
    put_days(lake, "user_analytics", rows, [day()], is_final=False)
    return lake


@pytest.fixture
def session(lake: Lake, tmp_path: Path) -> Iterator[Session]:
    cold = ColdStore(tmp_path / COLD)
    views = views_of(lake, cold)
    with open_session(views, [lake.root, cold.root], tmp_path / "scratch") as session:
        yield session
