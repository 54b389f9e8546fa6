"""Plans that count predicted visits: ``python -m tests.benchmarks.visits``.

Prints Markdown tables: the shipped study at several weights of a visit, with its floors and without, and with limits on
visits; visits alone; both beside HiGHS on tangents alone; the trade with the study's own limit; short limits; and a
made-up city of 20,000 points and 1,000 sites, beside the bound of averaged tangents (Frank & Wolfe). Seconds are of the
processor; with ``--processor`` limits count them too, which a busy machine needs.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import highspy
import numpy as np
import pandas as pd
from scipy import sparse
from scipy.spatial import cKDTree

import placement.clock
from placement.analysis import frontier
from placement.models import Formulated, model_of
from placement.pipeline.study_case import StudyCase, prepare
from placement.solve.capture.aim import Aim
from placement.solve.capture.relaxation import VisitsRelaxation
from placement.solve.capture.replies import best_reply, rows_of
from placement.solve.capture.visits import maximise_visits
from placement.solve.deadline import NEVER
from placement.solve.program.aggregate import aggregate
from placement.solve.program.recount import open_sites, recount
from placement.solve.settings.visits import VisitsSettings
from placement.study import read_study
from placement.values import CoverageProgram, Solution
from placement.values.capture import Capture
from placement.values.visits_value import ONLY_VISITS, VISITS_GAP
from placement.values.whole_capture import WholeCapture

STUDY = Path(__file__).parents[2] / "data" / "hankou" / "study.toml"
WEIGHTS = ("1/4", "1/2", "3/4", "1", "3/2", "2", "3", "5")
POINTS, SITES, STATIONS, PAIRS_M = 20_000, 1_000, 50, 1_200.0
ASKED = 1e-3
SHORT_S = (0.2, 0.5, 1.0, 2.0, 3.0, 5.0)


def timed(work: Callable[[], Any]) -> tuple[Any, float]:
    """Return what work returns, and the processor seconds it took."""
    begun = time.process_time()
    return work(), time.process_time() - begun


def solved(
    program: CoverageProgram, capture: WholeCapture, aim: Aim, limit_s: float, gap: float = ASKED
) -> tuple[Solution, float]:
    """Return the solution and its processor seconds."""
    (solution, _), seconds = timed(
        lambda: maximise_visits(program, capture, aim, gap=gap, time_limit_s=limit_s, threads=1)
    )
    return solution, seconds


def shipped() -> tuple[StudyCase, Formulated, WholeCapture]:
    """Return the case of the shipped study, its program, and its visits."""
    case = prepare(read_study(STUDY))
    assert case.capture is not None
    return case, model_of("coverage")(case), WholeCapture.of(case.capture, case.coverage.by_ids().sites)


def row(name: str, model: Formulated, capture: WholeCapture, solution: Solution, seconds: float) -> str:
    """Return a line of the table."""
    program = model.program
    if solution.status in {"infeasible", "no_solution"}:
        proven = ", proven" * (solution.status == "infeasible")
        return f"| {name} | | | no plan{proven} | {seconds:.1f} |"
    covered, seen = (
        recount(program, solution.chosen).objective,
        capture.total(open_sites(program, solution.chosen)),
    )
    share = covered / int(program.row_weights().sum())
    return f"| {name} | {share:.2%} | {seen / 1000:,.0f} | {solution.gap:.3%} | {seconds:.1f} |"


class Tangents(VisitsSettings):
    """No sets of sites: tangents are all that rows reply with."""

    def of_sets(self) -> Any:
        """Return no thresholds."""
        return np.zeros(0)


def by_highs(model: Formulated, capture: WholeCapture, aim: Aim, limit_s: float) -> str:
    """Return the cells of HiGHS' branch and bound over the tangents that the relaxation converges with."""
    begun, program = time.process_time(), model.program
    relaxation = VisitsRelaxation(aggregate(program), capture, Tangents())
    relaxed = relaxation.solve(aim, NEVER)
    highs, reduced = highspy.Highs(), relaxation._reduced
    highs.setOptionValue("output_flag", False)
    highs.setOptionValue("threads", 1)
    highs.setOptionValue("time_limit", limit_s)
    highs.passModel(relaxation._model._highs.getLp())
    first = reduced.n_rows + np.arange(reduced.n_columns)
    kinds = np.full(first.size, int(highspy.HighsVarType.kInteger), dtype=np.uint8)
    highs.changeColsIntegrality(first.size, first.astype(np.int32), kinds)
    highs.run()
    unit = relaxation._unit * relaxation._scale
    bound = min(relaxed.bound, highs.getInfo().mip_dual_bound * unit)
    values = np.array(highs.getSolution().col_value)
    seconds = time.process_time() - begun
    if not highs.getSolution().value_valid:
        return f"no plan | {seconds:.0f}"
    chosen = values[first] > 0.5
    counted = recount(program, chosen)
    worth = aim.worth(counted.objective, capture.total(open_sites(program, chosen)))
    return f"{1 - worth / bound:.3%}{' (breaks a limit)' * bool(counted.violations)} | {seconds:.0f}"


