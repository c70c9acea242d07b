"""Under which licence each package is, and which licences we take."""

import re

from pipelines.supply_chain.locked import Package

# Identifiers of SPDX. Of these, only MPL asks for more than that its text comes along: changes of
# its files stay open. We change none.
ALLOWED = {
    *("0BSD", "Apache-2.0", "BSD", "BSD-2-Clause", "BSD-3-Clause", "CC0-1.0", "CNRI-Python"),
    *("ISC", "MIT", "MPL-2.0", "PSF-2.0", "Zlib"),
}
LGPL = "LGPL: imported as it is, replaceable by anybody who installs another version"
EXCEPTIONS = {
    "psycopg": LGPL,
    "psycopg-binary": LGPL,
    "psycopg2-binary": LGPL,
    "resvg-py": "says nothing in its metadata; MPL-2.0 in its repository",
    "libfaketime": "GPL: a tool of the tests in a process of its own, in nothing that we hand out",
}
# As packages spell them that do not use SPDX yet.
SPELLINGS = {
    "Apache Software License": "Apache-2.0",
    "3-Clause BSD License": "BSD-3-Clause",
    "BSD License": "BSD",
    "ISC License (ISCL)": "ISC",
    "MIT License": "MIT",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "Python Software Foundation License": "PSF-2.0",
}
CATEGORIES = {"OSI Approved"}


def licence_of(package: Package) -> str | None:
    """The licence as the installed package says it, in SPDX where that is known."""
    installed = package.installed
    if installed is None:
        return None
    metadata = installed.metadata
    if expressions := metadata.get_all("License-Expression"):
        return str(expressions[0])
    classified = [
        text.rpartition(" :: ")[2]
        for text in metadata.get_all("Classifier") or []
        if text.startswith("License :: ")
    ]
    named = [text for text in classified if text not in CATEGORIES]
    (text, *_) = metadata.get_all("License") or [""]
    named = named or text.strip().splitlines()[:1]
    return " OR ".join(SPELLINGS.get(text, text) for text in named) or None


def is_allowed(package: Package) -> bool:
    """Whether we take the package: by its licence, or for a written reason."""
    if package.name in EXCEPTIONS:
        return True
    choices = re.split(r"\s+OR\s+", licence_of(package) or "")
    return any(set(re.split(r"\s+AND\s+", choice.strip("()"))) <= ALLOWED for choice in choices)
