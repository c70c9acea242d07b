import pytest

from assets.lifecycle.erasure_lock import erasing_alone, without_erasures
from assets.resources.postgres import Postgres
from schema.errors import PartitionLockedError


def test_reports_are_written_side_by_side_and_no_erasure_overtakes_them(database: str) -> None:
    postgres = Postgres(database)
    with (
        without_erasures(postgres),
        without_erasures(postgres),
        pytest.raises(PartitionLockedError, match="reports are being written"),
        erasing_alone(postgres),
    ):
        pass

    with erasing_alone(postgres):
        pass


def test_no_report_is_written_while_somebody_is_erased(database: str) -> None:
    postgres = Postgres(database)
    with (
        erasing_alone(postgres),
        pytest.raises(PartitionLockedError, match="an account is being erased"),
        without_erasures(postgres),
    ):
        pass

    with without_erasures(postgres):
        pass
