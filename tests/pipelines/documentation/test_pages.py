import re
import subprocess
import sys
from pathlib import Path

import pytest

from pipelines.alerts.kinds import Kind
from pipelines.alerts.message import Told
from pipelines.alerts.words import Places
from pipelines.cli.main import app
from pipelines.documentation.commands_page import commands_of
from pipelines.documentation.navigation import SECTIONS, on_config
from pipelines.documentation.pages import made_pages
from pipelines.documentation.questions_page import read_questions
from pipelines.setting_descriptions import DESCRIPTIONS, settings_table
from pipelines.settings import REPOSITORY
from tests.fixtures.alerts import NOW, problem

DOCUMENTATION = REPOSITORY / "docs"
README = (REPOSITORY / "README.md").read_text(encoding="utf-8")
PAGES = made_pages(DOCUMENTATION)
COMMANDS = commands_of(app)
# A command as a page shows it, in a fence or between backticks.
SHOWN = re.compile(r"(?:^|`)(?:\.venv/bin/)?sociallive +([a-z-]+)([^`\n#]*)", re.MULTILINE)
WRITTEN = sorted(
    path
    for path in [*DOCUMENTATION.rglob("*.md"), REPOSITORY / "README.md"]
    if path.parent.name not in {"decisions", "reference"}
)


def relative(path: Path) -> str:
    return str(path.relative_to(REPOSITORY))


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_a_page_that_is_made_from_code_is_as_new_as_the_code(page: Path) -> None:
    committed = (DOCUMENTATION / page).read_text(encoding="utf-8")

    assert committed == PAGES[page], "run `make docs` and commit the page"


def test_the_page_of_tables_tells_units_and_rules_in_words() -> None:
    [row] = re.findall(r"^\| total_likes .*$", PAGES[Path("reference/tables.md")], re.MULTILINE)

    assert row == (
        "| total_likes | Int64 | no | events | LIKE events on D on the user's posts "
        "| at least 0; at most 2,147,483,647 |"
    )


def test_every_setting_that_is_read_is_described() -> None:
    source = (REPOSITORY / "pipelines" / "settings.py").read_text(encoding="utf-8")

    read = set(re.findall(r'"(SOCIALLIVE_\w+)"', source))
    assert read == {one.name for one in DESCRIPTIONS}


def test_the_readme_has_the_table_of_the_settings() -> None:
    assert settings_table() in README


def test_the_readme_lists_every_command() -> None:
    listed = re.findall(r"^\| `([a-z-]+)", README, re.MULTILINE)

    assert set(COMMANDS) <= set(listed)


@pytest.mark.parametrize("path", WRITTEN, ids=relative)
def test_a_page_shows_only_commands_and_options_that_there_are(path: Path) -> None:
    for name, rest in SHOWN.findall(path.read_text(encoding="utf-8")):
        assert name in COMMANDS, f"{path}: sociallive {name}"
        commands = [COMMANDS[name], *getattr(COMMANDS[name], "commands", {}).values()]
        known = {
            option
            for command in commands
            for parameter in command.params
            for option in (*parameter.opts, *parameter.secondary_opts)
        }
        used = set(re.findall(r"(?<!\S)--[a-z-]+", rest)) - {"--help"}
        assert used <= known, f"{path}: sociallive {name}{rest}"


def test_the_page_of_questions_has_ten() -> None:
    assert len(read_questions(DOCUMENTATION)) == 10


def test_every_folder_of_pages_is_in_the_navigation(tmp_path: Path) -> None:
    (tmp_path / "runbook").mkdir()
    (tmp_path / "runbook" / "late-day.md").write_text("# A day is late\n")

    config = on_config({"docs_dir": str(tmp_path)})

    assert config["nav"] == [{"Start": "index.md"}, {"Runbook": ["runbook/late-day.md"]}]
    folders = {path.parent.name for path in DOCUMENTATION.rglob("*.md")} - {"docs"}
    assert folders <= set(SECTIONS)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built site."""
    folder = tmp_path_factory.mktemp("site")
    built = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", folder],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": "/usr/bin:/bin", "NO_MKDOCS_2_WARNING": "1"},
    )
    assert (built.returncode, built.stdout + built.stderr) == (0, "")
    return folder


def test_the_site_is_built_without_a_dead_link_and_asks_nobody_for_anything(site: Path) -> None:
    fetched = re.compile(r'(?:src|<link[^>]*href)="?(?:https?:)?//')
    pages = list(site.rglob("*.html"))
    assert len(pages) > 30
    assert [page for page in pages if fetched.search(page.read_text(encoding="utf-8"))] == []
    sheets = list(site.rglob("*.css"))
    assert not [sheet for sheet in sheets if re.search(r"url\((https?:)?//", sheet.read_text())]


def test_every_table_of_a_page_is_drawn_as_one(site: Path) -> None:
    raw = re.compile(r"^\|? *:?---", re.MULTILINE)

    pages = site.rglob("*.html")
    assert [page.name for page in pages if raw.search(page.read_text(encoding="utf-8"))] == []


@pytest.mark.parametrize("kind", Kind)
def test_the_link_of_an_alert_leads_to_a_page_of_the_site(site: Path, kind: Kind) -> None:
    places = Places("http://127.0.0.1:3000", site.as_uri())

    link = places.runbook(Told(problem(kind=kind), NOW))

    assert (site / link.removeprefix(f"{site.as_uri()}/")).is_file(), link
