"""The OpenMP runtime that LightGBM's wheel expects from the system, on machines without one."""

import ctypes
import tempfile
from importlib.util import find_spec
from pathlib import Path

from schema.errors import UsageError

NEEDED = "libgomp.so.1"


def provide_openmp() -> None:
    """Load the system's runtime, or else the copy that scikit-learn's wheel brings along.

    Raises:
        UsageError: there is neither.
    """
    try:
        ctypes.CDLL(NEEDED, mode=ctypes.RTLD_GLOBAL)
    except OSError:
        _load_renamed(_bundled())


def _bundled() -> Path:
    package = find_spec("sklearn")
    if package and package.origin:
        libraries = Path(package.origin).parents[1] / "scikit_learn.libs"
        for library in sorted(libraries.glob("libgomp*.so*")):
            return library
    raise UsageError(
        f"this machine has no {NEEDED}, which learning scores needs: install the package libgomp1"
    )


def _load_renamed(library: Path) -> None:
    """Load a copy under the name that is asked for: the wheel's own name has a digest in it."""
    with tempfile.NamedTemporaryFile(suffix=".so") as copy:
        copy.write(renamed(library.read_bytes(), library.name))
        copy.flush()
        ctypes.CDLL(copy.name, mode=ctypes.RTLD_GLOBAL)


def renamed(content: bytes, name: str) -> bytes:
    """The same library, calling itself by the needed name; no offset in it moves."""
    own = name.encode() + b"\0"
    return content.replace(own, NEEDED.encode().ljust(len(own), b"\0"))
