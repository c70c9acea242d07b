from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from urllib.parse import urljoin
from uuid import UUID

import httpx
import pytest

from assets.resources.postgres import Postgres
from reports.creator.model import Period, ReportPeriod
from reports.delivery.kept_choices import KeptChoices
from reports.delivery.links import Links, page_token, unsubscribe_token
from reports.delivery.web import LinkTargets
from tests.fixtures.mail_reports import WEEK
from tests.fixtures.post_office import KEY, PostOffice
from tests.fixtures.web_server import served

ANN, BOB = UUID(int=1), UUID(int=2)
SOON_AFTER = datetime(2024, 3, 9, tzinfo=UTC)
PAGE = "<!doctype html><script src='../shared/report.abc.js'></script><a href='history.csv'>"


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Pages as the creators' reports are published."""
    folder = tmp_path_factory.mktemp("home") / "reports"
    files = {
        f"creators/{ANN}/week-2024-03-02.html": PAGE,
        f"creators/{ANN}/history.csv": "date\n2024-03-02\n",
        f"creators/{BOB}/week-2024-03-02.html": "about bob",
        "creators/shared/report.abc.js": "draw()",
        "creators/shared/notes.txt": "not to be served",
        "secret.js": "above",
    }
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content)
    (folder / "creators/shared/link.js").symlink_to(folder / "secret.js")
    return folder


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> KeptChoices:
    return KeptChoices(tmp_path_factory.mktemp("preferences"))


@pytest.fixture(scope="module")
def browse(delivery_database: str, reports: Path, kept: KeptChoices) -> Iterator[httpx.Client]:
    targets = LinkTargets(KEY, Postgres(delivery_database), reports, kept, lambda: SOON_AFTER)
    with served(targets.application()) as client:
        yield client


def page_path(user_id: UUID) -> str:
    """Where a page is below any public URL."""
    return str(Links(KEY, "https://a.example").page(user_id, WEEK)).removeprefix(
        "https://a.example"
    )


def choice_path(user_id: UUID) -> str:
    """Where a choice is below any public URL."""
    url = str(Links(KEY, "https://a.example").preferences(user_id))
    return url.removeprefix("https://a.example")


def choice(office: PostOffice) -> list[tuple[str, str]]:
    return office.rows("SELECT frequency, changed_by FROM pipeline.report_preferences")


def test_a_link_in_mail_opens_the_page_and_the_page_s_own_links_work(browse: httpx.Client) -> None:
    page = browse.get(page_path(ANN))
    script = browse.get(urljoin(str(page.url), "../shared/report.abc.js"))
    history = browse.get(urljoin(str(page.url), "history.csv"))

    assert (page.status_code, page.text) == (200, PAGE)
    assert (script.status_code, script.text) == (200, "draw()")
    assert script.headers["content-type"].startswith("text/javascript")
    assert history.text == "date\n2024-03-02\n"
    assert browse.get(page_path(ANN).rstrip("/")).text == PAGE


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/reports/",
        "/reports/nonsense/",
        f"/reports/{unsubscribe_token(KEY, ANN)}/",
        f"/reports/{page_token(b'x' * 32, ANN, WEEK)}/",
        f"/reports/{page_token(KEY, ANN, ReportPeriod(Period.DAY, date(2024, 3, 2)))}/",
        f"/reports/{page_token(KEY, ANN, WEEK)}/week-2024-03-02.html",
        f"/reports/{page_token(KEY, ANN, WEEK)}/..%2f{BOB}%2fweek-2024-03-02.html",
        f"/reports/{page_token(KEY, BOB, WEEK)}/history.csv",
        "/reports/shared/notes.txt",
        "/reports/shared/link.js",
        "/reports/shared/..%2f..%2fsecret.js",
        "/reports/shared/%2e%2e%2fsecret.js",
        f"/unsubscribe/{page_token(KEY, ANN, WEEK)}",
        "/unsubscribe/nonsense",
    ],
)
def test_what_is_not_a_link_of_ours_leads_to_one_kind_sentence(
    browse: httpx.Client, path: str
) -> None:
    answer = browse.get(path)

    assert answer.status_code == 404
    assert answer.text.count("This link does not lead anywhere") == 1


