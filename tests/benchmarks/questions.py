"""What questions about a plan cost: ``python -m tests.benchmarks.questions [alternatives frontier stability]``.

Of the shipped study, its own objective (a predicted visit counts as a covered one) and, with ``--coverage``, coverage
alone. Prints a Markdown table: processor time, and how far the answers are proven.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from placement.analysis.alternatives import alternatives
from placement.analysis.frontier import frontier
from placement.analysis.stability import stability
from placement.case import Case
from placement.pipeline.study_case import prepare
from placement.plan import optimise
from placement.study import read_study
from placement.values import Plan

ROOT = Path(__file__).parents[2]


def _alternatives(case: Case, plan: Plan) -> str:
    found = alternatives(case, plan)
    worst = max((each.gap for each in found.plans), default=0.0)
    firm = len(found.sites("firm"))
    return f"{len(found.plans)} plans, gap {worst:.2%} at most; {firm} of {len(found.table)} sites firm"


def _frontier(case: Case, _plan: Plan) -> str:
    found = frontier(case, None, "coverage", "capital")
    return f"{len(found.points)} plans, gap {max(each.gap for each in found.points):.2%} at most"


def _stability(case: Case, plan: Plan) -> str:
    found = stability(case, plan)
    return f"{found.draws} draws, gap {np.mean(found.gaps):.2%} on average, {np.max(found.gaps):.2%} at most"


QUESTIONS: dict[str, Callable[[Case, Plan], str]] = {
    "alternatives": _alternatives,
    "frontier": _frontier,
    "stability": _stability,
}


def main() -> None:
    """Print the table."""
    asked = argparse.ArgumentParser()
    asked.add_argument("questions", nargs="*", default=list(QUESTIONS), choices=[*QUESTIONS, []])
    asked.add_argument("--coverage", action="store_true", help="visits do not count")
    options = asked.parse_args()
    case = prepare(read_study(ROOT / "data" / "hankou"))
    if options.coverage:
        case = case.but(policy=case.policy.but(visits_weight=0))
    plan = optimise(case)
    print("| question | seconds | answer |\n|---|---|---|", flush=True)
    for name in options.questions:
        begun = time.process_time()
        said = QUESTIONS[name](case, plan)
        print(f"| {name} | {time.process_time() - begun:.0f} | {said} |", flush=True)


if __name__ == "__main__":
    main()
