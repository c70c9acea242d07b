"""The cold store against its chain of manifests, and against what PostgreSQL remembers of it."""

from assets.quality.findings import Finding
from assets.resources.cold_inspection import ColdDamage, inspect_cold_store
from assets.resources.cold_manifest import month_name
from assets.resources.cold_months import ColdStore
from assets.resources.postgres import Postgres, Role
from schema.errors import CorruptPartitionError
from schema.sql import load_sql

CHECK = "cold_store"
SUBJECT = "engagement_cold_store"


def verify_cold_store(postgres: Postgres, store: ColdStore) -> list[Finding]:
    """Read every byte of the cold store, and look for every month that was dropped for it.

    One alarming finding per damage, and a quiet one that counts the sound months.

    Raises:
        DatabaseUnavailableError: PostgreSQL cannot be asked for the dropped months.
    """
    damages = [*inspect_cold_store(store), *_forgotten_drops(postgres, store)]
    damaged = {damage.month for damage in damages}
    sound = [month for month in store.published_months() if month not in damaged]
    return [*map(describe_cold_damage, damages), Finding(CHECK, SUBJECT, compared=len(sound))]


def describe_cold_damage(damage: ColdDamage) -> Finding:
    """Name the file, what is wrong with it, and what to do."""
    return Finding(
        check=CHECK,
        subject=SUBJECT,
        day=damage.month,
        compared=1,
        differing=1,
        unexplained=1,
        examples=(damage.path,),
        advice=(
            f"{damage.path} is damaged: {damage.evidence}. `sociallive archive` writes a month "
            "anew that PostgreSQL still holds; else bring the file back from a copy of the store"
        ),
    )


def _forgotten_drops(postgres: Postgres, store: ColdStore) -> list[ColdDamage]:
    """Dropped months whose manifest the chain does not know: the newest links could be cut off."""
    try:
        known = {(link.month, link.sha256) for link in store.chain().links}
    except CorruptPartitionError:
        return []
    with postgres.session(Role.READER) as session:
        dropped = session.execute(load_sql(__package__, "find_cold_months")).fetchall()
    return [
        ColdDamage(
            month,
            str(store.month_folder(month)),
            f"the chain does not know the manifest for which {month_name(month)} was dropped",
        )
        for month, digest in dropped
        if (month, digest) not in known
    ]
