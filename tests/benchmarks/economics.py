"""Programs under money: ``python -m tests.benchmarks.economics --cases hankou``; ``large``, ``machines``, ``cost``.

Prints a Markdown table, a line a solver. Each run is a process of its own with one thread; seconds are of the
processor, the limit is by the clock. Peers solve the raw program, a variable for each demand row. To add cases, write
a function that yields :class:`Asked` and put it in ``GROUPS``.
"""

from __future__ import annotations

import argparse
import functools
import importlib.util
import multiprocessing
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from placement.case import Case
from placement.coverage import cover
from placement.models import formulated, maximal_coverage
from placement.models.least_cost import least_cost
from placement.pipeline.study_case import StudyCase, prepare
from placement.study import read_study
from placement.values import Certificate, CoverageProgram, LinearRow, Phase, Policy, Sites, SolveOptions
from placement.values.solution import gap_between
from tests.benchmarks.solve import _forget_peak, _peak_mb
from tests.benchmarks.solve_instances import SIDE, Recipe, _city, disc_covers
from tests.benchmarks.solve_peers import PEERS
from tests.there import there

STUDY = Path(__file__).parents[2] / "data" / "hankou" / "study.toml"
DRAWS = 9
NEED_SHARES = (0.75, 1.0)
AGAINST = ("HiGHS by arrays", "SCIP")
PATIENCE_S = 120.0
"""Seconds beyond its limit after which a run is killed."""

BUSY = 12
"""How many times as long that is where others are at work."""


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A program, made when it is needed, with a time limit and the gap that is asked for."""

    name: str
    make: Callable[[], CoverageProgram]
    limit_s: float
    gap: float
    case: Callable[[], Case] | None = None
    """What the library makes a plan from, where it does more than solve the program."""
    plain: bool = True
    """Whether peers can be asked: they know no layers."""


@functools.cache
def shipped(need_share: float | None = None) -> StudyCase:
    """Return the case of the shipped study."""
    study = read_study(STUDY)
    return prepare(study if need_share is None else study.with_settings({"demand.need_share": need_share}))


def by_share(need_share: float) -> CoverageProgram:
    """Return the program of the shipped study at another share of need."""
    return maximal_coverage(shipped(need_share)).program


def drawn(seed: int) -> CoverageProgram:
    """Return the program of the shipped study with demand as likely as its own."""
    case = shipped()
    demand = next(iter(case.prepared.demand.draws(1, seed)))
    coverage = cover(demand, case.sites, case.prepared.times, there(case.standard))
    return maximal_coverage(replace(case, demand=demand, coverage=coverage)).program


def hankou() -> Iterator[Asked]:
    """Yield the shipped study by reach: as it is, at other shares of need, and under draws of its demand."""
    program = partial(Asked, limit_s=60.0, gap=2e-4)
    yield program(name="Hankou", make=lambda: maximal_coverage(shipped()).program)
    for share in NEED_SHARES:
        yield program(name=f"need_share {share:g}", make=partial(by_share, share))
    for seed in range(DRAWS):
        yield program(name=f"draw {seed}", make=partial(drawn, seed))


def large() -> Iterator[Asked]:
    """Yield a city of a million points whose stations move."""
    yield Asked(name="1e6 points", make=partial(relocation, 10**6, 2_000, 300), limit_s=90.0, gap=5e-3)


def phased(name: str) -> Case:
    """Return three or five years of the shipped study, without its floors: see :data:`YEARS`."""
    case, years = shipped(), YEARS[name]
    table = case.sites.table
    nothing = name.startswith("from nothing")
    if nothing:
        table["existing"], table["status"] = False, "candidate"
    phases = tuple(Phase.from_yuan(f"year {number + 1}", **limits) for number, limits in enumerate(years))
    rate = Fraction(0) if nothing else Fraction(3, 100)
    policy = Policy(phases=phases, max_stations=None if nothing else 52, discount_rate=rate)
    return case.but(sites=Sites(table=table), policy=policy)


def _spend(*yuan: int, carry_over: bool = False) -> list[dict[str, Any]]:
    """Return the limits of years with so much capital each and four moves."""
    last = len(yuan) - 1
    return [
        {"capital": each, "max_moves": 4, "carry_over": carry_over and number < last}
        for number, each in enumerate(yuan)
    ]


YEARS: dict[str, list[dict[str, Any]]] = {
    "years, relocation, 300, 200, 200 thousand": _spend(300_000, 200_000, 200_000),
    "years, the same, carried over": _spend(300_000, 200_000, 200_000, carry_over=True),
    "years, relocation, 3 x 200 thousand, carried over": _spend(200_000, 200_000, 200_000, carry_over=True),
    "from nothing, 5, then 2 years of 10": [{"max_opens": count} for count in (5, 10, 10)],
    "from nothing, 5, then 4 years of 10": [{"max_opens": count} for count in (5, 10, 10, 10, 10)],
}
"""Limits of each year."""


def phases() -> Iterator[Asked]:
    """Yield plans of several years."""
    for name in YEARS:
        gap = 0.0 if name.startswith("from nothing") else 3e-3
        make = partial(_formulated, name)
        yield Asked(name=name, make=make, limit_s=60.0, gap=gap, case=partial(phased, name))


def _formulated(name: str) -> CoverageProgram:
    return formulated(phased(name)).program


def machines() -> Iterator[Asked]:
    """Yield the shipped study with up to four machines a site, each with a price, and how often one is out of order."""
    for percent, gap in ((0, 2e-4), (5, 2e-3), (10, 3e-3)):
        make = partial(by_machine, percent)
        yield Asked(name=f"outages {percent} %", make=make, limit_s=60.0, gap=gap, plain=not percent)


def by_machine(percent: int) -> CoverageProgram:
    """Return the program of machines, without floors: 60,000 yuan each, 20,000 a station, 12 moves, two budgets."""
    case, fen = shipped(), 100
    yuan = {
        "purchase": 60_000, "install": 20_000, "move": 9_000, "remove": 2_000, "close": 3_000, "network": 1_200,
        "maintenance": 9_000,
    }  # fmt: skip
    every = {name: np.full(len(case.sites), fen * amount) for name, amount in yuan.items()}
    policy = Policy.from_yuan(
        capital=1_500_000, running=1_050_000, max_stations=52, max_moves=12, max_machines=4,
        outage_probability=Fraction(percent, 100) or None,
    )  # fmt: skip
    return maximal_coverage(replace(case, costs=replace(case.costs, **every), policy=policy)).program


def cost() -> Iterator[Asked]:
    """Yield today's coverage of the shipped study at the least cost: nothing bought, and under all its limits."""
    bought = Policy.from_yuan(objective="least_cost", keep_share=Fraction(1), capital=300_000, max_opens=0)
    yield Asked(name="least cost, nothing bought", make=partial(at_least_cost, bought), limit_s=60.0, gap=2e-4)
    yield Asked(name="least cost, all limits", make=partial(at_least_cost, None), limit_s=60.0, gap=5e-2)


