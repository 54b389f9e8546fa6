"""Sums over the pairs of demand points and sites, site by site."""

# ruff: noqa: PLR0917 - compiled functions take arrays by position
from __future__ import annotations

import numpy as np

from placement.kernels import Bools, Floats, FloatTable, Longs, OutFloats, inner, kernel

_LARGEST_STEP = 2.0
_CLOSE = 1e-9
_NEWTON_STEPS = 60
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
def fold_standing(
    start: Longs,
    point: Longs,
    near: Floats,
    mass: Floats,
    outside: float,
    stations: Longs,
    target: Floats,
    low: float,
    high: float,
    rounds: int,
    attraction: OutFloats,
) -> None:
    """Find the logarithms of the pulls at which the stations, all standing, see their visits: Newton, one by one."""
    base = np.full(len(mass), outside)
    for site in stations:
        for pair in range(start[site], start[site + 1]):
            base[point[pair]] += np.exp(attraction[site]) * near[pair]
    for _ in range(rounds):
        worst = 0.0
        for site in stations:
            at = attraction[site]
            level, visits, slope = np.exp(at), 0.0, 0.0
            for pair in range(start[site], start[site + 1]):
                share = level * near[pair] / base[point[pair]]
                visits += mass[point[pair]] * share
                slope += mass[point[pair]] * share * (1.0 - share)
            moved = _moved(at, target[site], visits, slope, low, high)
            for pair in range(start[site], start[site + 1]):
                base[point[pair]] += (np.exp(moved) - level) * near[pair]
            worst = max(worst, abs(moved - at))
            attraction[site] = moved
        if worst < _CLOSE:
            break


@inner
def _moved(at: float, target: float, visits: float, slope: float, low: float, high: float) -> float:
    """Return where a step of Newton on the logarithm of the visits ends."""
    off = np.log(max(target, _LEAST)) - np.log(max(visits, _LEAST))
    step = off * visits / max(slope, _LEAST)
    moved: float = min(max(at + min(max(step, -_LARGEST_STEP), _LARGEST_STEP), low), high)
    return moved


@kernel
def fold_alone(
    start: Longs,
    point: Longs,
    near: Floats,
    mass: Floats,
    base: Floats,
    sites: Longs,
    target: Floats,
    low: float,
    high: float,
    attraction: OutFloats,
) -> None:
    """Find the logarithm of the pull at which each site, added alone to what stands, sees its visits: Newton."""
    for site in sites:
        at = attraction[site]
        for _ in range(_NEWTON_STEPS):
            level, visits, slope = np.exp(at), 0.0, 0.0
            for pair in range(start[site], start[site + 1]):
                pull = level * near[pair]
                share = pull / (base[point[pair]] + pull)
                visits += mass[point[pair]] * share
                slope += mass[point[pair]] * share * (1.0 - share)
            moved = _moved(at, target[site], visits, slope, low, high)
            done = abs(moved - at) < _CLOSE
            at = moved
            if done:
                break
        attraction[site] = at
