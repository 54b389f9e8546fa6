"""The plan as one static picture: an SVG that needs no script, no tiles and no network.

Streets and district outlines lie under dots of demand, whose *area* is visits a month, and stations, told apart by
shape, colour and letter. Everything is drawn in the CRS of the study, grid north up, so that one scale holds for the
whole picture. Colours are of or near the Okabe-Ito palette, which the colour-blind can tell apart.
"""

from placement.maps.picture import plan_map
from placement.maps.words import printable, shown

__all__ = ["plan_map", "printable", "shown"]
