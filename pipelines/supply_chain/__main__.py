"""`python -m pipelines.supply_chain`: the bill of materials of what is locked, as text."""

import sys
from importlib.metadata import version

from pipelines.settings import REPOSITORY
from pipelines.supply_chain.bill_of_materials import NAME, bill_of_materials
from pipelines.supply_chain.locked import locked_packages

if __name__ == "__main__":
    packages = locked_packages(REPOSITORY / "requirements.lock")
    sys.stdout.write(bill_of_materials(packages, version=version(NAME)))
