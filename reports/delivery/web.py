"""The few addresses that links in mail lead to: a report's page, and the choice of how often.

A link is the key: no login, no cookies. Looking never changes anything; only POST does. It listens
to this machine only: whoever serves the public puts a server with TLS in front.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from urllib.parse import parse_qs
from uuid import UUID

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import FileResponse, HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from assets.resources.clock import utc_now
from assets.resources.postgres import Postgres, Role
from reports.delivery.kept_choices import ChangedBy, Frequency, KeptChoices
from reports.delivery.links import read_page_token, read_unsubscribe_token
from reports.delivery.preferences import choose_frequency, find_frequency
from reports.delivery.web_files import creator_file, shared_file
from reports.delivery.web_headers import CHOICE_POLICY, PAGE_POLICY, StrictHeaders
from reports.delivery.web_pages import choice_page, sentence_page
from schema.errors import PipelineError

MOST_BODY_BYTES = 2_000
# A click sends its few bytes at once; whoever sends them drop by drop holds a place.
MOST_BODY_SECONDS = 10.0
# An old mail in other hands must not show the newest numbers for ever.
PAGE_OPENS_FOR = timedelta(days=400)
NOT_FOUND = "This link does not lead anywhere (any more): the newest mail has one that does."
BROKEN = "This did not work just now, and nothing was changed: please try again in a minute."
UNFINISHED = "Your choice did not arrive whole, and nothing was changed: please try again."
UNREADABLE = "This is not a choice that there is: please use the buttons of the page."
REFUSALS = {404: NOT_FOUND, 400: UNFINISHED, 408: UNFINISHED}


@dataclass(frozen=True, slots=True)
class LinkTargets:
    """What the addresses need: the key of the links, the pages, and the choices."""

    key: bytes = field(repr=False)
    postgres: Postgres
    reports: Path
    kept: KeptChoices
    clock: Callable[[], datetime] = utc_now

    def application(self) -> Starlette:
        """The whole of it, as an ASGI application."""
        routes = [
            Route("/reports/shared/{name}", self.shared),
            Route("/reports/{token}", self.page_folder),
            Route("/reports/{token}/", self.page),
            Route("/reports/{token}/history.csv", self.history),
            Route("/unsubscribe/{token}", self.show_choice, methods=["GET"]),
            Route("/unsubscribe/{token}", self.choose, methods=["POST"]),
        ]
        handlers = {HTTPException: _refuse, PipelineError: _unavailable}
        application = Starlette(routes=routes, exception_handlers=handlers)
        application.router.redirect_slashes = False
        application.add_middleware(StrictHeaders)
        return application

    async def page_folder(self, request: Request) -> Response:
        """A page is a folder to its browser, so that the links in it lead where they should."""
        self._page_of(request)
        return RedirectResponse(f"{request.path_params['token']}/", status_code=308)

    async def page(self, request: Request) -> Response:
        """A creator's report."""
        user_id, name = self._page_of(request)
        path = creator_file(self.reports, user_id, name)
        return _file(path, "text/html; charset=utf-8", PAGE_POLICY)

    async def history(self, request: Request) -> Response:
        """A creator's own daily numbers."""
        user_id, _name = self._page_of(request)
        return _file(creator_file(self.reports, user_id, "history.csv"), "text/csv; charset=utf-8")

    async def shared(self, request: Request) -> Response:
        """A file that all pages use; it says nothing about anybody."""
        path, kind = shared_file(self.reports, request.path_params["name"])
        return _file(path, kind)

    async def show_choice(self, request: Request) -> Response:
        """How often reports come, with buttons."""
        user_id = self._chooser(request)
        found = await run_in_threadpool(self._find, user_id)
        return _html(choice_page(found or Frequency.OFF))

    async def choose(self, request: Request) -> Response:
        """Make a choice; a body without one, such as a mail program's one click, means none."""
        user_id = self._chooser(request)
        frequency = _chosen(await _small_body(request))
        if frequency is None:
            return _html(sentence_page(UNREADABLE), 400)
        await run_in_threadpool(self._keep, user_id, frequency)
        return _html(choice_page(frequency, is_new=True))

    def _page_of(self, request: Request) -> tuple[UUID, str]:
        found = read_page_token(self.key, request.path_params["token"])
        if found is None:
            raise HTTPException(404)
        user_id, period = found
        if self.clock().date() - period.last > PAGE_OPENS_FOR:
            raise HTTPException(404)
        return user_id, f"{period.period}-{period.last}.html"

    def _chooser(self, request: Request) -> UUID:
        user_id = read_unsubscribe_token(self.key, request.path_params["token"])
        if user_id is None:
            raise HTTPException(404)
        return user_id

    def _find(self, user_id: UUID) -> Frequency | None:
        with self.postgres.session(Role.MAILER) as connection:
            return find_frequency(connection, user_id)

    def _keep(self, user_id: UUID, frequency: Frequency) -> None:
        keep = partial(choose_frequency, by=ChangedBy.CREATOR, now=self.clock())
        with self.postgres.session(Role.MAILER) as connection:
            keep(connection, self.kept, user_id, frequency)


async def _small_body(request: Request) -> bytes:
    """The body, or its beginning: what is longer is no choice of ours."""
    body = b""
    try:
        async with asyncio.timeout(MOST_BODY_SECONDS):
            async for chunk in request.stream():
                body += chunk
                if len(body) > MOST_BODY_BYTES:
                    break
    except ClientDisconnect:
        raise HTTPException(400) from None
    except TimeoutError:
        raise HTTPException(408) from None
    return body[:MOST_BODY_BYTES]


def _chosen(body: bytes) -> Frequency | None:
    """What a form says; None when it asks for something that there is not."""
    values = parse_qs(body.decode("utf-8", "replace")).get("frequency", [Frequency.OFF])
    try:
        return Frequency(values[-1])
    except ValueError:
        return None


def _file(path: Path | None, kind: str, policy: str | None = None) -> Response:
    if path is None:
        raise HTTPException(404)
    headers = {"Content-Security-Policy": policy} if policy else None
    return FileResponse(path, media_type=kind, headers=headers)


def _html(text: str, status: int = 200) -> Response:
    return HTMLResponse(text, status, headers={"Content-Security-Policy": CHOICE_POLICY})


async def _refuse(_request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 400
    return _html(sentence_page(REFUSALS.get(status, UNREADABLE)), status)


async def _unavailable(_request: Request, _error: Exception) -> Response:
    return _html(sentence_page(BROKEN), 503)
