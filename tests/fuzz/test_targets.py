"""The fuzzer itself runs outside CI (`make fuzz`): here, what it starts from."""

import pytest

from tests.fuzz.targets import SOMEBODY, TARGETS, cells, tokens


@pytest.mark.parametrize("name", TARGETS)
def test_what_the_fuzzer_starts_from_breaks_no_promise(name: str) -> None:
    target, seeds = TARGETS[name]

    for seed in seeds:
        target(seed)


def test_a_target_fails_where_a_promise_does_not_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.fuzz.targets.csv_of", lambda _: b"text\n=1+1\n")
    with pytest.raises(AssertionError):
        cells(b"=1+1")

    monkeypatch.setattr("tests.fuzz.targets.read_unsubscribe_token", lambda *_: SOMEBODY)
    with pytest.raises(AssertionError):
        tokens(b"forged")
