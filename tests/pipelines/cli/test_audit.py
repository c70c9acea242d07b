from datetime import date

import psycopg
import pytest

from assets.resources.postgres import Postgres
from pipelines.cli.audit import audited_days
from schema.errors import UsageError
from schema.windows import DayRange
from tests.fixtures.command import Command, command_of
from tests.fixtures.installation import Installation

D, LAST = date(2024, 2, 28), date(2024, 3, 1)
DAY = DayRange(D, D)
A_LIKE = """
DELETE FROM user_engagement WHERE id = (
    SELECT id FROM user_engagement WHERE engagement_type = 'LIKE'
        AND created_at >= %s::date AND created_at < %s::date + 1 ORDER BY id LIMIT 1
)
"""


@pytest.fixture
def installation(published_installation: Installation) -> Installation:
    return published_installation


@pytest.fixture
def sociallive(installation: Installation) -> Command:
    return command_of(installation)


def test_an_undisturbed_installation_has_nothing_to_explain(sociallive: Command) -> None:
    code, said = sociallive("audit")

    assert code == 0, said
    assert "PostgreSQL and lake" in said


def test_days_of_which_nothing_was_published_are_not_walked(
    installation: Installation,
) -> None:
    platform, lake = Postgres(installation.url), installation.lake

    assert audited_days(platform, lake, "1970-01-01", None) == audited_days(
        platform, lake, None, None
    )
    assert audited_days(platform, lake, str(D), "9998-12-31") == DayRange(D, LAST)
    installation.execute("DELETE FROM pipeline.partition_ledger WHERE partition_date = %s", [LAST])
    assert audited_days(platform, lake, str(D), str(LAST)) == DayRange(D, LAST)
    with pytest.raises(
        UsageError, match=f"^nothing of 1970-01-01 has been published: .* to {LAST} "
    ):
        audited_days(platform, lake, "1970-01-01", "1970-01-01")


def test_what_changed_since_it_was_read_is_explained_and_its_day_named(
    sociallive: Command, installation: Installation
) -> None:
    installation.execute(A_LIKE, [D, D])

    _, said = sociallive("audit", "--from", str(D), "--to", str(D))
    _, status = sociallive("status")

    assert "changed since it was read: 1" in said
    assert f"sociallive run --from {D} --to {D}" in said
    assert f"Changed since it was read: {D}." in status


def test_each_corruption_is_found_and_named(
    sociallive: Command, installation: Installation
) -> None:
    lake = installation.lake
    [gone] = lake.files("comments", DAY)
    gone.unlink()
    [cut] = lake.files("posts", DAY)
    cut.write_bytes(cut.read_bytes()[:-1])
    [user] = installation.rows("SELECT id FROM users ORDER BY id LIMIT 1")
    installation.execute(
        "UPDATE users SET followers_count = followers_count + 1 WHERE id = %s", user
    )
    with psycopg.connect(installation.url, options="-c session_replication_role=replica") as owner:
        owner.execute(
            "INSERT INTO user_engagement (user_id, post_id, engagement_type, created_at) "
            "SELECT user_id, post_id, engagement_type, created_at FROM user_engagement "
            "WHERE created_at >= %s::date ORDER BY created_at, id LIMIT 1",
            [LAST],
        )

    code, said = sociallive("audit")

    assert code == 1
    assert f"{gone} is damaged (missing" in said
    assert f"{cut} is damaged (truncated" in said
    assert f"user_engagement of {LAST} has changed in PostgreSQL since it was read" in said
    assert "users.followers_count is not what user_followers says" in said
    assert str(user[0]) in said
    assert "have no explanation" in said
    assert "Traceback" not in said


def test_a_damaged_day_fails_no_run_of_another_day_and_is_mended_by_its_own(
    sociallive: Command, installation: Installation
) -> None:
    [receipts] = installation.lake.files("score_receipts", DAY)
    receipts.write_bytes(b"no Parquet")
    of_another_day, told = sociallive("run", "--date", str(LAST))
    [file] = installation.lake.files("user_engagement", DAY)
    file.unlink()
    damaged, named = sociallive("audit", "--from", str(D), "--to", str(D))

    ran, _ = sociallive("run", "--date", str(D))
    mended, said = sociallive("audit")

    assert of_another_day == 0, told
    assert f"{receipts} is damaged" in named
    assert (damaged, ran, mended) == (1, 0, 0), said


@pytest.mark.fault
@pytest.mark.parametrize("table", ["user_analytics", "post_engagement_daily"])
def test_a_file_of_its_size_that_nobody_can_read_is_told_with_everything_else(
    sociallive: Command, installation: Installation, table: str
) -> None:
    [zeros] = installation.lake.files(table, DAY)
    zeros.write_bytes(bytes(zeros.stat().st_size))
    [gone] = installation.lake.files("comments", DAY)
    gone.unlink()

    code, said = sociallive("audit")
    sociallive("run", "--date", str(D))
    mended, nothing = sociallive("audit")

    assert code == 1
    assert f"{zeros} is damaged (changed" in said
    assert f"{gone} is damaged (missing" in said
    assert f"run `sociallive run --date {D}`" in said
    assert mended == 0, nothing


def test_what_was_found_is_told_though_a_later_comparison_cannot_be_made(
    sociallive: Command, installation: Installation
) -> None:
    [gone] = installation.lake.files("comments", DAY)
    gone.unlink()
    with psycopg.connect(installation.url) as other:
        other.execute("LOCK TABLE user_analytics")

        code, said = sociallive("audit")

    assert code == 1
    assert f"{gone} is damaged (missing" in said
    assert "Traceback" not in said


def test_status_tells_what_was_restated(sociallive: Command, installation: Installation) -> None:
    installation.execute(A_LIKE, [D, D])
    installation.run(str(LAST))

    code, said = sociallive("status")

    assert code == 0
    assert "Restated in the last 7 days" in said
    assert "user_analytics │ removed" in said.replace("│ │", "│")


def test_lost_rows_are_published_only_when_the_loss_is_accepted(
    sociallive: Command, installation: Installation
) -> None:
    with psycopg.connect(installation.url, options="-c session_replication_role=replica") as owner:
        owner.execute(
            "DELETE FROM user_engagement WHERE created_at >= %s::date "
            "AND created_at < %s::date + 1",
            [D, D],
        )

    refused, said = sociallive("run", "--date", str(D))
    accepted, _ = sociallive("run", "--date", str(D), "--accept-loss")

    assert (refused, accepted) == (1, 0)
    assert "nothing tells of their deletion" in said
    assert f"`sociallive run --date {D} --accept-loss`" in said
    assert installation.metric("engagement_events", str(D), '{"type": "VIEW"}') == 0


def test_nothing_published_is_said_as_such(sociallive: Command, installation: Installation) -> None:
    installation.execute("DELETE FROM pipeline.partition_ledger")

    code, said = sociallive("audit")

    assert code == 2
    assert "nothing has been published yet" in said
