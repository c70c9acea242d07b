"""What is wrong with the cold store, by its chain, its manifests and the digests of its files."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from assets.resources.cold_manifest import REMEDY, Chain, ColdManifest, Signed, month_name
from assets.resources.cold_months import CHAIN, ColdStore, suppress_unreadable
from assets.resources.manifest import MANIFEST, DataFile, sha256_of
from schema.errors import CorruptPartitionError


@dataclass(frozen=True, slots=True)
class ColdDamage:
    """One thing that is not as it was written; no month: the chain itself."""

    month: date | None
    path: str
    evidence: str


def inspect_cold_store(store: ColdStore) -> Iterator[ColdDamage]:
    """Compare chain, manifests and every byte of every file; nothing says that all is sound."""
    try:
        chain = store.chain()
    except CorruptPartitionError:
        yield ColdDamage(None, str(store.folder / CHAIN), "there is no readable chain of manifests")
        return
    for evidence in chain.broken_links():
        yield ColdDamage(None, str(store.folder / CHAIN), evidence)
    for month in sorted({*chain.newest(), *store.months()}):
        yield from inspect_cold_month(store, chain, month)
        yield from _strays(store, month)


def inspect_cold_month(store: ColdStore, chain: Chain, month: date) -> Iterator[ColdDamage]:
    """Compare one month with the chain and with its manifest."""
    try:
        found = store.signed_manifest(month)
    except CorruptPartitionError:
        yield _damage(store, month, MANIFEST, "it is not a readable manifest")
        return
    link = chain.newest().get(month)
    if found is None:
        if link is not None:
            yield _damage(store, month, MANIFEST, "it is gone, and the chain names it")
        return
    manifest, digest = found
    if manifest.month != month:
        yield _damage(store, month, MANIFEST, f"it is that of {month_name(manifest.month)}")
    elif not chain.is_continued_by(manifest) and (link is None or link.sha256 != digest):
        yield _damage(store, month, MANIFEST, "it is not the one that the chain names")
    yield from _inspect_files(store, month, manifest)


def require_sound(store: ColdStore, month: date) -> ColdManifest:
    """The manifest of a month that is as it was written, every byte of it.

    Raises:
        CorruptPartitionError: the chain, the manifest or a file is not.
    """
    return require_signed(store, month)[0]


def require_signed(store: ColdStore, month: date) -> Signed:
    """The same with the manifest's digest.

    Raises:
        CorruptPartitionError: the chain, the manifest or a file is not as it was written.
    """
    chain = store.chain()
    for evidence in chain.broken_links():
        raise CorruptPartitionError(f"{store.folder / CHAIN}: {evidence}: {REMEDY}")
    for damage in inspect_cold_month(store, chain, month):
        raise CorruptPartitionError(f"{damage.path}: {damage.evidence}: {REMEDY}")
    return _require(store, month)


def require_manifest(store: ColdStore, month: date) -> ColdManifest:
    """The manifest of a month, whose files nobody looks at.

    Raises:
        CorruptPartitionError: there is none, or it cannot be read.
    """
    return _require(store, month)[0]


def _require(store: ColdStore, month: date) -> Signed:
    signed = store.signed_manifest(month)
    if signed is None:
        raise CorruptPartitionError(
            f"{store.month_folder(month)}: the cold store has no copy of the month, and PostgreSQL "
            f"holds none: {REMEDY}"
        )
    return signed


def _inspect_files(store: ColdStore, month: date, manifest: ColdManifest) -> Iterator[ColdDamage]:
    for file in manifest.files:
        evidence = _difference(store, month, file)
        if evidence:
            yield _damage(store, month, file.name, evidence)


def _strays(store: ColdStore, month: date) -> Iterator[ColdDamage]:
    """Files that no manifest names: nothing of ours reads them, while other engines might."""
    with suppress_unreadable():
        manifest = store.manifest(month)
        named = {file.name for file in manifest.files} if manifest else set()
        for path in sorted(store.month_folder(month).glob("*.parquet")):
            if path.name not in named:
                yield _damage(store, month, path.name, "the manifest does not name it")


def _difference(store: ColdStore, month: date, file: DataFile) -> str | None:
    path = store.month_folder(month) / file.name
    try:
        size = path.stat().st_size
        if size != file.size_bytes:
            return f"{size} bytes instead of {file.size_bytes}"
        return None if sha256_of(path) == file.sha256 else "other bytes than were written"
    except FileNotFoundError:
        return f"it is gone, with {file.rows} rows"


def _damage(store: ColdStore, month: date, name: str, evidence: str) -> ColdDamage:
    return ColdDamage(month, str(store.month_folder(month) / name), evidence)
