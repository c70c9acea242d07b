"""Forms in which an answer leaves; apart, so that the command line can name them at once."""

from enum import StrEnum


class Form(StrEnum):
    """Forms of an answer."""

    CSV = "csv"
    JSON = "json"
    MARKDOWN = "markdown"
    PARQUET = "parquet"