def at_least_cost(policy: Policy | None) -> CoverageProgram:
    """Return the program of the least cost; None: under the limits of the study, of today's coverage."""
    case = shipped()
    kept = case.policy.but(objective="least_cost", keep_share=Fraction(1), visits_weight=None)
    return least_cost(replace(case, policy=policy or kept)).program


GROUPS: dict[str, Callable[[], Iterator[Asked]]] = {
    "hankou": hankou, "large": large, "machines": machines, "phases": phases, "cost": cost,
}  # fmt: skip


def relocation(points: int, candidates: int, existing: int, *, radius: float = 0.9, seed: int = 1) -> CoverageProgram:
    """Return a city of clusters; stations stay, close or move, others are bought, under two budgets.

    A station costs 80 to 120 to buy, 12 to move, 3 to close, and 6 to 30 a year by its host. Capital buys 20 new
    ones; a year's money is a twentieth above today's.
    """
    rng = np.random.default_rng(seed)
    sites = rng.uniform(0, SIDE, (existing + candidates, 2))
    places, weights = _city(Recipe(rows=points, sites=sites.shape[0], radius=radius, budget=0), rng)
    covers = disc_covers(places, sites, radius)
    running = rng.choice([6, 9, 15, 18, 30], existing + candidates)
    vacant = existing + np.arange(candidates)
    keep, give = np.arange(existing), existing + np.arange(existing)
    opened = 2 * existing + np.arange(candidates)
    moved = opened + candidates
    pairs = [*zip(keep, give, strict=True), *zip(opened, moved, strict=True)]
    rows = [
        LinearRow(name=f"one {k}", columns=np.array(pair), coefficients=np.array([1, 1]), limit=1)
        for k, pair in enumerate(pairs)
    ]
    signs = np.repeat([1, -1], [candidates, existing])
    rows.append(
        LinearRow(name="tokens", columns=np.concatenate([moved, give]), coefficients=signs, limit=0, equality=True)
    )
    prices = [np.full(2 * existing, -3), rng.integers(80, 121, candidates), np.full(candidates, 12)]
    rows.append(
        LinearRow(
            name="capital", columns=np.arange(2 * (existing + candidates)), coefficients=np.concatenate(prices),
            limit=2_000 - 3 * existing,
        )
    )  # fmt: skip
    yearly = np.concatenate([running[:existing], running[vacant], running[vacant]])
    stands = np.concatenate([keep, opened, moved])
    year = int(running[:existing].sum()) * 21 // 20
    rows.append(LinearRow(name="running", columns=stands, coefficients=yearly, limit=year))
    none = np.zeros(2 * (existing + candidates), dtype=bool)
    return CoverageProgram(
        covers=covers, weights=weights, n_sites=existing + candidates,
        column_site=np.concatenate([keep, np.full(existing, -1), vacant, vacant]),
        column_values=np.zeros(none.size, dtype=np.int64), linear=tuple(rows), required=none, excluded=none,
    )  # fmt: skip


