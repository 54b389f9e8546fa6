"""Sums over the pairs of demand points and sites, site by site."""

# ruff: noqa: PLR0917 - compiled functions take arrays by position
from __future__ import annotations

import numpy as np

from placement.kernels import Bools, Floats, FloatTable, Longs, OutFloats, inner, kernel

_LARGEST_STEP = 2.0
_CLOSE = 1e-9
_NEWTON_STEPS = 60
_ROUNDS = 200
_MOST = 1e12
_LEAST = 1e-300


@kernel
def add_catchments(
    start: Longs,
    point: Longs,
    pull: Floats,
    base: Floats,
    standing: Bools,
    outside: float,
    need: FloatTable,
    catchment: OutFloats,
) -> None:
    """Add to (sites x sources) the need each site draws; one that does not stand is added to those that do, alone."""
    sources = need.shape[1]
    for site in range(len(start) - 1):
        for pair in range(start[site], start[site + 1]):
            at = point[pair]
            against = outside + base[at]
            if not standing[site]:
                against += pull[pair]
            share = pull[pair] / against
            for source in range(sources):
                catchment[site * sources + source] += share * need[at, source]


@kernel
def fold(
    start: Longs,
    point: Longs,
    near: Floats,
    need: Floats,
    outside: float,
    standing: Bools,
    target: Floats,
    low: float,
    high: float,
    attraction: OutFloats,
    mass: OutFloats,
    pull: OutFloats,
    drawn: OutFloats,
) -> None:
    """Find the logarithms of the pulls at which sites see their visits: those that stand together, the others alone.

    Filled: `mass`, (points,), need at the level at which those that stand, with the pulls they are given, see theirs in
    the mean; `pull`, (pairs,), and `drawn`, (sites,) what each site then sees.
    """
    base = np.empty(len(need))
    _stand(start, point, near, outside, standing, attraction, base)
    level = _level(start, point, near, need, standing, target, attraction, base)
    for place in range(len(need)):
        mass[place] = need[place] * level
    for _ in range(_ROUNDS):
        if _settle(start, point, near, mass, standing, target, low, high, attraction, base) < _CLOSE:
            break
    _stand(start, point, near, outside, standing, attraction, base)
    for site in range(len(standing)):
        if not standing[site]:
            attraction[site] = _alone(start, point, near, mass, site, target[site], low, high, attraction[site], base)
        own, drawn[site] = np.exp(attraction[site]), 0.0
        for pair in range(start[site], start[site + 1]):
            pull[pair] = own * near[pair]
            against = base[point[pair]] + (0.0 if standing[site] else pull[pair])
            drawn[site] += mass[point[pair]] * pull[pair] / against


@inner
def _stand(
    start: Longs,
    point: Longs,
    near: Floats,
    outside: float,
    standing: Bools,
    attraction: Floats,
    base: OutFloats,
) -> None:
    """Fill in the pull at each point of all that stands, and of staying at home."""
    base[:] = outside
    for site in range(len(standing)):
        if standing[site]:
            own = np.exp(attraction[site])
            for pair in range(start[site], start[site + 1]):
                base[point[pair]] += own * near[pair]


@inner
def _level(
    start: Longs,
    point: Longs,
    near: Floats,
    need: Floats,
    standing: Bools,
    target: Floats,
    attraction: Floats,
    base: Floats,
) -> float:
    """Return the factor that lets today's stations, with the pulls of their kinds, see their visits in the mean."""
    logs, met = 0.0, 0
    for site in range(len(standing)):
        if standing[site] and target[site] > 0.0:
            own, drawn = np.exp(attraction[site]), 0.0
            for pair in range(start[site], start[site + 1]):
                drawn += need[point[pair]] * own * near[pair] / base[point[pair]]
            if drawn > 0.0:
                logs += np.log(target[site]) - np.log(drawn)
                met += 1
    level: float = np.exp(min(logs / met, np.log(_MOST))) if met else 0.0
    return level


@inner
def _settle(
    start: Longs,
    point: Longs,
    near: Floats,
    mass: Floats,
    standing: Bools,
    target: Floats,
    low: float,
    high: float,
    attraction: OutFloats,
    base: OutFloats,
) -> float:
    """Move each station that stands a step of Newton, one after the other; return the largest step."""
    worst = 0.0
    for site in range(len(standing)):
        if not standing[site]:
            continue
        at = attraction[site]
        own, visits, slope = np.exp(at), 0.0, 0.0
        for pair in range(start[site], start[site + 1]):
            share = own * near[pair] / base[point[pair]]
            visits += mass[point[pair]] * share
            slope += mass[point[pair]] * share * (1.0 - share)
        moved = _moved(at, target[site], visits, slope, low, high)
        more = np.exp(moved) - own
        for pair in range(start[site], start[site + 1]):
            base[point[pair]] += more * near[pair]
        worst = max(worst, abs(moved - at))
        attraction[site] = moved
    return worst


@inner
def _alone(
    start: Longs,
    point: Longs,
    near: Floats,
    mass: Floats,
    site: int,
    target: float,
    low: float,
    high: float,
    at: float,
    base: Floats,
) -> float:
    """Return the logarithm of the pull at which a site, added alone to what stands, sees its visits."""
    for _ in range(_NEWTON_STEPS):
        own, visits, slope = np.exp(at), 0.0, 0.0
        for pair in range(start[site], start[site + 1]):
            pull = own * near[pair]
            share = pull / (base[point[pair]] + pull)
            visits += mass[point[pair]] * share
            slope += mass[point[pair]] * share * (1.0 - share)
        moved = _moved(at, target, visits, slope, low, high)
        done = abs(moved - at) < _CLOSE
        at = moved
        if done:
            break
    return at


@inner
def _moved(at: float, target: float, visits: float, slope: float, low: float, high: float) -> float:
    """Return where a step of Newton on the logarithm of the visits ends."""
    off = np.log(max(target, _LEAST)) - np.log(max(visits, _LEAST))
    step = off * visits / max(slope, _LEAST)
    moved: float = min(max(at + min(max(step, -_LARGEST_STEP), _LARGEST_STEP), low), high)
    return moved
