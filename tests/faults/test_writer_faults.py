import signal
import subprocess
import sys
from datetime import date

import psycopg
import pytest

from assets.resources.ledger import PartitionLedger
from schema.errors import PartitionLockedError
from schema.windows import DayRange
from tests.fixtures.intake import ROOT

pytestmark = pytest.mark.fault

DAYS = DayRange(date(2024, 2, 29), date(2024, 2, 29))
HOLDER = """
import sys
from datetime import date
from assets.resources.ledger import PartitionLedger
from assets.resources.postgres import Postgres
from schema.windows import DayRange
days = DayRange(date(2024, 2, 29), date(2024, 2, 29))
with PartitionLedger(Postgres(sys.argv[1])).write(["posts"], days, run_id="victim") as writer:
    print(writer.connection.info.backend_pid, flush=True)
    sys.stdin.read()
"""


def test_the_lock_of_a_killed_process_is_free_again(
    database: str, ledger: PartitionLedger, connection: psycopg.Connection
) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, database],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as holder:
        assert holder.stdout is not None
        pid = int(holder.stdout.readline())
        with pytest.raises(PartitionLockedError), ledger.write(["posts"], DAYS, run_id="early"):
            raise AssertionError("the killed process had no lock")
        holder.send_signal(signal.SIGKILL)
        assert holder.wait(timeout=30) == -signal.SIGKILL
    # Returns as soon as the server has noticed that nobody is there any more.
    connection.execute("SELECT pg_terminate_backend(%s, 10000)", [pid])

    with ledger.write(["posts"], DAYS, run_id="heir") as writer:
        assert writer.fence > 0
