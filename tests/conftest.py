"""Markers and plug-ins only."""

pytest_plugins = [
    "tests.fixtures.folders",
    "tests.fixtures.postgres",
    "tests.fixtures.lake_frames",
    "tests.fixtures.engines",
    "tests.fixtures.embedded",
    "tests.fixtures.installation",
    "tests.fixtures.intake",
    "tests.fixtures.erasing",
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
