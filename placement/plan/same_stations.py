"""The cheapest way to the stations of a plan: fewest actions, least money, shortest moves, lowest ids."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from placement.errors import NoSolutionError
from placement.models import Formulated
from placement.plan.ties import break_ties
from placement.solve import maximise_coverage
from placement.solve.deadline import Deadline
from placement.solve.infeasible.constraints import restricted
from placement.solve.program.recount import open_sites, recount
from placement.solve.ties.reissue import reissued
from placement.streets import Streets
from placement.values import CoverageProgram, LinearRow, Sites, Solution
from placement.values.arrays import BoolArray, IntArray
from placement.values.layers import PLAIN


def with_cheapest_actions(
    model: Formulated, solution: Solution, sites: Sites, streets: Streets | None, *, time_limit_s: float, **runs: Any
) -> Solution:
    """Return the plan with the same stations standing whose actions come first; `solution` where none was proven so.

    What a plan covers and the visits it sees depend on the stations that stand alone, not on how each came there: a
    station may be bought where another is given up, or moved. Other plans that are worth as much are not looked at.

    Parameters
    ----------
    model, solution
        The program, and the plan.
    sites, streets
        By which moves are paired; see :func:`placement.plan.ties.break_ties`.
    time_limit_s
        Seconds that this may take.
    runs
        Seed, threads and settings, as there.
    """
    stands = open_sites(model.program, solution.chosen)
    program = _only(model.program, _providing(model.program, solution.chosen))
    found, proven = _first(model, program, sites, streets, time_limit_s=time_limit_s, **runs)
    if found is None or not proven:
        return solution
    # Its worth is counted anew, so that nothing that goes wrong above changes a plan.
    counted, as_before = recount(model.program, found.chosen), recount(model.program, solution.chosen)
    same = bool((open_sites(model.program, found.chosen) == stands).all())
    if not same or counted.violations or counted.objective != as_before.objective:
        return solution
    certificate = solution.certificate and reissued(solution.certificate, found.chosen)
    interrupted = solution.interrupted or found.interrupted
    return replace(solution, chosen=found.chosen, certificate=certificate, interrupted=interrupted)


def columns_for(
    model: Formulated, stands: BoolArray, sites: Sites, streets: Streets | None, *, time_limit_s: float, **runs: Any
) -> BoolArray:
    """Return (columns,) bool: the cheapest way to just these stations that keeps all limits, or where none does, any.

    Floors and the values of plans mean nothing here.

    Parameters
    ----------
    model
        The program.
    stands
        (sites,) bool, numbered as in the program.
    sites, streets, time_limit_s, runs
        As in :func:`with_cheapest_actions`; the time is for each of two tries.

    Raises
    ------
    NoSolutionError
        If the time ended before any way was found.
    """
    stands = np.concatenate([stands, np.zeros(model.program.n_sites - stands.size, dtype=np.bool_)])  # no guides
    anyhow = restricted(replace(model.program, excluded=np.zeros_like(model.program.excluded)), ())
    once = stands.astype(np.int64)
    for program in (_only(model.program, once), _only(anyhow, once)):
        found, _ = _first(model, program, sites, streets, time_limit_s=time_limit_s, **runs)
        # A station that is required elsewhere keeps its column, whatever is refused.
        if found is not None and (open_sites(model.program, found.chosen) == stands).all():
            return np.array(found.chosen)
    raise NoSolutionError(f"no way to these stations was found within {time_limit_s:g} s: allow more time")


def _first(
    model: Formulated, program: CoverageProgram, sites: Sites, streets: Streets | None, *, time_limit_s: float,
    **runs: Any,
) -> tuple[Solution | None, bool]:  # fmt: skip
    """Return the plan of `program` whose actions come first, and whether that is proven; None where there is none."""
    until = Deadline.after(time_limit_s)
    if until.passed():
        return None, False
    first = maximise_coverage(program, gap=0.0, time_limit_s=time_limit_s, **runs)
    if first.status != "optimal":
        return None, False
    return break_ties(replace(model, program=program), first, sites, streets, time_limit_s=until.left_s(), **runs)


def _providing(program: CoverageProgram, chosen: BoolArray) -> IntArray:
    """Return (sites,) how many chosen columns provide there."""
    return np.bincount(program.column_site[chosen & (program.column_site >= 0)], minlength=program.n_sites)


def _only(program: CoverageProgram, stand: IntArray) -> CoverageProgram:
    """Return the program of the plans in which just so many columns provide at each site; all are worth nothing."""
    provides = program.column_site >= 0
    here = np.zeros(program.n_columns, dtype=np.bool_)
    here[provides] = stand[program.column_site[provides]] > 0
    must = [
        LinearRow(
            name=f"stands {site}",
            columns=at,
            coefficients=np.ones(at.size, dtype=np.int64),
            limit=int(stand[site]),
            equality=True,
        )
        for site, at in ((site, np.flatnonzero(program.column_site == site)) for site in np.flatnonzero(stand))
    ]
    rows = program.row_weights().size
    return replace(
        program.with_weights(np.zeros(rows, dtype=np.int64)),
        column_values=np.zeros(program.n_columns, dtype=np.int64),
        linear=(*program.linear, *must),
        floors=(),
        layers=PLAIN,
        once=np.empty(0, dtype=np.int64),
        excluded=program.excluded | (provides & ~here),
    )