@pytest.mark.parametrize(("days", "status"), [(400, 200), (401, 404)])
def test_a_page_opens_for_400_days_and_the_choice_for_ever(
    office: PostOffice, reports: Path, kept: KeptChoices, days: int, status: int
) -> None:
    later = datetime(2024, 3, 2, tzinfo=UTC) + timedelta(days=days)

    targets = LinkTargets(KEY, office.postgres, reports, kept, lambda: later)
    with served(targets.application()) as browse:
        assert browse.get(page_path(ANN)).status_code == status
        assert browse.get(page_path(ANN) + "history.csv").status_code == status
        assert browse.get(choice_path(ANN)).status_code == 200


def test_one_click_unsubscribes_without_session_or_question(
    browse: httpx.Client, office: PostOffice
) -> None:
    [ann] = office.add("ann")

    answer = browse.post(
        choice_path(ann),
        content="List-Unsubscribe=One-Click",
        headers={"Content-Type": "application/x-www-form-urlencoded"},
    )

    assert answer.status_code == 200
    assert "set-cookie" not in answer.headers
    assert choice(office) == [("off", "creator")]


def test_one_click_as_a_form_with_parts_unsubscribes_too(
    browse: httpx.Client, office: PostOffice
) -> None:
    [ann] = office.add("ann")

    browse.post(choice_path(ann), files={"List-Unsubscribe": (None, "One-Click")})

    assert choice(office) == [("off", "creator")]


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "PUT"])
def test_only_a_post_changes_anything(
    browse: httpx.Client, office: PostOffice, method: str
) -> None:
    [ann] = office.add("ann")

    browse.request(method, choice_path(ann), content="frequency=off")

    assert choice(office) == []


def test_the_page_shows_the_choice_and_its_buttons_change_it(
    browse: httpx.Client, office: PostOffice
) -> None:
    [ann] = office.add("ann")
    url = choice_path(ann)
    assert "Your report comes every week" in browse.get(url).text

    answer = browse.post(url, data={"frequency": "monthly"})
    assert "Done: your report comes every month" in answer.text
    assert choice(office) == [("monthly", "creator")]

    browse.post(url, data={"frequency": "off"})
    assert "You get no reports by mail" in browse.get(url).text
    assert choice(office) == [("off", "creator")]


def test_a_choice_that_there_is_not_is_refused(browse: httpx.Client, office: PostOffice) -> None:
    [ann] = office.add("ann")

    answer = browse.post(choice_path(ann), data={"frequency": "hourly"})

    assert answer.status_code == 400
    assert choice(office) == []


def test_an_erased_creator_s_link_still_answers_and_keeps_nothing(
    browse: httpx.Client, office: PostOffice
) -> None:
    answer = browse.post(choice_path(ANN), data={"frequency": "off"})

    assert answer.status_code == 200
    assert choice(office) == []


def test_a_database_that_is_away_is_told_kindly(reports: Path, tmp_path: Path) -> None:
    away = Postgres("postgresql://postgres@127.0.0.1:1/nothing")
    kept = KeptChoices(tmp_path)

    with served(LinkTargets(KEY, away, reports, kept).application()) as browse:
        answer = browse.post(choice_path(ANN))

    assert answer.status_code == 503
    assert "nothing was changed" in answer.text
    assert list(kept.read()) == []


def test_a_choice_that_the_home_cannot_keep_changes_nothing_and_is_told_kindly(
    office: PostOffice, reports: Path, tmp_path: Path
) -> None:
    [ann] = office.add("ann")
    (tmp_path / "file").touch()
    kept = KeptChoices(tmp_path / "file")

    with served(LinkTargets(KEY, office.postgres, reports, kept).application()) as browse:
        answer = browse.post(choice_path(ann))

    assert answer.status_code == 503
    assert "nothing was changed" in answer.text
    assert choice(office) == []


def test_every_answer_is_kept_nowhere_and_tells_nobody(browse: httpx.Client) -> None:
    paths = [page_path(ANN), choice_path(ANN), "/nonsense", "/reports/shared/report.abc.js"]

    for path in paths:
        headers = browse.get(path).headers
        assert headers["cache-control"] == "no-store"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["x-robots-tag"] == "noindex, nofollow"
        assert headers["x-content-type-options"] == "nosniff"
        assert "default-src 'none'" in headers["content-security-policy"]
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert not {"set-cookie", "etag", "last-modified"} & set(headers)


def test_the_key_is_not_shown(office: PostOffice, reports: Path, kept: KeptChoices) -> None:
    assert "kkkk" not in f"{LinkTargets(KEY, office.postgres, reports, kept)} {Links(KEY)}"
