import signal
import subprocess
from pathlib import Path

import psycopg
import pytest

from tests.fixtures.embedded import python
from tests.fixtures.platform_rows import rows

HOLD_A_SERVER = """
import sys
from pathlib import Path
from assets.lifecycle.scratch_server import scratch_server
from assets.resources.embedded_binaries import find_package
with scratch_server(Path(sys.argv[1]), find_package()) as server:
    print(server.url, flush=True)
    sys.stdin.read()
"""


def end_by(holder: subprocess.Popen[str], end: signal.Signals) -> str:
    """Kill what holds a server once that answers; the server's address."""
    with holder:
        assert holder.stdout is not None
        url = holder.stdout.readline().strip()
        with psycopg.connect(url) as session:
            assert rows(session, "SHOW archive_mode") == [("off",)]
        holder.send_signal(end)
    return url


@pytest.mark.fault
def test_a_drills_server_goes_on_ctrl_c_or_after_kill_9_with_the_next_drill(
    reachable_path: Path,
) -> None:
    scratch = reachable_path / "drill" / "postgres"

    killed = end_by(python(HOLD_A_SERVER, scratch), signal.SIGKILL)
    assert scratch.exists()
    interrupted = end_by(python(HOLD_A_SERVER, scratch), signal.SIGINT)

    assert killed == interrupted
    assert not scratch.parent.exists()
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(killed)
