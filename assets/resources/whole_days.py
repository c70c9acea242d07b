"""Which days were read whole: half a day beside whole ones misleads."""

from datetime import date

from assets.resources.lake import Lake

# The table whose extraction tells when a day was read: it is read again whenever the day is run
# again, while some computed tables are published once.
READ = "user_engagement"


def was_whole(lake: Lake, day: date) -> bool:
    """Whether a day had ended when it was read last, as far as anybody noted it.

    Raises:
        CorruptPartitionError: its manifest cannot be read.
    """
    manifest = lake.manifest(READ, day)
    return manifest is None or manifest.was_over is not False


def newest_whole(lake: Lake, table: str) -> date | None:
    """The newest day of a table that was read whole, or else the newest; none without any.

    Raises:
        CorruptPartitionError: a manifest cannot be read.
    """
    published = lake.published_days(table)
    whole = (day for day in reversed(published) if was_whole(lake, day))
    return next(whole, published[-1] if published else None)
