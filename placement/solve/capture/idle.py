"""Stations that would see too few visits: who cannot stand beside whom."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from placement.values import CoverageProgram
from placement.values.arrays import BoolArray, IntArray
from placement.values.whole_capture import WholeCapture


@dataclass(frozen=True, kw_only=True)
class Idle:
    """A station that sees less than asked beside others.

    Parameters
    ----------
    site
        Where it would stand.
    beside
        Sites, increasing; empty: it sees too few even alone.
    counted
        False: a new station that the rule for these refuses; True: any station that the limit on idle ones counts.
    """

    site: int
    beside: tuple[int, ...]
    counted: bool = False


def idle_sites(capture: WholeCapture, stands: BoolArray, least: int) -> IntArray:
    """Return the sites, increasing, whose stations see less than `least` among those that stand."""
    sites = np.flatnonzero(stands).tolist()
    return np.array([site for site in sites if capture.station(site, stands) < least], dtype=np.int64)


def hopeless(program: CoverageProgram, capture: WholeCapture, new: BoolArray, least: int) -> list[Idle]:
    """Return the sites at which a new station sees less than `least` even alone."""
    sites = np.unique(program.column_site[new & (program.column_site >= 0)])
    nobody = np.zeros(capture.n_sites, dtype=np.bool_)
    return [Idle(site=int(site), beside=()) for site in sites if capture.station(int(site), nobody) < least]


def too_few(
    program: CoverageProgram, capture: WholeCapture, new: BoolArray, least: int, chosen: BoolArray
) -> list[Idle]:
    """Return why new stations of a plan see too few: for each, the fewest others that keep it below `least`."""
    stands = np.zeros(capture.n_sites, dtype=np.bool_)
    sites = program.column_site[chosen]
    stands[sites[sites >= 0]] = True
    fresh = np.unique(program.column_site[chosen & new & (program.column_site >= 0)])
    return [
        Idle(site=int(site), beside=tuple(fewest(capture, int(site), stands, least).tolist()))
        for site in fresh
        if capture.station(int(site), stands) < least
    ]


def fewest(capture: WholeCapture, site: int, stands: BoolArray, least: int) -> IntArray:
    """Return a set of standing sites beside which a station sees less than `least`, none of which can be left out."""
    near = np.zeros(capture.n_sites, dtype=np.bool_)
    near[capture.site[np.isin(capture.row_of_entry, capture.row_of_entry[capture.site == site])]] = True
    beside = stands & near
    beside[site] = False
    alone = np.zeros_like(stands)
    loss = {int(other): capture.station(site, _with(alone, int(other))) for other in np.flatnonzero(beside)}
    for other in sorted(loss, key=lambda each: (-loss[each], each)):  # who takes least first
        beside[other] = False
        if capture.station(site, beside) >= least:
            beside[other] = True
    return np.flatnonzero(beside)


def _with(stands: BoolArray, site: int) -> BoolArray:
    more = stands.copy()
    more[site] = True
    return more