def peers(limit_s: float) -> Iterator[str]:
    """Yield the table of the shipped study beside HiGHS on tangents alone."""
    _, model, capture = shipped()
    solved(model.program, capture, Aim(weight=Fraction(1)), 1.0)  # compiles
    yield "| shipped study with floors | proven gap | processor s | HiGHS on tangents alone: gap | processor s |"
    yield "|---|---|---|---|---|"
    for name, weight in (("1", Fraction(1)), ("2", Fraction(2)), ("5", Fraction(5)), ("alone", ONLY_VISITS)):
        aim = Aim(weight=weight)
        own, seconds = solved(model.program, capture, aim, limit_s, VISITS_GAP)
        theirs = by_highs(model, capture, aim, limit_s)
        yield f"| a visit counts {name} | {own.gap:.3%} | {seconds:.0f} | {theirs} |"


def trade(_limit_s: float) -> Iterator[str]:
    """Yield the trade of the shipped study with its own limit."""
    case, _, _ = shipped()
    found, seconds = timed(lambda: frontier(case))
    yield "| trade, the study's own limit | coverage | visits a month | below the idle limit | proven gap |"
    yield "|---|---|---|---|---|"
    for point in found.points:
        name = point.mark or f"a visit counts {float(point.visits_weight or 0):g}"
        gap = "" if point.gap is None else f"{point.gap:.3%}"
        yield f"| {name} | {point.coverage:.2%} | {point.visits:,.0f} | {point.idle} | {gap} |"
    yield f"| together | | | | {seconds:.0f} processor s |"