def engine(program: CoverageProgram, limit_s: float) -> tuple[float, float, dict[str, Any]]:
    """Return (value, bound, more) of the engine, its certificate checked."""
    from placement.judge import check_certificate
    from placement.solve import maximise_coverage

    begun = time.process_time()
    solution = maximise_coverage(program, time_limit_s=limit_s, threads=1)
    more = {"seconds": time.process_time() - begun, "nodes": solution.details["nodes"], "mb": _peak_mb()}
    if solution.proof == "certificate":
        more["proven"] = check_certificate(program, solution.chosen, there(solution.certificate))
    return solution.objective, solution.bound, more


def planned(case: Case, program: CoverageProgram, limit_s: float) -> tuple[float, float, dict[str, Any]]:
    """Return (value, bound, more) of the plan of a case, its certificate checked; all that making it takes."""
    from placement.judge import check_certificate
    from placement.plan import optimise

    begun = time.process_time()
    plan = optimise(case, options=SolveOptions(time_limit_s=limit_s, threads=1))
    more = {"seconds": time.process_time() - begun, "nodes": plan.details["nodes"], "mb": _peak_mb()}
    if isinstance(plan.certificate, Certificate):
        more["proven"] = check_certificate(program, plan.certificate.chosen, plan.certificate)
    beside = None if plan.phased is None else plan.phased.year_by_year
    if beside is not None:
        more["year_by_year"] = round(beside.objective * 1000)
    return round(plan.objective * 1000), round(plan.bound * 1000), more


def _child(asked: Asked, solver: str, limit_s: float, busy: bool, pipe: Any) -> None:
    from placement import clock, kernels

    program = asked.make()
    if busy:
        clock.perf_counter = time.process_time  # type: ignore[attr-defined]
    before = _forget_peak()
    if solver == "placement":
        import placement.solve.engine  # noqa: F401 -- brings its kernels

        kernels.warm()
        case = None if asked.case is None else asked.case()
        value, bound, more = engine(program, limit_s) if case is None else planned(case, program, limit_s)
    else:
        begun = time.process_time()
        _, _, value, bound = PEERS[solver][1](program, limit_s)
        more = {"seconds": time.process_time() - begun, "mb": _peak_mb()}
    pipe.send({"value": value, "bound": bound, **more, "mb": more["mb"] - before})


def run(asked: Asked, solver: str, limit_s: float, *, busy: bool) -> dict[str, Any]:
    """Return what a solver did in a process of its own; an empty result if it had to be killed or failed."""
    receiver, sender = multiprocessing.Pipe(duplex=False)
    process = multiprocessing.Process(target=_child, args=(asked, solver, limit_s, busy, sender))
    process.start()
    sender.close()
    try:
        return receiver.recv() if receiver.poll((limit_s + PATIENCE_S) * (BUSY if busy else 1)) else {}
    except EOFError:
        return {}
    finally:
        process.kill()
        process.join()


def row(asked: Asked, solver: str, result: dict[str, Any]) -> str:
    """Return a line of the table."""
    if not result:
        return f"| {asked.name} | {solver} | failed, or killed long after its limit | | | | | |"
    gap = gap_between(result["value"], result["bound"])
    shown = "proven" if result["bound"] - result["value"] < 1.0 else f"{gap:.4%}"
    shown = shown if np.isfinite(gap) else "no plan or no bound"
    met = "yes" if gap <= asked.gap else "no"
    proof = "certificate" if result.get("proven") == result["bound"] else ""
    if "year_by_year" in result:
        proof += f"; year by year {result['year_by_year'] / result['value'] - 1:+.3%}"
    return (
        f"| {asked.name} | {solver} | {result['value']:.0f} | {shown} | {met} | {result['seconds']:.1f} "
        f"| {result['mb']:.0f} | {proof} |"
    )


def main() -> None:
    """Run the cases and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", choices=list(GROUPS), default="hankou")
    parser.add_argument("--only", default="", help="parts of cases' names with commas between")
    parser.add_argument("--peers", choices=["all", "none"], default="all")
    parser.add_argument("--limit", type=float, help="seconds each solver gets, instead of the case's own")
    parser.add_argument("--busy", action="store_true", help="others are at work: the engine's limit is processor time")
    options = parser.parse_args()
    peers = [each for each in AGAINST if options.peers == "all" and importlib.util.find_spec(PEERS[each][0])]
    print("| case | solver | plan | gap | asked met | processor s | MB | proof |")
    print("|---|---|---|---|---|---|---|---|", flush=True)
    for asked in GROUPS[options.cases]():
        if any(part in asked.name for part in options.only.split(",")):
            for solver in ["placement", *(peers if asked.plain else [])]:
                print(
                    row(asked, solver, run(asked, solver, options.limit or asked.limit_s, busy=options.busy)),
                    flush=True,
                )


if __name__ == "__main__":
    main()
