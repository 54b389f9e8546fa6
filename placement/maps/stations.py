"""Stations on the map: a sign for each action, with its mark in it.

Signs that would hide each other are moved apart and tied to their true place by a thin line with a dot; where they are
too many for that, they stay in place.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
import shapely
from markupsafe import escape
from numpy.typing import NDArray
from scipy.spatial import cKDTree
from shapely.geometry.base import BaseGeometry

from placement.maps.frame import INK, Frame
from placement.maps.words import shown
from placement.values.arrays import FloatArray

SIGN_PX = 10.0
APART_PX = 2 * SIGN_PX + 1
ROOM_SHARE = 0.6
"""Signs whose squares fill more of the picture than this cannot be moved apart and stay where they stand."""
NAME_LIMIT = 80
SIGNS = {
    "keep": ("circle", "#0a5c99", "#ffffff", "#ffffff"),
    "close": ("octagon", "#ffffff", "#a3260b", "#a3260b"),
    "move": ("diamond", "#f0b429", "#3d2c00", "#221900"),
    "open": ("square", "#00674f", "#ffffff", "#ffffff"),
}
"""Shape, fill, outline and letter colour by action, in the order of drawing."""
_AS_KEPT = frozenset({"grow", "shrink"})
"""What becomes of stations that stay, under the sign of those."""
_ONE_POINT_PX = 1e-9
_ROUNDS = 200
ORIGIN = "from"
ARROW = "#3d2c00"
_CORNERS = {
    "square": ((-0.9, -0.9), (0.9, -0.9), (0.9, 0.9), (-0.9, 0.9)),
    "diamond": ((0, -1.25), (1.25, 0), (0, 1.25), (-1.25, 0)),
    "octagon": ((-0.4, -1), (0.4, -1), (1, -0.4), (1, 0.4), (0.4, 1), (-0.4, 1), (-1, 0.4), (-1, -0.4)),
}


@dataclass(frozen=True, kw_only=True, eq=False)
class Stations:
    """The signs of a plan, placed.

    Parameters
    ----------
    signs
        One row for each sign: `action` (or ``from`` for the place a move comes from), `site_id`, `mark`, `x`, `y` in
        pixels and the true place `at_x`, `at_y`.
    """

    signs: pd.DataFrame

    @classmethod
    def placed(cls, frame: Frame, place: pd.DataFrame, actions: pd.DataFrame) -> Stations:
        """Return the signs of `actions`; `place` holds `x` and `y` in pixels by site id."""
        moves = actions[actions["action"] == "move"]
        origins = moves.assign(action=ORIGIN, site_id=moves["from_site_id"])
        signs = pd.concat([origins, actions])[["action", "site_id", "mark"]].reset_index(drop=True)
        anchors = place.loc[signs["site_id"], ["x", "y"]].to_numpy()
        spots = _apart(anchors, frame)
        return cls(signs=signs.assign(x=spots[:, 0], y=spots[:, 1], at_x=anchors[:, 0], at_y=anchors[:, 1]))

    @property
    def taken(self) -> BaseGeometry:
        """What the signs and arrows cover, in pixels, with room for half a district name around it."""
        points = shapely.points(self.signs[["x", "y"]].to_numpy())
        return shapely.union_all(shapely.buffer([*points, *self._arrows()], SIGN_PX + 2))

    def layer(self, names: pd.Series, text: Mapping[str, str]) -> list[str]:
        """Return the signs as SVG; `names` by site id."""
        rows = list(self.signs.itertuples(index=False))
        ties = [_tie(row.at_x, row.at_y, row.x, row.y) for row in rows]
        arrows = [_arrow(*line.coords) for line in self._arrows()]
        origins = dict(self.signs.loc[self.signs["action"] == ORIGIN, ["mark", "site_id"]].to_numpy().tolist())
        drawn = {action: [] for action in (ORIGIN, *SIGNS)}  # type: dict[str, list[str]]
        for row in rows:
            about = [row.mark, text.get(f"action.{row.action}", text["map.from"]), _called(names, row.site_id)]
            if row.action == "move":
                about.append(text["map.moved"].format(name=_called(names, origins[row.mark])))
            title = escape(" · ".join(about))
            drawn[sign_of(row.action)].append(
                f"<g>{sign(row.action, row.x, row.y, row.mark)}<title>{title}</title></g>"
            )
        return [*ties, *arrows, *(part for parts in drawn.values() for part in parts)]

    def _arrows(self) -> list[BaseGeometry]:
        ends = {
            action: self.signs[self.signs["action"] == action].set_index("mark")[["x", "y"]]
            for action in (ORIGIN, "move")
        }
        return [
            shapely.LineString([ends[ORIGIN].loc[mark], ends["move"].loc[mark]]) for mark in sorted(ends["move"].index)
        ]


def sign_of(action: str) -> str:
    """Return the action whose sign an action has."""
    return "keep" if action in _AS_KEPT else action


def sign(action: str, x: float, y: float, mark: str) -> str:
    """Return the sign of an action (or ``from``) at a place in the picture, with its mark in it."""
    if action == ORIGIN:
        style = f'fill="#fff" stroke="{ARROW}" stroke-width="1.5" stroke-dasharray="2.4 1.6"'
        return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="5.5" {style}/>'
    shape, fill, outline, letter = SIGNS[sign_of(action)]
    if shape == "circle":
        body = f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{SIGN_PX - 0.5:.1f}"'
    else:
        corners = (f"{x + dx * SIGN_PX:.1f} {y + dy * SIGN_PX:.1f}" for dx, dy in _CORNERS[shape])
        body = f'<path d="M{"L".join(corners)}z"'
    size = 10 if len(mark) < 3 else 8
    return (
        f'{body} fill="{fill}" stroke="{outline}" stroke-width="1.5"/>'
        f'<text x="{x:.1f}" y="{y + size * 0.36:.1f}" text-anchor="middle" font-size="{size}" font-weight="700" '
        f'fill="{letter}">{escape(mark)}</text>'
    )


def _called(names: pd.Series, site_id: str) -> str:
    return f"{shown(names[site_id], limit=NAME_LIMIT)} ({shown(site_id, limit=NAME_LIMIT)})"


def _tie(at_x: float, at_y: float, x: float, y: float) -> str:
    if np.hypot(x - at_x, y - at_y) < 3:
        return ""
    line = f'<line x1="{at_x:.1f}" y1="{at_y:.1f}" x2="{x:.1f}" y2="{y:.1f}" stroke="{INK}" stroke-width=".8"/>'
    return f'{line}<circle cx="{at_x:.1f}" cy="{at_y:.1f}" r="1.8"/>'


def _arrow(origin: tuple[float, float], target: tuple[float, float]) -> str:
    start, way = np.array(origin), np.subtract(target, origin)
    length = max(float(np.hypot(*way)), 0.1)
    end = start + way * max(length - SIGN_PX - 3, 0.1) / length
    line = f'x1="{start[0]:.1f}" y1="{start[1]:.1f}" x2="{end[0]:.1f}" y2="{end[1]:.1f}"'
    return f'<line {line} stroke="{ARROW}" stroke-width="1.6" marker-end="url(#tip)"/>'


def _apart(anchors: FloatArray, frame: Frame) -> FloatArray:
    """Return places at least :data:`APART_PX` apart, each near its anchor; the anchors where there is no room."""
    if len(anchors) * APART_PX**2 > ROOM_SHARE * frame.width * frame.height:
        return anchors
    # Signs on one and the same place part along directions that depend on their order only.
    turn = np.arange(len(anchors)) * 2.4
    spots = anchors + 0.01 * np.column_stack([np.cos(turn), np.sin(turn)])
    low, high = np.full(2, SIGN_PX + 3), np.array([frame.width, frame.height]) - SIGN_PX - 3
    for _ in range(_ROUNDS):
        pairs = cKDTree(spots).query_pairs(APART_PX, output_type="ndarray")
        way, distance = _ways(spots, pairs)
        overlap = APART_PX - distance
        if overlap.max(initial=0.0) < 0.5:
            break
        push = 0.5 * way * overlap[:, None]
        moved = spots.copy()
        np.add.at(moved, pairs[:, 0], push)
        np.add.at(moved, pairs[:, 1], -push)
        spots = np.clip(moved, low, high)
    return spots


def _ways(spots: FloatArray, pairs: NDArray[np.intp]) -> tuple[FloatArray, FloatArray]:
    """Return for each pair the unit vector from its second to its first spot, and their distance in pixels."""
    apart = spots[pairs[:, 0]] - spots[pairs[:, 1]]
    distance = np.hypot(apart[:, 0], apart[:, 1])
    # The edge of the picture can press two signs onto one point: they have no direction of their own.
    stuck = distance < _ONE_POINT_PX
    turn = pairs.sum(axis=1)[stuck] * 2.4
    way = apart / np.maximum(distance, _ONE_POINT_PX)[:, None]
    way[stuck] = np.column_stack([np.cos(turn), np.sin(turn)])
    return way, distance