def mixed(limit_s: float) -> Iterator[str]:
    """Yield the table of the shipped study."""
    case, model, capture = shipped()
    free = replace(model, program=replace(model.program, floors=()))
    solved(model.program, capture, Aim(weight=Fraction(1)), 1.0)  # compiles
    yield "| shipped study | coverage | visits a month | proven gap | processor s |"
    yield "|---|---|---|---|---|"
    for name, each in (("with floors", model), ("without", free)):
        for weight in WEIGHTS:
            solution, seconds = solved(each.program, capture, Aim(weight=Fraction(weight)), limit_s)
            yield row(f"{name}, a visit counts {weight}", each, capture, solution, seconds)
    new = np.flatnonzero(model.columns.doing({"open", "move"}))
    today = capture.total(case.standing[case.coverage.by_ids().sites])
    asks = {
        "visits not below today's": Aim(floor=today),
        "visits 5 % above": Aim(floor=today * 105 // 100),
        "300 visits at each new station": Aim(least=300_000, new=new),
        "at most 25 stations below 500": Aim(weight=Fraction(1), most_idle=25, idle_below=500_500),
        "at most 22 stations below 500": Aim(weight=Fraction(1), most_idle=22, idle_below=500_500),
    }
    for name, aim in asks.items():
        for floors, each in (("with floors", model), ("without", free)):
            yield row(f"{floors}, {name}", each, capture, *solved(each.program, capture, aim, limit_s))


def alone(limit_s: float) -> Iterator[str]:
    """Yield the table of visits alone: under floors a plan's value is nearly all visits, without it is nothing else."""
    _, model, capture = shipped()
    free = replace(model, program=replace(model.program, floors=()))
    nothing = free.program.with_weights(np.zeros_like(free.program.row_weights()))
    yield "| shipped study, visits alone | coverage | visits a month | proven gap | processor s |"
    yield "|---|---|---|---|---|"
    asks = (("with floors", model, model.program, ONLY_VISITS, 5e-3), ("without", free, nothing, Fraction(1), 4e-4))
    for name, each, program, weight, gap in asks:
        solution, seconds = solved(program, capture, Aim(weight=weight), limit_s, gap)
        yield row(name, each, capture, solution, seconds)


def short(_limit_s: float) -> Iterator[str]:
    """Yield the table of short limits; those of a busy machine say little."""
    case, model, capture = shipped()
    today = capture.total(case.standing[case.coverage.by_ids().sites])
    new = np.flatnonzero(model.columns.doing({"open", "move"}))
    asks = {
        "a visit counts 1": Aim(weight=Fraction(1)),
        "and visits not below today's": Aim(weight=Fraction(1), floor=today),
        "and 100 visits at each new station": Aim(weight=Fraction(1), least=100_000, new=new),
        "visits alone": Aim(weight=ONLY_VISITS),
    }
    solved(model.program, capture, Aim(weight=Fraction(1)), 1.0)  # compiles
    yield "| shipped study with floors | coverage | visits a month | proven gap | processor s |"
    yield "|---|---|---|---|---|"
    for name, aim in asks.items():
        for limit_s in SHORT_S:
            solution, seconds = solved(model.program, capture, aim, limit_s, VISITS_GAP)
            yield row(f"{name}, {limit_s:g} s", model, capture, solution, seconds)


def city() -> tuple[CoverageProgram, WholeCapture]:
    """Return a made-up city: points in 40 towns and between, sites near points, five kinds of hosts."""
    rng = np.random.default_rng(1)
    towns = rng.uniform(0, 14_000, (40, 2))
    near = towns[rng.integers(40, size=POINTS * 3 // 4)] + rng.normal(0, 900, (POINTS * 3 // 4, 2))
    points = np.vstack([near, rng.uniform(0, 14_000, (POINTS - len(near), 2))])
    sites = points[rng.choice(POINTS, SITES, replace=False)] + rng.normal(0, 80, (SITES, 2))
    mass = rng.gamma(2, 18, POINTS)
    kind = rng.choice([1, 1.97, 3.24, 1.13, 4.4], SITES, p=[0.35, 0.3, 0.2, 0.13, 0.02])
    way = cKDTree(sites).sparse_distance_matrix(cKDTree(points), PAIRS_M, output_type="coo_matrix")
    pull = kind[way.row] * np.exp(-0.1737 * way.data / 60) / 2.95
    capture = Capture(
        site_ids=pd.RangeIndex(SITES),
        mass=mass,
        pull=sparse.csr_array((pull, (way.col, way.row)), shape=(POINTS, SITES)),
        door=rng.gamma(0.5, 200, SITES),
    )
    covers = sparse.csr_array((1, SITES), dtype=bool)
    program = CoverageProgram.from_covers(covers, [0], np.ones(SITES, dtype=np.int64), STATIONS)
    return program, WholeCapture.of(capture, np.arange(SITES))


def tangents(capture: WholeCapture, steps: int) -> float:
    """Return the bound that averaged tangents give (Frank & Wolfe), thousandths."""
    rows = rows_of(capture, 1)
    point, least = np.full(SITES, STATIONS / SITES), np.inf
    for step in range(steps):
        reply = best_reply(rows, point, np.zeros(0), 1)
        worth = capture.door + reply.coefficient[0]
        best = np.argpartition(-worth, STATIONS)[:STATIONS]
        least = min(least, float(reply.constant[0] + worth[best].sum()))
        point = point * (1 - 2 / (step + 2))
        point[best] += 2 / (step + 2)
    return least


def large(limit_s: float) -> Iterator[str]:
    """Yield the table of the made-up city."""
    program, capture = city()
    solution, seconds = solved(program, capture, Aim(weight=Fraction(1)), limit_s, 4e-3)
    bound, steps_s = timed(lambda: tangents(capture, 400))
    size = f"{POINTS:,} points, {SITES:,} sites, {capture.pull.size:,} pairs, {STATIONS} stations"
    found = f"visits {solution.objective / 1000:,.0f}, bound {solution.bound / 1000:,.0f}"
    yield f"| {size} | gap | processor s |"
    yield "|---|---|---|"
    yield f"| {found} | {solution.gap:.2%} | {seconds:.1f} |"
    yield f"| tangents alone, 400 steps: {bound / 1000:,.0f} | {1 - solution.objective / bound:.2%} | {steps_s:.1f} |"


PARTS = {"mixed": mixed, "alone": alone, "peers": peers, "trade": trade, "short": short, "large": large}


def main() -> None:
    """Print the tables that are asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--part", choices=list(PARTS), nargs="*", default=list(PARTS))
    parser.add_argument("--limit", type=float, default=60.0, help="seconds for each plan")
    parser.add_argument("--processor", action="store_true", help="limits are seconds of the processor")
    asked = parser.parse_args()
    if asked.processor:
        vars(placement.clock)["perf_counter"] = time.process_time
    for name in asked.part:
        for line in PARTS[name](asked.limit):
            print(line, flush=True)


if __name__ == "__main__":
    main()
