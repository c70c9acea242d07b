from pathlib import Path

import pytest

from assets.resources.memory import allowed_memory

KNOWN = {
    "version 2": ("0::/a/b\n", {"a/memory.max": "1000\n", "a/b/memory.max": "max\n"}, 1000),
    "version 1": (
        "4:memory:/a\n3:cpuset:/\n0::/\n",
        {"memory/a/memory.limit_in_bytes": "2000\n", "memory/memory.limit_in_bytes": f"{2**63}\n"},
        2000,
    ),
    "a path of the host": ("0::/docker/abc\n", {"memory.max": "3000\n"}, 3000),
}


@pytest.mark.parametrize(("line", "files", "limit"), KNOWN.values(), ids=KNOWN)
def test_the_smallest_limit_of_the_groups_above_holds(
    tmp_path: Path, line: str, files: dict[str, str], limit: int
) -> None:
    (tmp_path / "cgroup").write_text(line)
    for name, text in files.items():
        (tmp_path / "mount" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "mount" / name).write_text(text)

    assert allowed_memory(tmp_path / "cgroup", tmp_path / "mount") == limit


def test_without_a_limit_it_is_the_machine_s(tmp_path: Path) -> None:
    assert allowed_memory(tmp_path / "none", tmp_path) > 2**27
