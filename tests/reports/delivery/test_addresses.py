import pytest

from reports.delivery.addresses import domain_of, plain_address, without_addresses


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("ann@example.org", "ann@example.org"),
        ("a.b+c@mail.example.org", "a.b+c@mail.example.org"),
        ("root@localhost", "root@localhost"),
        ("ann@bücher.example", "ann@xn--bcher-kva.example"),
        ("ann@BÜCHER.example", "ann@xn--bcher-kva.example"),
        ("ann@straße.example", "ann@xn--strae-oqa.example"),
        ("ann@βόλος.example", "ann@xn--nxasmm1c.example"),
        (
            "ann@\u0646\u0627\u0645\u0647\u200c\u0627\u06cc.example",
            "ann@xn--mgba3gch31f060k.example",
        ),
    ],
)
def test_a_plain_address_is_taken(text: str, address: str) -> None:
    assert plain_address(text) == address


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ann",
        "@example.org",
        "ann@",
        "ann@@example.org",
        "Ann <ann@example.org>",
        "ann@example.org, bob@example.org",
        "ann@example.org\r\nBcc: bob@example.org",
        "ann@example.org\n",
        " ann@example.org",
        "änn@example.org",
        "ann@-example.org",
        "ann..b@example.org",
        '"ann b"@example.org',
        "ann@[127.0.0.1]",
        "ann@" + "\u2028.example",
        "ann@a\u200db.example",
        "a" * 250 + "@example.org",
    ],
)
def test_what_is_not_one_plain_address_is_none(text: str) -> None:
    assert plain_address(text) is None


def test_a_server_s_sentence_is_kept_without_the_addresses_in_it() -> None:
    said = "550 <ann@example.org>: mailbox (for bob@example.org) unknown"

    assert "@" not in without_addresses(said)
    assert "mailbox" in without_addresses(said)


def test_a_domain_is_what_stands_behind_the_last_at() -> None:
    assert domain_of("ann@example.org") == "example.org"
