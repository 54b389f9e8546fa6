"""The whole picture: ground, stations, scale bar, north arrow, legend and small print."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import geopandas as gpd
import numpy as np
import pandas as pd
from markupsafe import Markup, escape

from placement.maps.frame import INK, Frame, place_of
from placement.maps.ground import CLASSES, DOT_MAX_PX, demand_layer, district_names, districts_layer, streets_layer
from placement.maps.stations import ARROW, ORIGIN, Stations, sign
from placement.maps.words import shown
from placement.values import Demand, Sites

FONT = "system-ui, 'Noto Sans CJK SC', 'Source Han Sans SC', 'Microsoft YaHei', 'PingFang SC', sans-serif"
SLOTS_PX = (110, 270, 465, 655, 825)
"""Columns of the legend."""


def plan_map(
    *,
    demand: Demand,
    sites: Sites,
    actions: pd.DataFrame,
    text: Mapping[str, str],
    reach: pd.DataFrame | None = None,
    streets: gpd.GeoDataFrame | None = None,
    districts: gpd.GeoDataFrame | None = None,
    notes: Iterable[str] = (),
) -> Markup:
    """Return the map of a plan as an ``<svg>`` element.

    Parameters
    ----------
    demand, sites
        Points in one projected CRS.
    actions
        The plan's actions with their marks: :func:`placement.report.ordered_actions`.
    text
        Texts by key, as ``placement.report.text.texts`` returns them; those that begin with ``map.`` and ``action.``.
    reach
        Frame in the order of the demand points: share of weight within reach `before` and `after`. A point counts as
        within reach where that share is at least one half.
    streets
        Lines; any CRS.
    districts
        Outlines, named by a column `name` or `district`; any CRS.
    notes
        Lines of small print under the legend: licence notices, simulated inputs.
    """
    frame = Frame.around(demand, sites, actions)
    crs = sites.table.crs
    pixels = frame.pixels(place_of("sites", sites.table))
    stations = Stations.placed(frame, pd.DataFrame(pixels, index=sites.ids, columns=["x", "y"]), actions)
    dots, scale = demand_layer(frame, demand, reach)
    inner = [
        *streets_layer(frame, streets, crs),
        *districts_layer(frame, districts, crs),
        *dots,
        *district_names(frame, districts, crs, stations.taken),
        *stations.layer(sites.table["name"], text),
        *_scale_bar(frame, text),
    ]
    kinds = ("gained", "within", "lost", "outside") if reach is not None else ("all",)
    legend = [*_station_legend(frame, text), *_demand_legend(frame, text, kinds, scale)]
    return _page(frame, _label(actions, text), inner, legend, list(notes))


def _page(frame: Frame, label: str, inner: list[str], legend: list[str], notes: list[str]) -> Markup:
    size = f'width="{frame.width:.0f}" height="{frame.height:.0f}"'
    first = frame.height + 92
    small = [
        f'<text x="8" y="{first + 16 * line:.0f}" font-size="11" fill="#55616b">{escape(shown(note, limit=150))}</text>'
        for line, note in enumerate(notes)
    ]
    return Markup(  # noqa: S704 -- every text in it went through escape()
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {frame.width:.0f} {first + 16 * len(notes) - 8:.0f}" '
        f'role="img" aria-label="{escape(label)}" font-family="{escape(FONT)}" font-size="13" fill="{INK}">'
        f'<defs><marker id="tip" viewBox="0 0 10 10" refX="8" refY="5" markerWidth="6" markerHeight="6" orient="auto">'
        f'<path d="M0 0L10 5L0 10z" fill="{ARROW}"/></marker><clipPath id="pane"><rect {size}/></clipPath></defs>'
        f'<g clip-path="url(#pane)"><rect {size} fill="#fbfbf9"/>{"".join(inner)}</g>'
        f'<rect {size} fill="none" stroke="#9aa5ad"/>{"".join(legend)}{"".join(small)}</svg>'
    )


def _label(actions: pd.DataFrame, text: Mapping[str, str]) -> str:
    changes = actions[actions["action"] != "keep"]
    marks = [f"{row.mark} {text[f'action.{row.action}']}" for row in changes.itertuples()]
    return shown(text["map.alt"].format(actions=text["comma"].join(marks) or text["none"]))


def _scale_bar(frame: Frame, text: Mapping[str, str]) -> list[str]:
    metres = round_below(160 / frame.scale)
    length = metres * frame.scale
    kilometres = text["km"].format(value=f"{metres / 1000:g}")
    label = kilometres if metres >= 1000 else text["metres"].format(value=f"{metres:g}")
    bottom = frame.height - 18
    north = f'<path d="M0-9L6 7L0 3L-6 7z"/><text y="20" text-anchor="middle">{escape(text["map.north"])}</text>'
    return [
        f'<rect x="8" y="{bottom - 28:.0f}" width="{length + 24:.0f}" height="38" fill="#fff" fill-opacity=".85"/>',
        f'<path d="M20 {bottom - 6:.0f}v6h{length:.1f}v-6" fill="none" stroke="{INK}" stroke-width="2"/>',
        f'<text x="{20 + length / 2:.1f}" y="{bottom - 9:.0f}" text-anchor="middle">{escape(label)}</text>',
        f'<g transform="translate({frame.width - 32:.0f} 26)">',
        '<circle r="20" cy="5" fill="#fff" fill-opacity=".85"/>',
        f"{north}</g>",
    ]


def round_below(value: float) -> float:
    """Return the greatest of 1, 2, 5 x 10^n that is not above a positive `value`.

    Examples
    --------
    >>> round_below(4999), round_below(0.3), round_below(10)
    (2000.0, 0.2, 10.0)
    """
    power = 10.0 ** np.floor(np.log10(value))
    return float(max(step for step in (1, 2, 5) if step * power <= value * (1 + 1e-9)) * power)


def _station_legend(frame: Frame, text: Mapping[str, str]) -> list[str]:
    y = frame.height + 28
    parts = [_legend_text(8, y, text["map.stations"], bold=True)]
    for x, action in zip(SLOTS_PX, ("open", "move", ORIGIN, "close", "keep"), strict=True):
        parts += [sign(action, x, y, action[0].upper()), _legend_text(x + 19, y, text[f"map.{action}"])]
    return parts


def _demand_legend(frame: Frame, text: Mapping[str, str], kinds: tuple[str, ...], scale: float) -> list[str]:
    y = frame.height + 62
    parts = [_legend_text(8, y, text["map.demand"], bold=True)]
    for x, kind in zip(SLOTS_PX, kinds, strict=False):
        parts.append(f'<circle cx="{x}" cy="{y:.0f}" r="6" fill="{CLASSES[kind]}"/>')
        parts.append(_legend_text(x + 19, y, text[f"map.{kind}"]))
    if scale > 0:
        x, value = SLOTS_PX[len(kinds)], round_below(DOT_MAX_PX**2 / scale)
        radius = np.sqrt(value * scale)
        parts.append(f'<circle cx="{x}" cy="{y:.0f}" r="{radius:.1f}" fill="none" stroke="{INK}"/>')
        parts.append(_legend_text(x + 19, y, text["map.size"].format(value=f"{value:,g}")))
    return parts


def _legend_text(x: float, y: float, label: str, *, bold: bool = False) -> str:
    weight = ' font-weight="700"' if bold else ""
    return f'<text x="{x:.0f}" y="{y + 4.5:.1f}"{weight}>{escape(label)}</text>'
