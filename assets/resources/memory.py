"""How much memory this process may have: the machine's, or what its control groups leave it."""

import os
from contextlib import suppress
from pathlib import Path, PurePosixPath

GROUPS, MOUNT = Path("/proc/self/cgroup"), Path("/sys/fs/cgroup")


def allowed_memory(groups: Path = GROUPS, mount: Path = MOUNT) -> int:
    """Bytes that may be held: no more than the machine has, nor any group above the process."""
    machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return min([machine, *_limits(groups, mount)])


def _limits(groups: Path, mount: Path) -> list[int]:
    try:
        lines = groups.read_text().splitlines()
    except OSError:
        # No Linux, or no /proc: there is no such limit that could be known.
        return []
    files = [file for line in lines for file in _limit_files(line, mount)]
    return [limit for file in files if (limit := _read(file)) is not None]


def _limit_files(line: str, mount: Path) -> list[Path]:
    """Where the memory's limits of a group and those above it stand, in either version."""
    _, controllers, group = line.split(":", 2)
    if controllers == "":
        root, name = mount, "memory.max"
    elif "memory" in controllers.split(","):
        root, name = mount / "memory", "memory.limit_in_bytes"
    else:
        return []
    # In a container the path may be that of the host, which is not there: then the root's holds.
    path = PurePosixPath(group.lstrip("/"))
    return [root / above / name for above in (path, *path.parents)]


def _read(file: Path) -> int | None:
    # Not there, or "max".
    with suppress(OSError, ValueError):
        return int(file.read_text())
    return None
