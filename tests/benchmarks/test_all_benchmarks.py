import sys
from pathlib import Path

import pytest

from benchmarks import __main__ as benchmarks

QUESTIONS = {"extraction": "How fast?", "cold_start": "How long?"}


def test_a_benchmark_that_fails_is_named_and_the_others_are_measured_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "benchmarks").mkdir()
    (tmp_path / "benchmarks" / "__init__.py").touch()
    (tmp_path / "benchmarks" / "extraction.py").write_text("raise SystemExit('no rows')")
    (tmp_path / "benchmarks" / "cold_start.py").write_text("print('3 seconds')")
    page = tmp_path / "page.md"
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(benchmarks, "SIZES", dict.fromkeys(QUESTIONS, ("", "", "")))
    monkeypatch.setattr(benchmarks, "question_of", QUESTIONS.__getitem__)
    monkeypatch.setattr(benchmarks, "PACKAGES", ())
    monkeypatch.setattr(sys, "argv", ["benchmarks", "--page", str(page)])

    with pytest.raises(SystemExit, match=r"benchmarks\.extraction$") as ended:
        benchmarks.main()

    # A text makes the interpreter end with 1.
    assert isinstance(ended.value.code, str)
    assert "no rows" in capfd.readouterr().err
    text = page.read_text()
    assert "How fast?" not in text
    assert "## How long?" in text
    assert "3 seconds" in text
