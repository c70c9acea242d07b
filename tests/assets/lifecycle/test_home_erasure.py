from dataclasses import replace
from pathlib import Path
from uuid import UUID

import polars as pl
import pytest

from assets.lifecycle.erased_account import Account
from assets.lifecycle.home_erasure import (
    Removal,
    drop_files,
    drop_files_of_erased,
    drop_rejected_rows,
)
from assets.resources.identifiers import uuids_of
from assets.resources.ids_of_kinds import ids_of
from assets.resources.tombstones import Tombstones
from schema.erasure import IdKind

POST = UUID(uuids_of(pl.Series(["p1"]))[0])


@pytest.fixture
def account() -> Account:
    own = ids_of(IdKind.POSTS, pl.Series([POST.bytes], dtype=pl.Binary))
    return Account(UUID(int=7), "ann", "ann@example.org", own)


@pytest.mark.parametrize(
    "text",
    [
        str(UUID(int=7)),
        UUID(int=7).hex.upper(),
        f"post {POST}",
        "by Ann, with love",
        "ann@example.org",
    ],
)
def test_a_file_that_names_the_account_is_deleted(
    tmp_path: Path, account: Account, text: str
) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "page.html").write_text(text)
    (tmp_path / "other.html").write_text("anna and joann@example.org and mary.ann")

    assert drop_files(tmp_path, account, remove=False) == Removal(0, 1)
    assert (tmp_path / "deep" / "page.html").exists()
    assert drop_files(tmp_path, account, remove=True) == Removal(0, 1)
    assert [path.name for path in tmp_path.rglob("*.html")] == ["other.html"]


def test_a_file_that_bears_the_name_of_the_account_is_deleted(
    tmp_path: Path, account: Account
) -> None:
    (tmp_path / f"{UUID(int=7)}.html").write_text("numbers only")

    assert drop_files(tmp_path, account, remove=True) == Removal(0, 1)


def test_a_folder_of_the_account_s_own_goes_with_all_that_is_in_it(
    tmp_path: Path, account: Account
) -> None:
    for name in (f"creators/{UUID(int=7)}/week.html", "creators/shared/page.js", "out/1.eml"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("numbers only")

    assert drop_files(tmp_path, account, remove=True) == Removal(0, 1)

    left = sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*"))
    assert left == ["creators", "creators/shared", "creators/shared/page.js", "out", "out/1.eml"]


def test_pages_of_others_and_scripts_stay_though_the_name_is_a_common_word(tmp_path: Path) -> None:
    own = Account(UUID(int=7), "week", "week@example.org")
    kept = [f"creators/{UUID(int=8)}/week.html", "creators/shared/page.js"]
    for name in (*kept, "overview/index.html"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("your week")

    assert drop_files(tmp_path, own, remove=True) == Removal(0, 1)

    left = sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file())
    assert left == sorted(kept)


def test_where_no_usernames_are_one_that_is_a_common_word_means_nothing(
    tmp_path: Path, account: Account
) -> None:
    for name, text in (("pages/1.html", "Ann's"), ("pages/2.html", "ann@example.org")):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)

    assert drop_files(tmp_path, account, remove=True, nameless=["pages/*"]) == Removal(0, 1)
    assert [path.name for path in tmp_path.rglob("*.html")] == ["1.html"]


def test_an_id_is_found_in_mail_though_its_line_is_broken(tmp_path: Path, account: Account) -> None:
    text = str(account.id)
    (tmp_path / "alert.eml").write_text(f"user {text[:20]}=\r\n{text[20:]}", newline="")

    assert drop_files(tmp_path, account, remove=True) == Removal(0, 1)


def test_a_file_that_is_renamed_while_it_is_looked_for_is_found_all_the_same(
    tmp_path: Path, account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "page.html.part").write_text("by Ann")
    is_file = Path.is_file

    def renamed_meanwhile(path: Path) -> bool:
        answer = is_file(path)
        if path.suffix == ".part":
            path.rename(path.with_suffix(""))
        return answer

    monkeypatch.setattr(Path, "is_file", renamed_meanwhile)

    assert drop_files(tmp_path, account, remove=True) == Removal(0, 1)
    assert list(tmp_path.iterdir()) == []


def test_rejects_lose_the_rows_that_name_the_account_whatever_its_ids_look_like(
    tmp_path: Path, account: Account
) -> None:
    rows = pl.DataFrame(
        {
            "row": ["1", "2", "3", "4"],
            "user_id": ["9", str(UUID(int=7)), "9", "9"],
            "post_id": ["p1", "p2", "p2", "p3"],
            "content": ["a", "b", "hello ANN@example.org", 'kept, "quoted"'],
        }
    )
    rows.write_csv(tmp_path / "comments.csv")
    rows[:1].write_csv(tmp_path / "posts.csv")

    assert drop_rejected_rows(tmp_path, account, remove=True) == Removal(4, 2)

    assert not (tmp_path / "posts.csv").exists()
    left = pl.read_csv(tmp_path / "comments.csv", infer_schema=False)
    assert left.equals(rows[3:])


