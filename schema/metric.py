"""What the registry says about one published number."""

from dataclasses import dataclass

UNTAGGED = "{}"
NEVER_ABSENT = "never: 0 on a day without any"
# What identifies a row of a published table, tags aside.
KEYS = {"user_analytics": ("user_id", "date"), "system_metrics": ("date",)}


@dataclass(frozen=True, slots=True)
class Metric:
    """One published number.

    `version` rises when the same data would give another number; `metric_versions.toml` keeps what
    each version meant. `tags` are the keys that tell the rows of a day apart; `always` are the
    tags, as JSON text, that every day has, zero included. No value lies below `least` or above
    `most`; None is no limit.
    """

    name: str
    unit: str
    definition: str
    source: tuple[str, ...]
    absent_when: str = NEVER_ABSENT
    tags: tuple[str, ...] = ()
    always: tuple[str, ...] = ()
    least: int | None = 0
    most: int | None = None
    table: str = "system_metrics"
    owner: str = "analytics"
    version: int = 1

    @property
    def grain(self) -> str:
        """What has one number each; a metric with totals beside its tags has two grains."""
        key = KEYS[self.table]
        keys = [key] if not self.tags or UNTAGGED in self.always else []
        keys += [(*key, *self.tags)] if self.tags else []
        return " and ".join(f"({', '.join(columns)})" for columns in keys)


def tag(key: str, value: str | int) -> str:
    """One tag as JSON text, spelled as PostgreSQL prints jsonb."""
    return f'{{"{key}": "{value}"}}' if isinstance(value, str) else f'{{"{key}": {value}}}'
