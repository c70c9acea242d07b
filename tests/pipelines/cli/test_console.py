import pytest

from pipelines.cli.console import say


@pytest.mark.parametrize("sentence", ["lake  /srv/[demo]/lake", "[/red]", r"C:\[bold]"])
def test_what_looks_like_markup_is_said_as_it_is(
    capsys: pytest.CaptureFixture[str], sentence: str
) -> None:
    say(sentence)

    assert capsys.readouterr().out == f"{sentence}\n"
