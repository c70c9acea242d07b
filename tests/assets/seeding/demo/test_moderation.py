import polars as pl

from assets.seeding.demo import Platform
from schema.vocabulary import ContentType

TABLES = {
    ContentType.POST: "posts",
    ContentType.COMMENT: "comments",
    ContentType.USER_PROFILE: "users",
    ContentType.MEDIA: "media_files",
}


def test_cases_of_every_kind_are_pending_and_decided(platform: Platform) -> None:
    cases = platform.content_moderation
    decided = cases.filter(pl.col("reviewed_at").is_not_null())

    assert set(cases["content_type"]) == set(ContentType)
    assert set(decided["content_type"]) == set(ContentType)
    assert set(decided["status"]) == {"APPROVED", "REJECTED", "FLAGGED"}
    assert set(cases.filter(pl.col("reviewed_at").is_null())["status"]) == {"PENDING", "FLAGGED"}


def test_cases_are_about_content_that_existed(platform: Platform) -> None:
    for kind, table in TABLES.items():
        content: pl.DataFrame = getattr(platform, table).select(content_id="id", made="created_at")
        cases = platform.content_moderation.filter(pl.col("content_type") == kind)
        known = cases.join(content, on="content_id")
        assert len(known) == len(cases) > 0
        assert (known["created_at"] >= known["made"]).all()


def test_decisions_come_after_reports_and_from_moderators(platform: Platform) -> None:
    decided = platform.content_moderation.drop_nulls("moderator_id")
    staff = platform.users.filter(pl.col("role").is_in(["MODERATOR", "ADMIN"]))

    assert len(decided) > 0
    assert (decided["reviewed_at"] >= decided["created_at"]).all()
    assert decided.join(staff, left_on="moderator_id", right_on="id", how="anti").is_empty()


def test_scores_lie_between_zero_and_one(platform: Platform) -> None:
    assert platform.content_moderation["automated_score"].cast(pl.Float64).is_between(0, 1).all()
