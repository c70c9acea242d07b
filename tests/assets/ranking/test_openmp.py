import ctypes
import struct
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from assets.ranking import openmp
from assets.ranking.openmp import NEEDED, provide_openmp, renamed
from schema.errors import UsageError

DYNAMIC, SONAME, STRINGS = 2, 14, 5
LOAD_SEGMENT, DYNAMIC_SEGMENT = 1, 2


def bundled() -> Path:
    spec = find_spec("sklearn")
    assert spec
    assert spec.origin
    (library,) = (Path(spec.origin).parents[1] / "scikit_learn.libs").glob("libgomp*.so*")
    return library


def soname(content: bytes) -> bytes:
    """What a 64-bit little-endian ELF library calls itself, read by the segments of its header."""
    (table,) = struct.unpack_from("<Q", content, 32)
    size, count = struct.unpack_from("<HH", content, 54)
    segments = [struct.unpack_from("<IIQQQQ", content, table + n * size) for n in range(count)]
    loads = [
        (at, start, length) for kind, _, start, at, _, length in segments if kind == LOAD_SEGMENT
    ]
    [(start, length)] = [
        (start, length) for kind, _, start, _, _, length in segments if kind == DYNAMIC_SEGMENT
    ]
    entries = dict(struct.iter_unpack("<QQ", content[start : start + length]))
    [strings] = [
        start + entries[STRINGS] - at
        for at, start, length in loads
        if at <= entries[STRINGS] < at + length
    ]
    begin = strings + entries[SONAME]
    return content[begin : content.index(b"\0", begin)]


def test_renaming_moves_no_offset_and_changes_the_name_only() -> None:
    library = bundled()
    content = library.read_bytes()

    copy = renamed(content, library.name)

    assert soname(content) == library.name.encode()
    assert soname(copy) == NEEDED.encode()
    assert len(copy) == len(content)
    changed = [n for n in range(len(copy)) if copy[n] != content[n]]
    assert changed[-1] - changed[0] < len(library.name)


def test_a_name_is_replaced_wherever_it_stands_whole() -> None:
    content = b"\x7fELF libgomp-0a.so.1.0 libgomp-0a.so.1.0\0more"

    assert renamed(content, "libgomp-0a.so.1.0") == (
        b"\x7fELF libgomp-0a.so.1.0 libgomp.so.1\0\0\0\0\0\0more"
    )


def test_the_renamed_copy_loads_under_the_name_that_is_asked_for() -> None:
    """In a process of its own, whose loader is asked for the name after the copy was loaded."""
    program = """
import ctypes
from assets.ranking import openmp
openmp._load_renamed(openmp._bundled())
maps = open("/proc/self/maps").read()
loaded = ctypes.CDLL(openmp.NEEDED)
assert open("/proc/self/maps").read() == maps, "the loader took another file"
assert loaded.omp_get_max_threads() >= 1
"""
    outcome = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )

    assert outcome.stderr == ""
    assert outcome.returncode == 0


def test_a_machine_without_the_system_s_runtime_takes_the_bundled_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    loaded = refuse_the_system_s(monkeypatch)

    provide_openmp()

    [copy] = loaded
    assert soname(copy) == NEEDED.encode()


def test_a_machine_with_a_runtime_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr(ctypes, "CDLL", lambda name, **_mode: asked.append(name))

    provide_openmp()

    assert asked == [NEEDED]


@pytest.mark.parametrize("spec", [None, "empty"])
def test_a_machine_without_any_runtime_is_told_what_to_install(
    monkeypatch: pytest.MonkeyPatch, spec: str | None, tmp_path: Path
) -> None:
    refuse_the_system_s(monkeypatch)
    found = find_spec("sklearn") if spec else None
    if found:
        found.origin = str(tmp_path / "site-packages" / "sklearn" / "__init__.py")
    monkeypatch.setattr(openmp, "find_spec", lambda _name: found)

    with pytest.raises(UsageError, match=r"has no libgomp\.so\.1, .* install the package libgomp1"):
        provide_openmp()


def refuse_the_system_s(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """Pretend that the system has no runtime; returns the content of what is loaded instead."""
    loaded: list[bytes] = []

    def load(name: str, mode: int) -> None:
        if name == NEEDED:
            raise OSError(f"{name}: cannot open shared object file: No such file or directory")
        assert mode == ctypes.RTLD_GLOBAL
        loaded.append(Path(name).read_bytes())

    monkeypatch.setattr(ctypes, "CDLL", load)
    return loaded
