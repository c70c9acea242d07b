import pytest

from assets.resources.spark_url import LOCAL_SPARK, parse_spark_url
from schema.errors import UsageError


@pytest.mark.parametrize("text", ["local", "local[*]", "local[1]", "local[16]"])
def test_threads_of_this_machine_are_no_server(text: str) -> None:
    url = parse_spark_url(text)

    assert (url.text, url.servers, str(url)) == (text, (), text)


def test_the_default_uses_every_core_of_this_machine() -> None:
    assert parse_spark_url("local[*]") == LOCAL_SPARK


def test_a_standalone_cluster_may_have_several_masters() -> None:
    url = parse_spark_url("spark://one.example:7077,two:7078")

    assert url.servers == (("one.example", 7077), ("two", 7078))
    assert not url.is_connect


@pytest.mark.parametrize(
    ("text", "server"),
    [("sc://spark.example", ("spark.example", 15002)), ("sc://host:15003/", ("host", 15003))],
)
def test_a_connect_server_has_a_port_of_its_own(text: str, server: tuple[str, int]) -> None:
    url = parse_spark_url(text)

    assert url.is_connect
    assert url.servers == (server,)


def test_a_token_is_never_shown() -> None:
    url = parse_spark_url("sc://host:443/;use_ssl=true;token=s3cret")

    assert "s3cret" in url.text
    assert "s3cret" not in f"{url} {url!r}"


@pytest.mark.parametrize(
    "text",
    [
        *("local[0]", "local[*", "yarn", "k8s://https://host:443", "spark://host", "spark://"),
        *("sc://", "sc://user:s3cret@host", "spark://host:7077/?x=s3cret", "http://host"),
    ],
)
def test_what_is_no_address_is_refused_without_repeating_it(text: str) -> None:
    with pytest.raises(UsageError, match=r"local\[\*\].*spark://host:port.*sc://") as refusal:
        parse_spark_url(text)

    assert "s3cret" not in str(refusal.value)
