"""Colours of a report: told apart by people who see fewer colours, readable in light and dark."""

from dataclasses import dataclass, fields, replace


@dataclass(frozen=True, slots=True)
class Palette:
    """Colours by what they stand for; each is a variable of the style sheet with the same name.

    `now` is the period, `before` the weeks before it; `gained` and `lost` also differ in lightness
    and direction; `level1` to `level4` grow darker on light paper, lighter on dark.
    """

    paper: str
    line: str
    band: str
    ink: str
    now: str
    before: str
    gained: str
    lost: str
    level0: str
    level1: str
    level2: str
    level3: str
    level4: str


LIGHT = Palette(
    paper="#ffffff",
    line="#e3e7ec",
    band="#eef3fc",
    ink="#161b22",
    now="#1f5fcf",
    before="#8091ab",
    gained="#1f5fcf",
    lost="#b45309",
    level0="#f1f3f6",
    level1="#cfe0f8",
    level2="#8fb6ee",
    level3="#4a85dd",
    level4="#174a9f",
)
DARK = Palette(
    paper="#171b21",
    line="#2b323b",
    band="#1d2735",
    ink="#e8ebef",
    now="#78aaff",
    before="#62718c",
    gained="#78aaff",
    lost="#f0974a",
    level0="#20262e",
    level1="#21395c",
    level2="#2f5c9c",
    level3="#5590e0",
    level4="#b4d2ff",
)
# Of pictures, which cannot tell whether they will stand on light or on dark: seen on both.
ON_ANY_PAPER = replace(
    LIGHT,
    line="#80889966",
    band="#3f7fee24",
    now="#2f6fe0",
    before="#7487a3",
    gained="#2f6fe0",
    lost="#c2631a",
)


def style_variables(palette: Palette) -> str:
    """The colours as CSS variables."""
    return " ".join(f"--{field.name}: {getattr(palette, field.name)};" for field in fields(palette))
