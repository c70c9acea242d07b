"""Commands about mail to creators; they import what they need when they are called."""

from typing import Annotated

import typer


def deliver() -> None:
    """Send the reports that are queued and due, and show what became of all."""
    from pipelines.cli.deliver import deliver_due

    deliver_due()


def preferences(
    user: Annotated[str, typer.Argument(help="Username or id of the creator.")],
    frequency: Annotated[
        str | None, typer.Argument(help="daily, weekly, monthly or off; else it is shown.")
    ] = None,
) -> None:
    """Show or choose how often a creator gets reports by mail."""
    from pipelines.cli.preferences import show_or_choose

    show_or_choose(user, frequency)


def serve(
    port: Annotated[int, typer.Option(help="Port on this machine.", min=1, max=65535)] = 8025,
) -> None:
    """Serve what links in mail lead to: pages of reports, and unsubscribing."""
    from pipelines.cli.serve import serve_links

    serve_links(port)
