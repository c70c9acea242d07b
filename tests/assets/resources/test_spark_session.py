"""What stands in Spark's way is said before any work: these tests need no Spark."""

import socket
from importlib.machinery import ModuleSpec
from pathlib import Path

import polars as pl
import pytest

from assets.resources import spark_session
from assets.resources.engine import EngineName, open_engine
from assets.resources.spark_session import require_spark
from assets.resources.spark_url import LOCAL_SPARK, parse_spark_url
from schema.errors import EngineUnavailableError, UsageError


@pytest.fixture
def without_spark(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spark_session, "find_spec", lambda _name: None)


@pytest.fixture
def with_spark(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spark_session, "find_spec", lambda name: ModuleSpec(name, None))


@pytest.fixture
def java(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A program that is called java, in a folder of its own that nothing else looks into."""
    program = tmp_path / "jre" / "bin" / "java"
    program.parent.mkdir(parents=True)
    install(program, "17.0.15")
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("JAVA_HOME", raising=False)
    return program


def install(program: Path, version: str) -> None:
    told = f"""#!/bin/sh\necho 'openjdk version "{version}" 2025-04-15' >&2\n"""
    program.write_text(told, encoding="ascii")
    program.chmod(0o755)


@pytest.fixture
def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def test_without_the_extra_it_is_said_what_to_install(without_spark: None) -> None:
    engine = open_engine(EngineName.SPARK)

    with pytest.raises(UsageError, match=r"make install-spark.*sociallive-analytics\[spark\]"):
        engine.lazy(pl.DataFrame({"number": [1]}))


def test_without_java_it_is_said_what_to_install(with_spark: None, java: Path) -> None:
    with pytest.raises(UsageError, match=r"Java 17.*JAVA_HOME"):
        require_spark(LOCAL_SPARK)


def test_java_is_found_where_java_home_points(
    with_spark: None, java: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JAVA_HOME", str(java.parents[1]))

    require_spark(LOCAL_SPARK)


def test_a_java_that_is_too_old_is_none(
    with_spark: None, java: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JAVA_HOME", str(java.parents[1]))
    install(java, "11.0.20")

    with pytest.raises(UsageError, match="Java 17 or newer"):
        require_spark(LOCAL_SPARK)


def test_a_connect_server_needs_no_java_here(with_spark: None, java: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        require_spark(parse_spark_url(f"sc://127.0.0.1:{server.getsockname()[1]}"))


def test_a_master_that_does_not_answer_is_named(
    with_spark: None, java: Path, monkeypatch: pytest.MonkeyPatch, closed_port: int
) -> None:
    monkeypatch.setenv("JAVA_HOME", str(java.parents[1]))

    with pytest.raises(EngineUnavailableError, match=f"spark://127.0.0.1:{closed_port}.*start"):
        require_spark(parse_spark_url(f"spark://127.0.0.1:{closed_port}"))


def test_of_several_masters_one_has_to_answer(
    with_spark: None, java: Path, monkeypatch: pytest.MonkeyPatch, closed_port: int
) -> None:
    monkeypatch.setenv("JAVA_HOME", str(java.parents[1]))

    with socket.create_server(("127.0.0.1", 0)) as server:
        answers = f"127.0.0.1:{server.getsockname()[1]}"
        require_spark(parse_spark_url(f"spark://127.0.0.1:{closed_port},{answers}"))
