from schema.vocabulary import MediaType
from tests.fixtures.engines import LazyOn
from tests.fixtures.small_tables import Row, at, made, metrics_of_d, uid

MEDIAN = "response_hours_median"


def answer(name: str, post: str, hours: float, *, by: str, offset: int = -1) -> Row:
    return made(name, at(hours, offset=offset), by=by, post_id=uid(post))


def test_posts_are_counted_in_all_and_by_media(lazy_on: LazyOn) -> None:
    metrics = metrics_of_d(
        lazy_on,
        posts=[
            made("p", at(0), by="ana"),
            made("q", at(23.9), by="ana", media_type=MediaType.VIDEO.value),
            made("r", at(5), by="ben", media_type=MediaType.VIDEO.value),
            made("of yesterday", at(5, offset=-1), by="cid"),
        ],
    )

    assert metrics["posts_created"] == 3
    assert metrics['posts_created {"media_type": "TEXT"}'] == 1
    assert metrics['posts_created {"media_type": "VIDEO"}'] == 2
    assert 'posts_created {"media_type": "IMAGE"}' not in metrics
    assert metrics["active_creators"] == 2


def test_comments_follows_and_unfollows_of_the_day_are_counted(lazy_on: LazyOn) -> None:
    pair = {"follower_id": uid("ana"), "following_id": uid("ben")}

    metrics = metrics_of_d(
        lazy_on,
        comments=[answer("c", "p", 1, by="ana", offset=0), answer("d", "p", 1, by="ana")],
        follows=[pair, pair],
        unfollows=[pair],
    )

    assert metrics["comments_created"] == 1
    assert metrics["follows"] == 2
    assert metrics["unfollows"] == 1


def test_the_first_comment_by_someone_else_is_the_answer(lazy_on: LazyOn) -> None:
    metrics = metrics_of_d(
        lazy_on,
        posts=[made("p", at(10, offset=-1), by="ana")],
        comments=[
            answer("before the post", "p", 9, by="ben"),
            answer("by the author", "p", 10.5, by="ana"),
            answer("first", "p", 12, by="ben"),
            answer("second", "p", 13, by="cid"),
        ],
    )

    assert metrics[MEDIAN] == 2


def test_the_median_of_two_answers_lies_between_them(lazy_on: LazyOn) -> None:
    metrics = metrics_of_d(
        lazy_on,
        posts=[made(name, at(0, offset=-1), by="ana") for name in ("p", "q", "unanswered")],
        comments=[answer("c", "p", 0, by="ben"), answer("d", "q", 23.9999, by="ben", offset=0)],
    )

    assert metrics[MEDIAN] == 24


def test_an_answer_counts_until_the_end_of_the_next_day(lazy_on: LazyOn) -> None:
    metrics = metrics_of_d(
        lazy_on,
        posts=[made("of today", at(1), by="ana"), made("p", at(1, offset=-1), by="ana")],
        comments=[
            answer("too early to tell", "of today", 2, by="ben", offset=0),
            answer("too late", "p", 0, by="ben", offset=1),
        ],
    )

    assert MEDIAN not in metrics
