"""Run one target under atheris, which is told which lines of ours an input reaches."""

import sys

import atheris

with atheris.instrument_imports(include=["assets", "reports", "pipelines", "schema"]):
    from tests.fuzz.targets import TARGETS

if __name__ == "__main__":
    name, *options = sys.argv[1:]
    atheris.Setup([sys.argv[0], *options], TARGETS[name][0])
    atheris.Fuzz()
