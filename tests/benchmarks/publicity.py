"""Publicity and guides on Hankou: ``python -m tests.benchmarks.publicity --only districts --limit 60``.

Three levels an area, by which 12, 8 and 5 points of those who do not know the service learn of it; the first costs as
much a head as the case says for the whole city, the others a fifth and a half more. Prints a Markdown table: the plan,
its gap by a certificate that the judge has checked, and seconds of the processor, by which the limit counts too.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from placement import clock, kernels
from placement.case import Case
from placement.economics.publicity import area_of_points, awareness_of_areas
from placement.judge.publicity_certificate import check_publicity_certificate
from placement.models import maximal_coverage
from placement.models.publicity import gates_of
from placement.values.publicity import Guides, Level, Publicity
from placement.values.publicity_certificate import PUBLICITY_GAP
from tests.benchmarks.economics import shipped
from tests.there import there

REACHED, DEARER = (0.12, 0.08, 0.05), (1.0, 1.2, 1.5)
ALLOWANCE_FEN = 120_000
"""A year's allowance of a guide."""


def with_publicity(case: Case, column: str, city_yuan: float) -> Publicity:
    """Return the levels of every district (`parent`) or survey area (`district`)."""
    names = sorted(set(case.demand.points[column]))
    bare = Publicity(levels=tuple(Level(area=name, spend_fen=1, awareness=1.0) for name in names))
    area = area_of_points(case.demand, bare)
    people = case.demand.people.sum(axis=1)
    levels = []
    for number, known in enumerate(awareness_of_areas(case.demand, area, len(names))):
        head, spend, aware = people[area == number].sum() / people.sum(), 0, float(known)
        for reached, dearer in zip(REACHED, DEARER, strict=True):
            spend += round(city_yuan * head * dearer) * 100
            aware += reached * (1 - float(known))
            levels.append(Level(area=names[number], spend_fen=spend, awareness=round(aware, 6)))
    return Publicity(levels=tuple(levels))


def cases() -> Iterator[tuple[str, Case]]:
    """Yield the shipped study, visits not counted, with publicity in districts or areas, with and without floors."""
    case = shipped()
    none = case.policy.but(visits_weight=None, visits_floor=None, min_visits_new=None)
    dear = case.but(costs=replace(case.costs, guide=np.full(len(case.sites), ALLOWANCE_FEN)))
    for where, column in (("districts", "parent"), ("areas", "district")):
        for yuan in (40_000, 120_000):
            for floors in (False, True):
                policy = none if floors else none.but(district_floors={}, age_floors={})
                policy = policy.but(publicity_levels=with_publicity(case, column, yuan))
                name = f"{where}, {yuan:,} yuan, {'floors' if floors else 'no floors'}"
                yield name, dear.but(policy=policy)
                guides = Guides(age_group="elderly", uptake=0.9)
                yield f"{name}, guides", dear.but(policy=policy.but(guide_uptake=guides))


def main() -> None:
    """Run the cases and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", help="a part of cases' names")
    parser.add_argument("--limit", type=float, default=60.0, help="seconds of the processor")
    options = parser.parse_args()
    from placement.solve.publicity.publicise import maximise_publicity

    kernels.warm()
    clock.perf_counter = time.process_time  # type: ignore[attr-defined]
    print("| case | plan | stations alone | publicity, yuan | gap | parts | processor s |")
    print("|---|---|---|---|---|---|---|")
    for name, case in cases():
        if options.only not in name:
            continue
        model = maximal_coverage(case)
        gates, begun = there(gates_of(case, model)), time.process_time()
        found = maximise_publicity(model.program, gates, gap=PUBLICITY_GAP, time_limit_s=options.limit, threads=1)
        seconds, solution = time.process_time() - begun, found.solution
        proof = there(solution.publicity_certificate)
        bound = check_publicity_certificate(model.program, gates, solution.chosen, found.spend_fen.tolist(), proof)
        gap = (bound - solution.objective) / bound
        spent = f"{found.spend_fen.sum() / 100:,.0f}"
        print(
            f"| {name} | {solution.objective} | {found.alone.objective} | {spent} | {gap:.4%} | {len(proof.inner)} "
            f"| {seconds:.1f} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
