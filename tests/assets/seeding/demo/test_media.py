import polars as pl

from assets.seeding.demo import Platform
from schema.vocabulary import ProcessingStatus


def test_every_status_occurs(platform: Platform) -> None:
    assert set(platform.media_files["processing_status"]) == set(ProcessingStatus)


def test_what_a_post_shows_was_uploaded_before_and_is_complete(platform: Platform) -> None:
    posts = platform.posts.drop_nulls("media_url")
    shown = posts.join(
        platform.media_files, left_on="media_url", right_on="cdn_url", suffix="_media"
    )

    assert len(shown) == len(posts)
    assert (shown["created_at_media"] <= shown["created_at"]).all()
    assert (shown["user_id_media"] == shown["user_id"]).all()
    assert set(shown["processing_status"]) == {"COMPLETED"}


def test_sizes_are_unknown_until_a_file_was_looked_at(platform: Platform) -> None:
    media = platform.media_files
    pending = pl.col("processing_status") == "PENDING"

    assert media.filter(pending)["file_size"].null_count() == media.filter(pending).height
    assert (media.filter(~pending)["file_size"] > 0).all()


def test_only_what_lasts_has_a_duration(platform: Platform) -> None:
    complete = platform.media_files.filter(pl.col("processing_status") == "COMPLETED")
    lasting = complete["mime_type"].is_in(["video/mp4", "audio/mpeg"])

    assert (complete["duration"].is_not_null() == lasting).all()


def test_metadata_is_json(platform: Platform) -> None:
    kinds = platform.media_files["metadata"].str.json_decode(pl.Struct({"kind": pl.String}))

    assert set(kinds.struct.field("kind")) == {"IMAGE", "VIDEO", "AUDIO", "DOCUMENT"}
