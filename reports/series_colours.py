"""Colours of a chart's series: told apart by colour-blind eyes, and seen on light and dark paper.

Each has a contrast of at least 3 to 1 with either paper.
"""

BLUE, VERMILLION, GREEN, AMBER = "#3159e8", "#c43a0a", "#1f7560", "#cf7f00"
PINK, GREY, SKY = "#b93aa8", "#8f9398", "#4794f0"
PALETTE = (BLUE, VERMILLION, GREEN, AMBER, PINK, SKY, GREY)
