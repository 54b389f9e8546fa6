r"""Speeds that depend on the edge: slopes, steps, and tables of speeds by kind of street.

Relative to level ground, people walk on a gradient S (rise over length) at

.. math::

    f_\text{Tobler}(S) &= e^{-3.5 |S + 0.05|} / e^{-3.5 \cdot 0.05} \\
    f_\text{Irmischer--Clarke}(S) &= g(100 S) / g(0), \quad g(s) = 0.11 + e^{-(s + 5)^2 / 1800}

so that a speed always means the speed on the level. Both are fastest slightly downhill and not symmetric: going to a
station and coming back take different times.

Sources: Tobler (1993), Three presentations on geographical analysis and modeling, NCGIA Technical Report 93-1;
Irmischer & Clarke (2018), Measuring and modeling the speed of human navigation, Cartography and Geographic Information
Science 45, 177-186 (on roads).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from placement.errors import Fault, InputError
from placement.streets.streets import Streets
from placement.travel.costs import CLOSED, EdgeCosts
from placement.values.arrays import FloatArray
from placement.values.row_faults import row_faults

Slope = Literal["tobler", "irmischer-clarke"]
SLOPES: dict[str, str] = {"tobler": "Tobler", "irmischer-clarke": "Irmischer and Clarke"}
STEPS = "steps"


def slope_factor(gradient: FloatArray, slope: Slope) -> FloatArray:
    """Return the speed on a gradient over the speed on the level.

    Parameters
    ----------
    gradient
        Rise over length, negative downhill.
    slope
        ``tobler`` or ``irmischer-clarke``.

    Examples
    --------
    >>> import numpy as np
    >>> slope_factor(np.array([-0.05, 0.0, 0.1]), "tobler").round(3).tolist()
    [1.191, 1.0, 0.705]
    >>> slope_factor(np.array([-0.05, 0.0, 0.1]), "irmischer-clarke").round(3).tolist()
    [1.013, 1.0, 0.905]
    """
    if slope == "tobler":
        return np.exp(-3.5 * (np.abs(gradient + 0.05) - 0.05))
    if slope == "irmischer-clarke":
        level = 0.11 + np.exp(-25 / 1800)
        return np.asarray((0.11 + np.exp(-((100 * gradient + 5) ** 2) / 1800)) / level)
    raise InputError.single("slope", f"is {slope!r}", remedy=f"use one of {', '.join(SLOPES)}")


def hill_costs(streets: Streets, speed_mm_s: int, *, slope: Slope | None, steps_factor: float) -> EdgeCosts:
    """Return whole milliseconds of walking, by slope and with steps that take `steps_factor` times as long.

    Parameters
    ----------
    streets
        The network, with elevations where a slope rule is named.
    speed_mm_s
        Speed on the level.
    slope
        Rule, or None for level walking.
    steps_factor
        0 or more; infinite closes all steps.

    Raises
    ------
    InputError
        If elevations are missing (every node is listed) or the factor is negative.
    """
    if not steps_factor >= 0:
        raise InputError.single("steps_factor", f"is {steps_factor}", remedy="give a factor of 0 or more")
    factor = np.ones((2, streets.n_edges))
    if slope is not None:
        rise = elevations(streets)[streets.v] - elevations(streets)[streets.u]
        gradient = np.divide(rise * 1000, streets.length_mm, out=np.zeros(rise.size), where=streets.length_mm > 0)
        factor = np.stack([slope_factor(gradient, slope), slope_factor(-gradient, slope)])
    with np.errstate(over="ignore", divide="ignore"):
        milliseconds = streets.length_mm * 1000.0 / (speed_mm_s * factor)
    on_steps = _kind_mask(streets, {STEPS})
    if np.isinf(steps_factor):
        milliseconds[:, on_steps] = np.inf
    else:
        milliseconds[:, on_steps] *= steps_factor
    forward, backward = whole_costs(milliseconds, closed=np.broadcast_to(np.isinf(milliseconds), milliseconds.shape))
    return EdgeCosts(forward=forward, backward=backward, unit="ms", speed_mm_s=speed_mm_s)


def table_costs(
    streets: Streets, speeds_m_s: Mapping[str, float], *, oneway: bool, access_speed_mm_s: int
) -> EdgeCosts:
    """Return whole milliseconds by a table of speeds; kinds of street that it does not name are closed.

    Parameters
    ----------
    streets
        The network.
    speeds_m_s
        Metres a second by `highway`; the key ``"*"`` stands for every kind not named.
    oneway
        Whether one-way streets bind.
    access_speed_mm_s
        Speed between a point and its street.

    Raises
    ------
    InputError
        Listing every speed that is not above 0; or if no street is left open.
    """
    faults = [
        Fault(table="speeds_m_s", row=kind, problem=f"is {speed}", remedy="give metres a second above 0")
        for kind, speed in speeds_m_s.items()
        if not (np.isfinite(speed) and speed > 0)
    ]
    if faults:
        raise InputError(faults)
    other = speeds_m_s.get("*", np.nan)
    speed = np.array([speeds_m_s.get(kind, other) for kind in streets.kinds], dtype=np.float64)[streets.kind]
    if np.isnan(speed).all():
        raise InputError.single(
            "speeds_m_s", "names no kind of street of this network", remedy=f"it has {', '.join(streets.kinds)}"
        )
    milliseconds = np.broadcast_to(streets.length_mm / speed, (2, speed.size))
    closed = np.stack([np.isnan(speed) | (oneway & (streets.oneway == sign)) for sign in (-1, 1)])
    forward, backward = whole_costs(milliseconds, closed=closed)
    return EdgeCosts(forward=forward, backward=backward, unit="ms", speed_mm_s=access_speed_mm_s)


def whole_costs(milliseconds: FloatArray, *, closed: NDArray[np.bool_]) -> NDArray[np.int32]:
    """Return whole milliseconds, :data:`CLOSED` where closed; what would take 596 hours is just below it."""
    whole = np.minimum(np.rint(np.where(closed, 0.0, milliseconds)), CLOSED - 1)
    return np.where(closed, CLOSED, whole).astype(np.int32)


def elevations(streets: Streets) -> FloatArray:
    """Return (nodes,) metres, or raise where some are missing."""
    if streets.elevation_m is None:
        raise InputError.single(
            "streets", "have no elevations", remedy="add the column elevation_m, or use with_elevations(...)"
        )
    faults = row_faults(
        "street nodes", streets.node_ids, ~np.isfinite(streets.elevation_m), "elevation_m is missing",
        remedy="give metres above sea level",
    )  # fmt: skip
    if faults:
        raise InputError(faults)
    return streets.elevation_m


def _kind_mask(streets: Streets, kinds: set[str]) -> NDArray[np.bool_]:
    chosen: NDArray[np.bool_] = np.array([kind in kinds for kind in streets.kinds], dtype=bool)[streets.kind]
    return chosen
