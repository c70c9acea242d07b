"""A drawing surface of a chart: SVG as text, across in shares of the width, down in pixels.

On a page it is as wide as the page lets it be, coloured by the style sheet, with text that keeps
its size; in a mail it has a width and colours of its own, and no text, so that no font is needed.
"""

from dataclasses import dataclass, field
from functools import lru_cache
from html import escape

from reports.creator.palette import Palette

MAIL_WIDTH = 600


@dataclass(slots=True)
class Canvas:
    """One chart that is being drawn; `palette` makes it one for mail."""

    height: int
    palette: Palette | None = None
    shapes: list[str] = field(default_factory=list)

    def across(self, share: float) -> str:
        """A place or width, 0 to 1."""
        return _in_mail(share) if self.palette else _on_page(share)

    def box(self, at: tuple[float, float], size: tuple[float, float], colour: str) -> None:
        """A filled box: (share, pixels) of its corner and of its size."""
        self._box(at, size, self._fill(colour))

    def outline(self, at: tuple[float, float], size: tuple[float, float], colour: str) -> None:
        """A hollow box: what may still change."""
        paint = f'fill="none" stroke="{getattr(self.palette, colour)}"' if self.palette else ""
        self._box(at, size, paint or f'class="o-{colour}"')

    def rule(self, y: float, colour: str = "line") -> None:
        """A line from side to side."""
        self.box((0, y), (1, 1), colour)

    def dot(self, share: float, y: float, radius: float, colour: str) -> None:
        """A round mark."""
        place = f'cx="{self.across(share)}" cy="{_pixels(y)}" r="{_pixels(radius)}"'
        self.shapes.append(f"<circle {place} {self._fill(colour)}/>")

    def label(self, share: float, y: float, text: str, style: str = "") -> None:
        """Text of ours, on a page only; `style` are classes of the style sheet."""
        if not self.palette:
            place = f'x="{self.across(share)}" y="{_pixels(y)}"'
            kind = f' class="{style}"' if style else ""
            self.shapes.append(f"<text {place}{kind}>{escape(text)}</text>")

    def finish(self, name: str, label: str, described: str = "") -> str:
        """The whole drawing; both texts say in words what it shows."""
        shapes = "".join(self.shapes)
        if self.palette:
            size = f'width="{MAIL_WIDTH}" height="{self.height}"'
            return f'<svg xmlns="http://www.w3.org/2000/svg" {size}>{shapes}</svg>'
        words = f"<title>{escape(label)}</title>"
        words += f"<desc>{escape(described)}</desc>" if described else ""
        return (
            f'<svg class="plot {name}" role="img" aria-label="{escape(label)}" width="100%" '
            f'height="{self.height}">{words}{shapes}</svg>'
        )

    def decoration(self, name: str) -> str:
        """A drawing that repeats what the words beside it say."""
        size = f'width="100%" height="{self.height}"'
        return f'<svg class="{name}" aria-hidden="true" {size}>{"".join(self.shapes)}</svg>'

    def _box(self, at: tuple[float, float], size: tuple[float, float], paint: str) -> None:
        place = f'x="{self.across(at[0])}" y="{_pixels(at[1])}"'
        extent = f'width="{self.across(size[0])}" height="{_pixels(size[1])}"'
        self.shapes.append(f"<rect {place} {extent} {paint}/>")

    def _fill(self, colour: str) -> str:
        return f'fill="{getattr(self.palette, colour)}"' if self.palette else f'class="{colour}"'


# Days and hours stand at the same places on every page.
@lru_cache(maxsize=4096)
def _on_page(share: float) -> str:
    return f"{share * 100:.2f}".rstrip("0").rstrip(".") + "%"


@lru_cache(maxsize=4096)
def _in_mail(share: float) -> str:
    return f"{share * MAIL_WIDTH:.2f}".rstrip("0").rstrip(".")


def _pixels(length: float) -> str:
    return f"{length:.1f}".removesuffix(".0")
