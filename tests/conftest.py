"""Markers and plug-ins, and what holds for all property tests."""

from hypothesis import settings

# How long an example takes depends on what else the machine does.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")

pytest_plugins = [
    "tests.fixtures.folders",
    "tests.fixtures.postgres",
    "tests.fixtures.lake_frames",
    "tests.fixtures.engines",
    "tests.fixtures.embedded",
    "tests.fixtures.installation",
    "tests.fixtures.intake",
    "tests.fixtures.erasing",
    "tests.fixtures.backed_up",
    "tests.fixtures.midnight",
    "tests.fixtures.bursts",
    "tests.fixtures.cold",
    "tests.fixtures.aged_engagement",
    "tests.fixtures.command",
    "tests.fixtures.browser",
    "tests.fixtures.small_disk",
    "tests.fixtures.left_out",
    "tests.fixtures.dagster_storage",
    "tests.fixtures.spark_cluster",
]
