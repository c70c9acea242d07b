"""Requests that no browser makes, sent byte by byte: each ends, none leads out, others go on."""

import socket
from collections.abc import Iterator
from datetime import UTC, datetime
from uuid import UUID

import httpx
import pytest

from assets.resources.postgres import Postgres
from reports.delivery.kept_choices import KeptChoices
from reports.delivery.links import page_token, unsubscribe_token
from reports.delivery.web import LinkTargets
from tests.fixtures.mail_reports import WEEK
from tests.fixtures.post_office import KEY
from tests.fixtures.web_server import served

ANN = UUID(int=1)
NOWHERE = Postgres("postgresql://postgres@127.0.0.1:1/nothing")
SECRET = "not to be served"
TOKEN = page_token(KEY, ANN, WEEK)


@pytest.fixture(scope="module")
def browse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    reports = tmp_path_factory.mktemp("home") / "reports"
    folder = reports / "creators" / str(ANN)
    folder.mkdir(parents=True)
    (folder / "week-2024-03-02.html").write_text("the page")
    (reports / "secret.js").write_text(SECRET)
    soon = datetime(2024, 3, 9, tzinfo=UTC)
    with served(
        LinkTargets(
            KEY, NOWHERE, reports, KeptChoices(reports / "preferences"), lambda: soon
        ).application()
    ) as client:
        yield client


@pytest.fixture
def line(browse: httpx.Client) -> Iterator[socket.socket]:
    """A connection on which anything can be sent."""
    with socket.create_connection((browse.base_url.host, browse.base_url.port or 0), 20) as made:
        yield made


def answer_to(line: socket.socket, request: bytes) -> bytes:
    """All that comes back until the server hangs up, as it is asked to."""
    line.sendall(request)
    received = b""
    while piece := line.recv(65_536):
        received += piece
    return received


@pytest.mark.parametrize(
    "path",
    [
        "/reports/shared/../../secret.js",
        "/reports/shared/..\\..\\secret.js",
        "/reports/shared/%2e%2e%2f%2e%2e%2fsecret.js",
        "/reports/shared/%252e%252e%252fsecret.js",
        "/reports/shared/%c0%ae%c0%ae%c0%afsecret.js",
        "/reports/shared//secret.js",
        "/reports/shared/%00.js",
        "/reports/shared/secret.js%00.css",
        f"/reports/{TOKEN}/../../../secret.js",
        f"/reports/{TOKEN}/%2e%2e/%2e%2e/secret.js",
        "//secret.js",
        "/reports/" + "A" * 10_000 + "/",
        "http://elsewhere.example/secret.js",
    ],
)
def test_no_path_leads_out_of_what_is_published(line: socket.socket, path: str) -> None:
    request = f"GET {path} HTTP/1.1\r\nHost: a.example\r\nConnection: close\r\n\r\n"

    answer = answer_to(line, request.encode("latin-1"))

    assert answer.split(b" ", 2)[1] in {b"404", b"400"}
    assert SECRET.encode() not in answer


@pytest.mark.parametrize("method", ["TRACE", "DELETE", "PATCH", "CONNECT", "PROPFIND", "get"])
def test_other_methods_are_refused_and_echo_nothing(line: socket.socket, method: str) -> None:
    head = f"{method} /unsubscribe/{unsubscribe_token(KEY, ANN)} HTTP/1.1\r\nHost: a.example\r\n"

    answer = answer_to(line, f"{head}Cookie: secret\r\nConnection: close\r\n\r\n".encode())

    assert answer.split(b" ", 2)[1] in {b"404", b"405", b"400"}
    assert b"Cookie" not in answer


@pytest.mark.parametrize(
    "request_of",
    [
        b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"x" * 200_000 + b"\r\n\r\n",
        b"GET /" + b"x" * 200_000 + b" HTTP/1.1\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\0" * 200 + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 50\r\n\r\nhello",
        b"GET / HTTP/1.1\r\nHost : a\r\n\r\n",
    ],
)
def test_what_is_no_request_is_hung_up_on_and_the_next_is_served(
    browse: httpx.Client, line: socket.socket, request_of: bytes
) -> None:
    try:
        answer = answer_to(line, request_of)
    except ConnectionError:
        answer = b""

    assert answer[:12] in {b"", b"HTTP/1.1 400", b"HTTP/1.1 431"}
    assert browse.get(f"/reports/{TOKEN}/").text == "the page"


def test_a_body_that_never_ends_is_not_read_to_its_end(line: socket.socket) -> None:
    path = f"/unsubscribe/{unsubscribe_token(KEY, ANN)}"
    head = f"POST {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: {10**12}\r\n"

    answer = answer_to(line, head.encode() + b"\r\n" + b"frequency=hourly&" + b"x" * 4_000)

    assert answer.startswith(b"HTTP/1.1 400")


def test_a_body_that_comes_drop_by_drop_is_given_up_and_others_are_served_meanwhile(
    browse: httpx.Client, line: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reports.delivery.web.MOST_BODY_SECONDS", 0.5)
    path = f"/unsubscribe/{unsubscribe_token(KEY, ANN)}"
    head = f"POST {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 100\r\n"
    line.sendall(f"{head}\r\nf".encode())

    assert browse.get(f"/reports/{TOKEN}/").text == "the page"
    answer = answer_to(line, b"r")

    assert answer.startswith(b"HTTP/1.1 408")
    assert b"did not arrive whole, and nothing was changed: please try again" in answer
