import pytest

from reports.delivery.smtp_url import SmtpServer, parse_smtp_url
from schema.errors import UsageError


@pytest.mark.parametrize(
    ("url", "server"),
    [
        ("smtp://mail.example.org", SmtpServer("mail.example.org", 587, "required")),
        ("smtp://127.0.0.1:2525", SmtpServer("127.0.0.1", 2525, "never")),
        ("smtp://localhost:25?starttls=required", SmtpServer("localhost", 25, "required")),
        ("smtp://relay:25/?starttls=never", SmtpServer("relay", 25, "never")),
        (
            "smtps://me%40here:p%3Ass@mail.example.org",
            SmtpServer("mail.example.org", 465, "implicit", "me@here", "p:ss"),
        ),
    ],
)
def test_a_url_names_a_server(url: str, server: SmtpServer) -> None:
    assert parse_smtp_url(url) == server


@pytest.mark.parametrize(
    "url",
    [
        "mail.example.org:25",
        "http://s3cret@mail.example.org",
        "smtp://",
        "smtp://me:s3cret@host:port",
        "smtp://me:s3cret@host:99999",
        "smtp://me:s3cret@host/path",
        "smtp://me:s3cret@host?starttls=maybe",
        "smtp://me:s3cret@host?tls=no",
        "smtp://:s3cret@host",
        "smtp://me:s3cret@[::1",
        "smtps://me:s3cret%C3%A4@host",
        "smtps://m\u00e9:s3cret@host",
    ],
)
def test_what_names_no_server_is_refused_without_showing_it(url: str) -> None:
    with pytest.raises(UsageError, match="SOCIALLIVE_SMTP_URL is not the URL of a mail") as refusal:
        parse_smtp_url(url)

    assert "s3cret" not in str(refusal.value)


def test_a_password_is_not_shown() -> None:
    assert "s3cret" not in repr(parse_smtp_url("smtp://me:s3cret@host"))
