"""Pictures for notebooks: demand, coverage and a plan on matplotlib axes.

In the spirit of geopandas: every function takes ``ax=`` and returns the axes it drew on. Needs the extra ``plots``.
Chinese needs a font that has it: the first installed of :data:`CJK_FONTS` is used; where there is none, labels are
English, names that cannot be drawn become numbers, and a warning says so.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import ArrayLike, NDArray

from placement.errors import InputError, MissingExtraError
from placement.maps.frame import finite, place_of
from placement.maps.ground import CLASSES, reach_classes
from placement.maps.stations import ARROW, SIGNS, sign_of
from placement.report.plan_json import ACTION_ORDER, ordered_actions
from placement.report.text import texts
from placement.report.view import names_of
from placement.values import Coverages, Demand, Frontier, Plan, Sites

if TYPE_CHECKING:
    from matplotlib.axes import Axes

CJK_FONTS = (
    "Noto Sans CJK SC",
    "Noto Sans SC",
    "Source Han Sans SC",
    "Source Han Sans CN",
    "Microsoft YaHei",
    "PingFang SC",
    "Heiti SC",
    "SimHei",
    "WenQuanYi Zen Hei",
    "WenQuanYi Micro Hei",
    "Noto Sans CJK JP",
)
QUANTITIES = ("people", "need", "expected_use", "weight")
MARKERS = {"keep": "o", "close": "8", "move": "D", "open": "s"}
_DOT_SHARE = 0.14
"""Share of the axes that all dots of demand together fill, unless the largest would exceed :data:`_DOT_MAX_PT2`."""
_DOT_MAX_PT2 = 160.0


def plot_demand(
    demand: Demand,
    *,
    quantity: str = "need",
    ax: Axes | None = None,
    streets: gpd.GeoDataFrame | None = None,
    districts: gpd.GeoDataFrame | None = None,
    language: str = "en",
) -> Axes:
    """Draw demand points, with an area that grows with a quantity and the colour of their awareness.

    Parameters
    ----------
    demand
        The demand.
    quantity
        What the area of a dot shows: ``people``, ``need``, ``expected_use`` or ``weight`` (visits a month).
    ax
        Axes to draw on; new ones by default.
    streets, districts
        Lines and outlines to draw beneath; any CRS.
    language
        ``en`` or ``zh``.

    Raises
    ------
    InputError
        If the quantity or the language is unknown.
    MissingExtraError
        If matplotlib is not installed.
    """
    if quantity not in QUANTITIES:
        raise InputError.single("plot", f"quantity {quantity!r} is unknown", remedy=f"use {', '.join(QUANTITIES)}")
    axes, text = _axes(ax), _texts(language)
    _ground(axes, demand.points.crs, streets, districts)
    amount = np.asarray(getattr(demand, quantity)).sum(axis=1)
    need = demand.need.sum(axis=1)
    aware = np.divide((demand.need * demand.awareness).sum(axis=1), need, out=np.zeros_like(need), where=need > 0)
    place = place_of("demand", demand.points)
    style: dict[str, Any] = {"cmap": "viridis", "vmin": 0, "vmax": 1, "linewidths": 0, "zorder": 3}
    dots = axes.scatter(place[:, 0], place[:, 1], s=_sizes(axes, amount), c=aware, **style)
    bar = axes.figure.colorbar(dots, ax=axes, shrink=0.6, format=lambda share, _: f"{share:.0%}")
    bar.set_label(text["plot.awareness"])
    axes.set_title(text[f"plot.{quantity}"].format(total=f"{amount.sum():,.0f}"))
    return _finished(axes, bar.ax)


def plot_coverage(
    demand: Demand,
    share: ArrayLike,
    *,
    stations: gpd.GeoDataFrame | None = None,
    ax: Axes | None = None,
    streets: gpd.GeoDataFrame | None = None,
    districts: gpd.GeoDataFrame | None = None,
    language: str = "en",
) -> Axes:
    """Draw which demand is within reach of a set of stations.

    Parameters
    ----------
    demand
        The demand; the area of a dot is its weight, visits a month.
    share
        (points,) share 0..1 of each point's weight within reach.
    stations
        Points of the stations that stand; any CRS.
    ax, streets, districts, language
        As in :func:`plot_demand`.
    """
    axes, text = _axes(ax), _texts(language)
    within = np.asarray(share, dtype=np.float64)
    if within.shape != (len(demand.ids),):
        raise InputError.single("plot", f"share has shape {within.shape}, expected ({len(demand.ids)},)")
    crs = demand.points.crs
    _ground(axes, crs, streets, districts)
    weight = demand.weight.sum(axis=1)
    kinds = np.where(within >= 0.5, "within", "outside")
    _dots(axes, demand, kinds, {"within": text["plot.within"], "outside": text["map.outside"]})
    if stations is not None:
        place = place_of("stations", stations.to_crs(crs))
        style: dict[str, Any] = {"c": SIGNS["keep"][1], "s": 36, "edgecolors": "white", "linewidths": 0.8, "zorder": 5}
        axes.scatter(place[:, 0], place[:, 1], label=text["map.stations"], **style)
    covered = float((weight * within).sum() / weight.sum()) if weight.sum() else 0.0
    axes.set_title(text["plot.covered"].format(share=f"{covered:.1%}"))
    _legend(axes)
    return _finished(axes)


def plot_plan(
    plan: Plan,
    sites: Sites,
    *,
    demand: Demand | None = None,
    reach: pd.DataFrame | None = None,
    ax: Axes | None = None,
    streets: gpd.GeoDataFrame | None = None,
    districts: gpd.GeoDataFrame | None = None,
    language: str = "en",
) -> Axes:
    """Draw what happens at each station, with an arrow for each move.

    Parameters
    ----------
    plan, sites
        The plan and its sites.
    demand, reach
        Demand to draw beneath and, in its order, the share within reach `before` and `after` that colours it.
    ax, streets, districts, language
        As in :func:`plot_demand`.
    """
    axes, text = _axes(ax), _texts(language, steps=bool(plan.after.steps))
    _ground(axes, sites.table.crs, streets, districts)
    if demand is not None:
        kinds = np.full(len(demand.ids), "all", dtype=object) if reach is None else reach_classes(reach)
        _dots(axes, demand, kinds, {kind: text[f"map.{kind}"] for kind in CLASSES})
    place = pd.DataFrame(place_of("sites", sites.table), index=sites.ids, columns=["x", "y"])
    actions = ordered_actions(plan)
    for row in actions[actions["action"] == "move"].itertuples():
        way = {"xy": place.loc[row.site_id], "xytext": place.loc[row.from_site_id]}
        axes.annotate("", **way, arrowprops={"arrowstyle": "-|>", "color": ARROW, "lw": 1.2}, zorder=5)
        axes.plot(*place.loc[row.from_site_id], "o", mfc="white", mec=ARROW, ms=5, zorder=5)
    for action in reversed(ACTION_ORDER):
        rows = actions[actions["action"] == action]
        if len(rows):
            _signs(axes, action, place.loc[rows["site_id"]], f"{text[f'action.{action}']} ({len(rows)})")
    shares = {"before": f"{plan.before.total.share:.1%}", "after": f"{plan.after.total.share:.1%}"}
    axes.set_title(text["plot.plan"].format(study=plan.study, **shares))
    _legend(axes)
    return _finished(axes)


def plot_shares(plan: Plan, *, by: str = "district", ax: Axes | None = None, language: str = "en") -> Axes:
    """Draw the share of demand within reach, today and with the plan, as bars.

    Parameters
    ----------
    plan
        The plan.
    by
        ``district``, ``segment`` or ``people`` (residents by age group and period).
    ax, language
        As in :func:`plot_demand`.
    """
    if by not in {"district", "segment", "people"}:
        raise InputError.single("plot", f"by {by!r} is unknown", remedy="use district, segment or people")
    axes, text = _axes(ax), _texts(language, steps=bool(plan.after.steps))
    before, after = (_shares(coverages, by) for coverages in (plan.before, plan.after))
    names = list(after) if by == "district" else list(names_of(after, text).values())
    rows = np.arange(len(after))
    axes.barh(rows - 0.2, [before.get(key, 0.0) for key in after], 0.38, color="#9aa5ad", label=text["today"])
    axes.barh(rows + 0.2, list(after.values()), 0.38, color=SIGNS["keep"][1], label=text["plan"])
    axes.set_yticks(rows, _drawable(names))
    axes.invert_yaxis()
    axes.set_xlim(0, 1)
    axes.xaxis.set_major_formatter(lambda share, _: f"{share:.0%}")
    axes.set_xlabel(text["column.reach"])
    axes.legend(fontsize="small")
    return _with_fonts(axes)


def plot_frontier(trade: Frontier, *, ax: Axes | None = None, language: str = "en") -> Axes:
    """Draw coverage against predicted visits: a dot a plan with its weight of a visit, today and the chosen plan.

    Parameters
    ----------
    trade
        :func:`placement.frontier` of a case.
    ax, language
        As in :func:`plot_demand`.
    """
    axes, text = _axes(ax), _texts(language)
    between = sorted((point for point in trade.points if not point.mark), key=lambda point: point.coverage)
    axes.plot([p.coverage for p in between], [p.visits for p in between], "o-", color="#9aa5ad", ms=5, zorder=3)
    for point in between:
        said = f"{float(point.visits_weight or 0):g}"
        axes.annotate(said, (point.coverage, point.visits), xytext=(5, 5), textcoords="offset points", fontsize="small")
    for mark, sign, colour in (("today", "s", "#444444"), ("chosen", "D", SIGNS["keep"][1])):
        place = [(point.coverage, point.visits) for point in trade.points if point.mark == mark]
        label = text["today" if mark == "today" else "trade.chosen"]
        axes.plot(*np.transpose(place), sign, color=colour, ms=8, zorder=4, label=label)
    axes.xaxis.set_major_formatter(lambda share, _: f"{share:.0%}")
    axes.yaxis.set_major_formatter(lambda visits, _: f"{visits:,.0f}")
    axes.set_xlabel(text["trade.coverage"])
    axes.set_ylabel(text["trade.visits"])
    axes.legend(fontsize="small")
    return _with_fonts(axes)


def _shares(coverages: Coverages, by: str) -> dict[str, float]:
    if by == "people":
        return {key: part / whole if whole else 0.0 for key, (part, whole) in coverages.people.items()}
    parts = coverages.district if by == "district" else coverages.segment
    return {key: part.share for key, part in parts.items()}


def _texts(language: str, *, steps: bool = False) -> Mapping[str, str]:
    text = texts(language, steps=steps)
    if language == "zh" and not _cjk_font():
        warnings.warn(
            f"no font with Chinese is installed: labels are English; install one of {', '.join(CJK_FONTS[:3])}",
            UserWarning,
            stacklevel=3,
        )
        return texts("en", steps=steps)
    return text


def _drawable(names: Iterable[str]) -> list[str]:
    """Return names as they can be drawn: numbers in place of those that need a font which is not installed."""
    known = [str(name) for name in names]
    lacking = [name for name in known if any(ord(sign) >= 0x2E80 for sign in name)]
    if not lacking or _cjk_font():
        return known
    numbers = {name: f"no. {number}" for number, name in enumerate(lacking, start=1)}
    warnings.warn(f"no font with Chinese is installed: names are drawn as {numbers}", UserWarning, stacklevel=3)
    return [numbers.get(name, name) for name in known]


def _cjk_font() -> str:
    from matplotlib import font_manager  # noqa: PLC0415 -- only where a plot is drawn

    installed = {font.name for font in font_manager.fontManager.ttflist}
    return next((name for name in CJK_FONTS if name in installed), "")


def _axes(ax: Axes | None) -> Axes:
    if ax is not None:
        return ax
    try:
        from matplotlib import pyplot as plt  # noqa: PLC0415 -- only where a plot is drawn
    except ImportError as error:
        raise MissingExtraError("matplotlib", "plots", "plotting") from error
    _, axes = plt.subplots(figsize=(9, 7), layout="constrained")
    return axes


def _ground(axes: Axes, crs: Any, streets: gpd.GeoDataFrame | None, districts: gpd.GeoDataFrame | None) -> None:
    from matplotlib.collections import LineCollection  # noqa: PLC0415 -- only where a plot is drawn

    layers = ((streets, "#c6cbcf", 0.5, "-"), (districts, "#8a7f9c", 1.2, "--"))
    for shapes, colour, width, style in layers:
        if shapes is None or shapes.empty:
            continue
        lines = finite(np.array(shapes.geometry.to_crs(crs).array, dtype=object))
        areas = shapely.get_dimensions(lines) == 2
        lines[areas] = shapely.boundary(lines[areas])
        # A border that two districts share is drawn once, else its dashes fill up.
        joined = shapely.line_merge(shapely.union_all(lines)) if areas.any() else lines
        paths = [shapely.get_coordinates(line) for line in shapely.get_parts(joined)]
        axes.add_collection(LineCollection(paths, colors=colour, linewidths=width, linestyles=style, zorder=1))
    axes.autoscale_view()


def _dots(axes: Axes, demand: Demand, kinds: NDArray[Any], labels: Mapping[str, str]) -> None:
    place = place_of("demand", demand.points)
    sizes = _sizes(axes, demand.weight.sum(axis=1))
    for kind, label in labels.items():
        here = kinds == kind
        if here.any():
            style: dict[str, Any] = {"c": CLASSES[kind], "linewidths": 0, "alpha": 0.85, "zorder": 3}
            axes.scatter(place[here, 0], place[here, 1], s=sizes[here], label=label, **style)


def _signs(axes: Axes, action: str, place: pd.DataFrame, label: str) -> None:
    action = sign_of(action)
    _, fill, outline, _ = SIGNS[action]
    style: dict[str, Any] = {
        "c": fill,
        "edgecolors": outline,
        "linewidths": 1.2,
        "s": 56,
        "marker": MARKERS[action],
        "zorder": 6,
    }
    axes.scatter(place["x"], place["y"], label=label, **style)


def _legend(axes: Axes) -> None:
    from matplotlib.collections import PathCollection  # noqa: PLC0415 -- only where a plot is drawn

    legend = axes.legend(loc="lower right", fontsize="small")
    for handle in legend.legend_handles:
        # Dots of demand may be tiny in the picture; in the legend their colour must be seen.
        if isinstance(handle, PathCollection):
            handle.set_sizes([40])


def _sizes(axes: Axes, amount: NDArray[np.float64]) -> NDArray[np.float64]:
    box = axes.get_window_extent().transformed(axes.figure.dpi_scale_trans.inverted())
    filled = _DOT_SHARE * box.width * box.height * 72**2
    total, largest = float(amount.sum()), float(amount.max(initial=0.0))
    return amount * min(filled / total, _DOT_MAX_PT2 / largest) if total else amount


def _finished(axes: Axes, *others: Axes) -> Axes:
    axes.set_aspect("equal")
    axes.set_axis_off()
    for part in others:
        _with_fonts(part)
    return _with_fonts(axes)


def _with_fonts(axes: Axes) -> Axes:
    from matplotlib.text import Text  # noqa: PLC0415 -- only where a plot is drawn

    font = _cjk_font()
    families = ["DejaVu Sans", font] if font else ["DejaVu Sans"]
    for part in axes.findobj(Text):
        part.set_fontfamily(families)
    return axes
