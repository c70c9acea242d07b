"""Charts as PNG, for readers that show no SVG: mail programs."""

import resvg_py


def chart_png(svg: str, width: int) -> bytes:
    """The same picture for the same drawing, on every machine: no font of the machine is read."""
    return bytes(resvg_py.svg_to_bytes(svg_string=svg, width=width, skip_system_fonts=True))