def test_rejects_and_files_of_an_account_that_has_the_id_of_the_post_stay(
    tmp_path: Path, account: Account
) -> None:
    rejects, reports = tmp_path / "rejects", tmp_path / "reports"
    rejects.mkdir()
    rows = pl.DataFrame({"id": ["9"], "user_id": ["p1"], "post_id": [str(account.id)]})
    rows.write_csv(rejects / "comments.csv")
    pl.DataFrame({"id": ["p1"], "username": ["bob"]}).write_csv(rejects / "users.csv")
    page = reports / "creators" / str(POST) / "week.html"
    page.parent.mkdir(parents=True)
    page.write_text("numbers only")

    assert drop_rejected_rows(rejects, account, remove=True) == Removal()
    assert drop_files(reports, account, remove=True) == Removal()

    assert page.exists()
    assert pl.read_csv(rejects / "comments.csv", infer_schema=False).equals(rows)


def test_an_account_without_a_name_is_found_by_its_id_only(
    tmp_path: Path, account: Account
) -> None:
    unnamed = replace(account, username="", email="")
    pages, rejects = tmp_path / "pages", tmp_path / "rejects"
    for folder, name in ((pages, "other.html"), (rejects, "users.csv")):
        folder.mkdir()
        (folder / name).write_text("id,username\n9,joann\n")
    (pages / "own.html").write_text(str(account.id))

    assert drop_files(pages, unnamed, remove=True) == Removal(0, 1)
    assert drop_rejected_rows(rejects, unnamed, remove=True) == Removal()

    left = sorted(path.name for path in tmp_path.rglob("*.*"))
    assert left == ["other.html", "users.csv"]


def test_what_a_killed_load_was_writing_goes_whatever_it_says_so_far(
    tmp_path: Path, account: Account
) -> None:
    unfinished = tmp_path / "set" / "users.part"
    unfinished.parent.mkdir()
    unfinished.write_text("row,username,email\n1,ann,ann@exam")

    assert drop_rejected_rows(tmp_path, account, remove=False) == Removal()
    assert unfinished.exists()
    drop_rejected_rows(tmp_path, account, remove=True)
    assert not unfinished.exists()


@pytest.mark.parametrize(
    "content", ["id,bio\n1,caf\u00e9\n", "id,bio\n1,a,b\n", 'id,bio\n1,"open\n']
)
def test_rejects_that_a_spreadsheet_has_spoilt_are_named_and_others_lose_their_rows(
    tmp_path: Path, account: Account, content: str
) -> None:
    spoilt = tmp_path / "comments.csv"
    spoilt.write_text(content, encoding="latin-1")
    (tmp_path / "posts.csv").write_text("id,reason\np1,orphan\n")
    (tmp_path / "users.csv").touch()

    removal = drop_rejected_rows(tmp_path, account, remove=True)

    sentence = f"{spoilt} is not CSV in UTF-8 any more: save it as such, or remove it"
    assert removal == Removal(1, 1, (sentence,))
    assert spoilt.exists()
    assert not (tmp_path / "posts.csv").exists()


def test_a_place_that_is_not_there_holds_nothing(tmp_path: Path, account: Account) -> None:
    for rule in (drop_files, drop_rejected_rows):
        assert rule(tmp_path / "nowhere", account, remove=True) == Removal()


def test_files_that_an_erased_account_s_id_leads_to_are_deleted_and_those_of_others_stay(
    tmp_path: Path,
) -> None:
    erased, other = UUID(int=7), UUID(int=8)
    tombstones = Tombstones(tmp_path / "erasures")
    digests = tombstones.digest(pl.Series([erased.bytes], dtype=pl.Binary))
    tombstones.bury(tombstones.token_of(erased.bytes), digests)
    home = tmp_path / "home"
    of_others = [f"creators/{other}/week.html", f"week/{other}.eml", "shared/page.js"]
    for name in (f"creators/{erased}/week.html", f"week/{erased}.eml.part", *of_others):
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        (home / name).write_text("numbers only")

    assert drop_files_of_erased(home, tombstones) == 2

    left = sorted(str(path.relative_to(home)) for path in home.rglob("*") if path.is_file())
    assert left == sorted(of_others)
    assert not (home / "creators" / str(erased)).exists()
    assert drop_files_of_erased(home, tombstones) == 0
    assert drop_files_of_erased(tmp_path / "nowhere", tombstones) == 0
