"""Renew the pages that are made from code; `--answers` asks the generated platform too."""

import sys
import tempfile
from pathlib import Path

from pipelines.documentation.asked_platform import asked_platform
from pipelines.documentation.pages import made_pages
from pipelines.documentation.questions_page import PAGE, read_questions, render_questions
from pipelines.settings import REPOSITORY

FOLDER = REPOSITORY / "docs"


def main(arguments: list[str]) -> None:
    """Write the pages into `docs/`."""
    pages = made_pages(FOLDER)
    if "--answers" in arguments:
        with tempfile.TemporaryDirectory(prefix="sociallive-docs-") as home:
            # The embedded database drops to an unprivileged user, who has to be able to enter.
            Path(home).chmod(0o755)
            with asked_platform(Path(home)) as session:
                pages[PAGE] = render_questions(session, read_questions(FOLDER))
    for path, text in pages.items():
        (FOLDER / path).parent.mkdir(parents=True, exist_ok=True)
        (FOLDER / path).write_text(text, encoding="utf-8")
        sys.stdout.write(f"docs/{path}\n")


if __name__ == "__main__":
    main(sys.argv[1:])
