"""Whatever the pipeline writes is for its owner's eyes only."""

import os

ALL_OTHERS = 0o077


def keep_to_owner() -> None:
    """Take all rights of others from every file that this process and its children will make."""
    os.umask(ALL_OTHERS)
