from datetime import date

import polars as pl
import pytest

from assets.analytics.platform_inputs import known_accounts, system_metric_inputs
from assets.resources.lake import Lake
from assets.resources.lineage import Lineage
from assets.resources.published import Published
from schema.errors import MissingPartitionError
from schema.tables.columns import Contract
from schema.tables.comments import Comments
from schema.tables.follows import Follows
from schema.tables.late_accounts import LateAccounts
from schema.tables.media_files import MediaFiles
from schema.tables.moderation_states import ModerationStates
from schema.tables.post_engagement_daily import PostEngagementDaily
from schema.tables.posts import Posts
from schema.tables.session_states import SessionStates
from schema.tables.unfollows import Unfollows
from schema.tables.user_activity import UserActivity
from schema.tables.users import Users
from schema.windows import DayRange
from tests.fixtures.engines import ENGINES, LazyOn, engine_of
from tests.fixtures.intake import put
from tests.fixtures.small_tables import at, day, made, table, uid

HISTORY = DayRange(date(2024, 2, 28), date(2024, 3, 1))
DAYS = DayRange(date(2024, 3, 1), date(2024, 3, 1))
WITH_HISTORY: dict[str, type[Contract]] = {
    "user_activity": UserActivity,
    "users": Users,
    "posts": Posts,
    "comments": Comments,
}
OF_THE_DAY: dict[str, type[Contract]] = {
    "late_accounts": LateAccounts,
    "follows": Follows,
    "unfollows": Unfollows,
    "post_engagement_daily": PostEngagementDaily,
    "session_states": SessionStates,
    "moderation_states": ModerationStates,
    "media_files": MediaFiles,
}


@pytest.fixture(params=ENGINES)
def published(request: pytest.FixtureRequest, lake: Lake) -> Published:
    """Exactly the partitions that the metrics of the day are said to need."""
    for names, days in [(WITH_HISTORY, HISTORY), (OF_THE_DAY, DAYS)]:
        for name, contract in names.items():
            for each in days:
                put(lake, name, each, table(contract, []).drop("date"))
    return Published(lake, engine_of(request))


def lineage_of(published: Published, history: int) -> Lineage:
    read = dict.fromkeys(OF_THE_DAY, 0) | dict.fromkeys(WITH_HISTORY, history)
    return Lineage(published.lake, read, first_day=date(2024, 1, 1))


def test_the_metrics_need_the_day_of_each_table_and_the_history_of_four(
    published: Published,
) -> None:
    post = table(Posts, [made("p", at(12, offset=-1), by="author")]).drop("date")
    put(published.lake, "posts", HISTORY.first, post)

    inputs = system_metric_inputs(
        published, DAYS, lineage=lineage_of(published, 2), source_tables=[]
    )

    posts = inputs.posts.collect("polars").to_native()
    assert posts.select("date", "id").rows() == [(HISTORY.first, uid("p"))]
    assert inputs.calendar.collect("polars").to_native().height == 1
    assert inputs.ingest.collect("polars").to_native().is_empty()


@pytest.mark.parametrize("name", WITH_HISTORY)
def test_a_day_of_history_that_is_missing_is_named(published: Published, name: str) -> None:
    longer = HISTORY.preceded_by(1)
    for other in WITH_HISTORY.keys() - {name}:
        put(published.lake, other, longer.first, table(WITH_HISTORY[other], []).drop("date"))

    with pytest.raises(MissingPartitionError, match=f"no {name} of 2024-02-27"):
        system_metric_inputs(published, DAYS, lineage=lineage_of(published, 3), source_tables=[])


def test_accounts_are_known_by_their_day_and_late_ones_once(lazy_on: LazyOn) -> None:
    users = table(Users, [{"id": uid("a")}, {"id": uid("b"), "date": day(1)}])
    late = table(
        LateAccounts,
        [
            {"id": uid("later"), "created_at": at(5, offset=9)},
            {"id": uid("later"), "created_at": at(5, offset=9), "date": day(1)},
            # Late for D, but created on the next day of the range: among its users already.
            {"id": uid("b"), "created_at": at(5, offset=1)},
        ],
    )

    accounts = known_accounts(lazy_on(users), lazy_on(late), DayRange(day(0), day(1)))

    frame: pl.DataFrame = accounts.collect("polars").to_native()
    assert sorted(frame.select("id", "date").rows()) == [
        (uid("a"), day(0)),
        (uid("b"), day(1)),
        (uid("later"), day(9)),
    ]
