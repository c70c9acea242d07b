"""A commit that PostgreSQL refuses after the files of the lake are in place."""

import pytest

from schema.errors import RunFailedError
from schema.windows import DayRange, parse_day
from tests.fixtures.everything import everything
from tests.fixtures.installation import Copy, Installation, copy_installation

pytestmark = pytest.mark.fault

CHANGED, ASKED = "2024-02-28", "2024-03-02"
DAYS = DayRange(parse_day("2024-02-26"), parse_day(ASKED))
LATE_ROW = """
INSERT INTO user_engagement (id, user_id, post_id, engagement_type, created_at)
SELECT
    '00000000-0000-4000-8000-000000000001', users.id, posts.id, 'SHARE', '2024-02-28 12:00:00+00'
FROM posts
INNER JOIN users ON users.id <> posts.user_id
WHERE posts.created_at >= '2024-02-28' AND posts.created_at < '2024-02-28 12:00:00+00'
ORDER BY posts.id, users.id
LIMIT 1
"""
REFUSE_THE_COMMIT = """
CREATE FUNCTION refuse_the_commit() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'could not extend file' USING ERRCODE = 'disk_full';
END
$$
"""
OF_PARTITION = """
CREATE CONSTRAINT TRIGGER refuse_the_commit
AFTER UPDATE ON pipeline.partition_ledger
DEFERRABLE INITIALLY DEFERRED
FOR EACH ROW
WHEN (new.table_name = '{table}' AND new.partition_date = '2024-02-28' AND new.state = 'published')
EXECUTE FUNCTION refuse_the_commit()
"""


@pytest.fixture(scope="module")
def undisturbed(published_template: Installation, lasting_copies: Copy) -> Installation:
    installation = copy_installation(published_template, lasting_copies)
    installation.execute(LATE_ROW)
    installation.run(ASKED)
    return installation


@pytest.mark.parametrize(
    "table", ["user_engagement", "user_activity", "user_analytics", "system_metrics", "post_scores"]
)
def test_days_before_the_asked_one_whose_commit_was_refused_are_published_by_the_next_run(
    published_installation: Installation, undisturbed: Installation, table: str
) -> None:
    installation = published_installation
    installation.execute(LATE_ROW)
    installation.execute(REFUSE_THE_COMMIT)
    installation.execute(OF_PARTITION.format(table=table))
    with pytest.raises(RunFailedError, match=r"could not extend file.*run again"):
        installation.run(ASKED)
    installation.execute("DROP FUNCTION refuse_the_commit CASCADE")

    installation.run(ASKED)

    assert everything(installation, DAYS) == everything(undisturbed, DAYS)
    unfinished = "SELECT count(*) FROM pipeline.partition_ledger WHERE state <> 'published'"
    assert installation.rows(unfinished) == [(0,)]
