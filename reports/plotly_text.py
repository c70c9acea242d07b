"""Text in a Plotly chart, where it is read as a kind of HTML."""

from html import escape


def plotly_text(text: str) -> str:
    """Show a text as it is: neither as tags, nor as a formula.

    Plotly does not know the entity of the double quote.
    """
    return escape(text, quote=False).replace("$", "&#36;")
