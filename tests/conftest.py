"""Markers and plug-ins only."""

pytest_plugins = [
    "tests.fixtures.lake_frames",
    "tests.fixtures.engines",
    "tests.fixtures.embedded",
    "tests.fixtures.installation",
    "tests.fixtures.postgres",
]
