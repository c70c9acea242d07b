"""Templates of mail: what is HTML is escaped, what is plain text is not."""

from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape


@cache
def mail_templates(package: str, folder: str) -> Environment:
    """Templates of a folder below a package; a fact that none of them is given is an error."""
    return Environment(
        loader=PackageLoader(package, folder),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
