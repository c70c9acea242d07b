"""A software bill of materials in CycloneDX, made of the lock file and what is installed: offline.

The same lock and installation give the same bytes: there is no time in it and no random number.
"""

import json
from collections.abc import Sequence
from typing import Any

from pipelines.supply_chain.licences import licence_of
from pipelines.supply_chain.locked import Package

NAME = "sociallive-analytics"


def bill_of_materials(packages: Sequence[Package], *, version: str) -> str:
    """The bill as JSON (CycloneDX 1.6): each package with version, licence and what it needs."""
    reference = _reference(Package(NAME, version))
    bill = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "component": {
                "type": "application",
                "bom-ref": reference,
                "name": NAME,
                "version": version,
                "licenses": [{"expression": "Apache-2.0"}],
            }
        },
        "components": [_component(package) for package in packages],
        "dependencies": [
            {"ref": reference, "dependsOn": _needed(Package(NAME, version), packages)},
            *(
                {"ref": _reference(package), "dependsOn": _needed(package, packages)}
                for package in packages
            ),
        ],
    }
    return json.dumps(bill, indent=2) + "\n"


def _component(package: Package) -> dict[str, Any]:
    component: dict[str, Any] = {
        "type": "library",
        "bom-ref": _reference(package),
        "name": package.name,
        "version": package.version,
        "purl": _reference(package),
    }
    licence = licence_of(package)
    return component | ({"licenses": [{"license": {"name": licence}}]} if licence else {})


def _needed(package: Package, packages: Sequence[Package]) -> list[str]:
    needs = package.needs
    return [_reference(other) for other in packages if other.name in needs]


def _reference(package: Package) -> str:
    return f"pkg:pypi/{package.name}@{package.version}"
