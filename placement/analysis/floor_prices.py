"""What each floor of a plan costs: the best plan under all other limits, found anew and proven as far as it goes."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from placement.analysis.asking import Asking
from placement.case import Case
from placement.errors import InputError, NoSolutionError
from placement.models.parts import floors_of, whole_weights
from placement.progress import FRONTIER, Listener, Progress
from placement.solve.program.recount import covered_rows, open_sites
from placement.values import CoverageProgram, Floor, Plan, Policy
from placement.values.arrays import BoolArray
from placement.values.checks import shown
from placement.values.floor_price import FloorPrice, FloorPrices
from placement.values.limits import FLOORS, TARGETS

GAP = 0.001
"""Gap at which the search for each plan may stop."""


def floor_prices(
    case: Case, plan: Plan, *, gap: float = GAP, progress: Listener | Progress | None = None
) -> FloorPrices:
    """Return, for every floor of a case's policy, the best plan without it beside the plan with it.

    Parameters
    ----------
    case, plan
        What was asked, and the plan that keeps all floors.
    gap
        At which the search for each plan may stop.
    progress
        Called with a :class:`~placement.progress.Step` whenever there is something to tell.

    Raises
    ------
    InputError
        If `plan` is none, or the least cost is the objective, which floors are the price of.
    """
    if not isinstance(plan, Plan):
        raise InputError.single("floor_prices", f"plan is {shown(plan)}", remedy="give a Plan")
    telling = Progress.of(progress, (FRONTIER,))
    asking = Asking.of(case)
    chosen, program = asking.question.chosen(plan.actions), asking.question.model.program
    worth, most = asking.question.whole_worth(chosen), round(plan.bound * asking.question.model.scale)
    shares, found, notes = _reached(program, case, chosen), [], []
    for name, asked, policy in without_each(case.policy):
        telling.stage(FRONTIER, f"without the floor of {name}")
        other = Asking.of(case.but(policy=policy))
        try:
            best = other.best(gap=gap, start=chosen)
        except NoSolutionError:
            notes.append(f"{name}: no plan without it was found in time")
            continue
        assert best.chosen is not None  # noqa: S101 -- the plan at hand is one
        assert best.bound is not None  # noqa: S101 -- there is a plan
        free = _reached(program, case, best.chosen)
        found.append(
            FloorPrice(
                floor=name,
                asked=asked,
                reached=shares[name],
                reached_without=free[name],
                coverage=shares[""],
                coverage_without=free[""],
                worth_least=max(0, best.worth - most) / other.question.model.scale,
                worth_most=max(0, best.bound - worth) / other.question.model.scale,
                gap=max(0.0, (best.bound - best.worth) / best.bound) if best.bound > 0 else 0.0,
            )
        )
    return FloorPrices(floors=tuple(sorted(found, key=lambda each: (-each.worth_most, each.floor))), notes=tuple(notes))


def without_each(policy: Policy) -> Iterator[tuple[str, float, Policy]]:
    """Yield (name, what is asked, the policy without it) of every floor."""
    for field in FLOORS:
        floors = getattr(policy, field)
        for name, share in sorted(floors.items()):
            others = {key: each for key, each in floors.items() if key != name}
            yield f"{field.removesuffix('_floors')} {name}", float(share), policy.but(**{field: others})
    for name in TARGETS:
        if getattr(policy, name) is not None:
            yield name, float(getattr(policy, name)), policy.but(**{name: None})


def _reached(program: CoverageProgram, case: Case, chosen: BoolArray) -> dict[str, float]:
    """Return the share of each floor's weight that is covered, by name, and of all weight by an empty name.

    Of `keep_share` it is the share of what today's stations cover.
    """
    stands, points = open_sites(program, chosen), case.coverage.by_ids().points
    weights = whole_weights(case, points)
    within = np.concatenate([covered_rows(covers, stands) for covers, _ in program.blocks()])
    won = np.where(within, weights, 0)
    everything = Floor(name="", rows=np.arange(weights.size), minimum=0)
    shares = {}
    for floor in (everything, *floors_of(weights, case, points)):
        of = int(weights[floor.rows].sum())
        if floor.name == "keep_share" and case.policy.keep_share:
            of = int(floor.minimum / case.policy.keep_share)
        shares[floor.name.removeprefix("floor ")] = int(won[floor.rows].sum()) / of if of else 1.0
    return shares
