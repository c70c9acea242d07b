"""Dagster's own storage: SQLite below the home or a PostgreSQL, with the settings we ship."""

import hashlib
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import dagster as dg
import yaml
from dagster._check import CheckError
from sqlalchemy.exc import SQLAlchemyError

from pipelines.event_batches import store_in_batches
from pipelines.settings import DAGSTER_DATABASE, Settings, hand_to_dagster
from schema.errors import StorageError, UsageError

SHIPPED = Path(__file__).parent / "instance"
FILE = "dagster.yaml"
# What Dagster says of a mistake begins with where it is; the schema that follows may be long.
MOST_LINES = 3
SEAL = "# sealed: sha256 "
# What was shipped before files were sealed.
UNSEALED = {"823bd7c58d30b07ae31a4041dd5d53ad4f470e0464ee67978ce626c01f70503e"}


def prepare_dagster_home(settings: Settings) -> Path:
    """Make Dagster's folder and give it our newest settings, unless somebody has given it others.

    Raises:
        StorageError: the home cannot be written.
        UsageError: settings that somebody wrote are no text, or contradict where the storage is to
            be.
    """
    folder = settings.dagster_home
    hand_to_dagster(settings)
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        _renew(folder / FILE, shipped_settings(settings))
    except OSError as error:
        raise StorageError(
            f"{folder} cannot be written ({error.strerror}): mend it or set SOCIALLIVE_HOME"
        ) from error
    except UnicodeDecodeError as error:
        raise _broken(folder / FILE, "it is no text in UTF-8") from error
    _refuse_contradiction(folder / FILE, settings)
    return folder


def has_storage(settings: Settings) -> bool:
    """Whether anything may have been noted yet: there is none before the first run."""
    return bool(settings.dagster_database_url) or (settings.dagster_home / FILE).exists()


def shipped_settings(settings: Settings) -> str:
    """The text of dagster.yaml, sealed so that a change by hand shows; it holds no password."""
    parts = [FILE, "postgres.yaml"] if settings.dagster_database_url else [FILE]
    text = "".join((SHIPPED / part).read_text(encoding="utf-8") for part in parts)
    return f"{SEAL}{_digest(text)}\n{text}"


def _renew(path: Path, newest: str) -> None:
    present = path.read_text(encoding="utf-8") if path.exists() else None
    if present == newest or (present is not None and not _is_ours(present)):
        return
    unfinished = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    unfinished.write_text(newest, encoding="utf-8")
    unfinished.replace(path)


def _is_ours(text: str) -> bool:
    """Whether nobody has touched it since it was shipped."""
    seal, _, rest = text.partition("\n")
    return seal == f"{SEAL}{_digest(rest)}" or _digest(text) in UNSEALED


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _refuse_contradiction(path: Path, settings: Settings) -> None:
    is_named = DAGSTER_DATABASE in path.read_text(encoding="utf-8")
    if is_named == bool(settings.dagster_database_url):
        return
    lack = "is not set" if is_named else "is set, and the file does not name it"
    raise UsageError(
        f"{path} was changed by hand, so it is left alone, but {DAGSTER_DATABASE} {lack}: "
        "make the two agree, or move the file away and it is written anew"
    )


@contextmanager
def open_instance(settings: Settings) -> Iterator[dg.DagsterInstance]:
    """Open Dagster's storage of this installation.

    Raises:
        StorageError: the storage cannot be written, most often because the disk is full.
        UsageError: settings that somebody wrote are none, or contradict where the storage is to be.
    """
    folder = prepare_dagster_home(settings)
    place = "Dagster's database" if settings.dagster_database_url else str(folder)
    try:
        with _instance_of(folder) as instance:
            store_in_batches(instance)
            yield instance
    except _storage_failures(settings) as error:
        raise StorageError(
            f"{place} cannot be written ({_reason(error)}): mend it or make room, and run again; "
            "what was published before is untouched"
        ) from error


def _instance_of(folder: Path) -> dg.DagsterInstance:
    try:
        return dg.DagsterInstance.from_config(str(folder))
    except (yaml.YAMLError, dg.DagsterError, CheckError) as error:
        lines = [line.strip() for line in str(error).splitlines() if line.strip()]
        raise _broken(folder / FILE, "; ".join(lines[:MOST_LINES])) from error


def _broken(path: Path, reason: str) -> UsageError:
    return UsageError(
        f"{path} was changed by hand and is no configuration of Dagster ({reason}): mend it, or "
        "move it away and it is written anew"
    )


def _storage_failures(settings: Settings) -> tuple[type[Exception], ...]:
    if not settings.dagster_database_url:
        return (SQLAlchemyError,)
    # Slow to import, and of no use to SQLite.
    from dagster_postgres.utils import DagsterPostgresException  # noqa: PLC0415

    return (SQLAlchemyError, DagsterPostgresException)


def _reason(error: Exception) -> str:
    cause = error if isinstance(error, SQLAlchemyError) else error.__cause__ or error
    return str(getattr(cause, "orig", cause)).strip().splitlines()[0]
