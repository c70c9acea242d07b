"""`sociallive serve`: what links in mail lead to; on this machine only, unless told otherwise."""

import uvicorn

from pipelines.cli.console import say
from pipelines.link_targets import link_targets_of
from pipelines.platform import checked_platform
from pipelines.settings import read_settings
from schema.errors import UsageError


def serve_links(host: str, port: int) -> None:
    """Serve until interrupted. Requests are not logged: their addresses are keys.

    Raises:
        UsageError: the port is taken.
    """
    settings = read_settings()
    application = link_targets_of(settings, checked_platform(settings)).application()
    say(f"Pages and choices of creators: http://{host}:{port} (Ctrl-C ends it)")
    if settings.public_url is None:
        say("Mail has no links to it yet: set SOCIALLIVE_PUBLIC_URL to where creators reach it")
    try:
        uvicorn.run(
            application,
            host=host,
            port=port,
            http="h11",  # hangs up on endless headers, which the faster one keeps on collecting
            log_level="error",
            access_log=False,
            server_header=False,
        )
    except SystemExit as error:
        raise UsageError(f"port {port} cannot be used: is it taken? Try --port") from error
