from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from assets.lifecycle.cold_definitions import cold_store_asset
from assets.quality.cold_checks import archive_manifests_check
from tests.fixtures.cold import JANUARY, ColdPlatform, flip_a_byte


@pytest.fixture
def archived(platform: ColdPlatform) -> ColdPlatform:
    """January with an event, archived."""
    platform.source.add("user_engagement", "one", created_at="2024-01-15")
    platform.archive(JANUARY)
    return platform


def materialize(platform: ColdPlatform, scratch: Path) -> dg.ExecuteInProcessResult:
    return dg.materialize(
        [cold_store_asset(scratch), archive_manifests_check()],
        resources={"postgres": platform.postgres, "cold": platform.store},
        raise_on_error=False,
    )


def metadata_of(run: dg.ExecuteInProcessResult) -> dict[str, Any]:
    (made,) = run.asset_materializations_for_node("engagement_cold_store")
    return {name: value.value for name, value in made.metadata.items()}


def test_each_run_says_which_months_it_wrote_and_verifies_all(
    archived: ColdPlatform, tmp_path: Path
) -> None:
    first, second = (metadata_of(materialize(archived, tmp_path)) for _ in range(2))

    assert (first["months"], first["months_written"], first["rows"]) == (1, 1, 1)
    assert (second["months"], second["months_written"]) == (1, 0)
    assert "| 2024-01 | 1 | " in first["copies"]


def test_the_check_fails_by_a_byte_and_says_which_file(
    archived: ColdPlatform, tmp_path: Path
) -> None:
    archived.copy()
    archived.drop()
    flip_a_byte(archived.paths()[0])

    (evaluation,) = materialize(archived, tmp_path).get_asset_check_evaluations()

    assert not evaluation.passed
    assert evaluation.severity == dg.AssetCheckSeverity.ERROR
    assert str(archived.paths()[0]) in (evaluation.description or "")


def test_a_refusal_is_a_failure_of_one_sentence(archived: ColdPlatform, tmp_path: Path) -> None:
    archived.source.execute("UPDATE user_engagement_archive SET value = 'NaN'")

    run = materialize(archived, tmp_path)

    assert not run.success
    (failure,) = [event for event in run.all_events if event.is_step_failure][:1]
    assert failure.step_failure_data.user_failure_data is not None
    assert "whose value is NaN" in (failure.step_failure_data.user_failure_data.description or "")
