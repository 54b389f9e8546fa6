"""Plans that spend on publicity or guides: solved, and what both bring beside the stations."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from placement.case import Case
from placement.clock import now_s
from placement.economics.publicity import area_of_points, awareness_of_areas, informed, reached_shares
from placement.errors import InputError
from placement.models import Formulated
from placement.models.guides import KIND, guided_segments
from placement.models.model import WEIGHT_SCALE
from placement.models.publicity import gates_of
from placement.plan.solving import LEAST_S, settle, solve_in_time
from placement.solve import maximise_coverage
from placement.solve.program.recount import covered_rows, open_sites, recount
from placement.solve.ties.reissue import reissued
from placement.values import Solution
from placement.values.arrays import BoolArray, FloatArray, IntArray
from placement.values.outreach import Alone, AreaSpend, Guide, Outreach
from placement.values.publicity_certificate import PUBLICITY_GAP


@dataclass(frozen=True, kw_only=True, eq=False)
class Found:
    """A solution with what it spends in each area, fen a year, and the best found without publicity and guides."""

    solution: Solution
    spend_fen: IntArray
    alone: Solution | None


def solve_outreach(case: Case, model: Formulated, options: dict[str, Any], *, spent_s: float = 0.0) -> Found:
    """Return the solution within the time limit.

    Raises as :func:`placement.plan.solving.solve_in_time` does, whose `options` and `spent_s` these are.
    """
    gates, backend = gates_of(case, model), case.options.backend
    if gates is None:
        solution, left_s = solve_in_time(model.program, backend, options, spent_s=spent_s)
        return Found(
            solution=_without_idle_guides(model, solution),
            spend_fen=np.zeros(0, dtype=np.int64),
            alone=_alone(model, options, left_s),
        )
    if backend != "auto":
        problem = f"{backend} cannot decide on publicity"
        raise InputError.single("options", problem, row="backend", remedy="use auto, or a policy without publicity")
    from placement.solve.publicity.publicise import maximise_publicity  # noqa: PLC0415 -- numba is loaded only here

    limit_s, begun = options["time_limit_s"], now_s() - spent_s
    own = {**options, "gap": max(options["gap"], PUBLICITY_GAP), "time_limit_s": max(LEAST_S, limit_s - spent_s)}
    found = maximise_publicity(model.program, gates, **own)
    if found.solution.interrupted and found.solution.status == "no_solution":
        raise KeyboardInterrupt
    settle(model.program, found.solution, options, begun)
    alone = found.alone if case.policy.guide_uptake is None else _alone(model, options, limit_s - (now_s() - begun))
    return Found(solution=_without_idle_guides(model, found.solution), spend_fen=found.spend_fen, alone=alone)


def _alone(model: Formulated, options: dict[str, Any], left_s: float) -> Solution | None:
    """Return the best plan without guides and publicity; None where none was found in the time that is left."""
    program = replace(model.program, excluded=model.program.excluded | model.columns.doing({KIND}))
    own = {name: value for name, value in options.items() if name != "progress"}
    found = maximise_coverage(program, **{**own, "time_limit_s": max(LEAST_S, left_s)})
    return found if found.status in {"optimal", "feasible"} else None


def _without_idle_guides(model: Formulated, solution: Solution) -> Solution:
    """Return the plan without guides by whom nobody is helped who is not without them."""
    chosen = np.array(solution.chosen)
    guides = np.flatnonzero(chosen & model.columns.doing({KIND}))
    if not guides.size or solution.status not in {"optimal", "feasible"}:
        return solution
    worth, before = recount(model.program, chosen).objective, chosen.copy()
    for column in guides.tolist():
        chosen[column] = False
        if recount(model.program, chosen).objective < worth:
            chosen[column] = True
    if (chosen == before).all():
        return solution
    certificate = solution.certificate and reissued(solution.certificate, chosen)
    return replace(solution, chosen=chosen, certificate=certificate)


def outreach_of(case: Case, model: Formulated, found: Found) -> Outreach:
    """Return what a plan spends on publicity and guides, and what they bring."""
    guided = _guided(model, found.solution.chosen)
    worth = _worth(case, model, found)
    return Outreach(
        areas=tuple(_areas(case, model, found, worth)),
        guides=tuple(_guides(case, guided)),
        helped=_people_of_guides(case, guided),
        guided=float(_guided_use(case, guided, case.demand.awareness).sum()),
        covered=_covered_weight(model, found.solution.chosen) / WEIGHT_SCALE,
        alone=_as_alone(case, model, found.alone),
    )


def _as_alone(case: Case, model: Formulated, alone: Solution | None) -> Alone | None:
    if alone is None:
        return None
    return Alone(
        objective=alone.objective / model.scale,
        bound=alone.bound / model.scale,
        open=tuple(sorted(case.sites.ids[model.standing(alone.chosen)])),
    )


def _worth(case: Case, model: Formulated, found: Found) -> IntArray:
    """Return (areas,) what the objective counts for publicity, thousandths."""
    gates = gates_of(case, model)
    if gates is None:
        return np.zeros(0, dtype=np.int64)
    stands = open_sites(model.program, found.solution.chosen)
    covered = np.concatenate([covered_rows(covers, stands) for covers, _ in model.program.blocks()])
    return gates.worth(gates.gained(covered), found.spend_fen)


def _covered_weight(model: Formulated, chosen: BoolArray) -> int:
    """Return what the objective counts of stations alone: all rows but those that guides add, thousandths."""
    return recount(model.program, chosen & ~model.columns.doing({KIND})).objective


def _areas(case: Case, model: Formulated, found: Found, worth: IntArray) -> Iterator[AreaSpend]:
    publicity, demand = case.policy.publicity_levels, case.demand
    if publicity is None:
        return
    area, standing = area_of_points(demand, publicity), model.standing(found.solution.chosen)
    today, shares = awareness_of_areas(demand, area, len(publicity.areas)), reached_shares(demand, publicity)
    within = case.coverage.shares[case.coverage.nearest(standing)]
    guided = _guided(model, found.solution.chosen)
    for number, (name, levels) in enumerate(publicity.by_area.items()):
        spend = int(found.spend_fen[number])
        reached = reached_for([level.spend_fen for level in levels], shares[number].tolist(), spend)
        here = area == number
        more = informed(demand.awareness, np.where(here, reached, 0.0)[:, None]) - demand.awareness
        use = float((within * demand.need * more * demand.uptake).sum())
        use += float(_guided_use(case, guided, more).sum())
        package = next((level.package for level in levels if level.spend_fen == spend), "")
        yield AreaSpend(
            area=name,
            package=package,
            spend_fen=spend,
            before=float(today[number]),
            after=float(today[number] + reached * (1.0 - today[number])),
            people=_learn(case, within > 0, more),
            use=use,
            worth=int(worth[number]) / WEIGHT_SCALE,
        )


def reached_for(costs: list[int], shares: list[float], spend: int) -> float:
    """Return the share of those who do not know the service that an amount reaches, on the line between levels."""
    before, known = 0, 0.0
    for cost, share in zip(costs, shares, strict=False):
        if spend <= cost:
            return known + (share - known) * (spend - before) / (cost - before)
        before, known = cost, share
    return known


def _learn(case: Case, within: BoolArray, more: FloatArray) -> float:
    """Return the residents within reach, in whatever period, who learn of the service."""
    demand, total = case.demand, 0.0
    for number, age in enumerate(demand.age_groups):
        at = [k for k, segment in enumerate(demand.segments) if segment.age_group == age]
        if at:
            total += float((demand.people[:, number] * within[:, at].any(axis=1) * more[:, at].max(axis=1)).sum())
    return total


def _guided(model: Formulated, chosen: BoolArray) -> BoolArray:
    """Return (sites,) where a guide is."""
    sites = np.zeros(len(model.costs), dtype=np.bool_)
    sites[model.sites[chosen & model.columns.doing({KIND})]] = True
    return sites


def _guided_use(case: Case, guided: BoolArray, awareness: FloatArray) -> FloatArray:
    """Return (points, guided segments) use that guides add of those who so know the service, visits a month."""
    guides, at, demand = case.policy.guide_uptake, guided_segments(case), case.demand
    if guides is None or not guided.any():
        return np.zeros((len(demand.ids), at.size))
    within = case.coverage.shares[case.coverage.nearest(guided)][:, at]
    more = np.maximum(guides.uptake - demand.uptake[:, at], 0.0)
    return np.asarray(within * demand.need[:, at] * awareness[:, at] * more)


def _guides(case: Case, guided: BoolArray) -> Iterator[Guide]:
    for site in sorted(np.flatnonzero(guided).tolist(), key=lambda each: str(case.sites.ids[each])):
        alone = np.zeros_like(guided)
        alone[site] = True
        yield Guide(
            site_id=str(case.sites.ids[site]),
            pay_fen=int(case.costs.guide[site]),
            people=_people_of_guides(case, alone),
            use=float(_guided_use(case, alone, case.demand.awareness).sum()),
        )


def _people_of_guides(case: Case, guided: BoolArray) -> float:
    """Return the residents of the age group who have one of some guides within reach, in whatever period."""
    guides, demand, at = case.policy.guide_uptake, case.demand, guided_segments(case)
    if guides is None or not guided.any():
        return 0.0
    within = (case.coverage.nearest(guided) < case.coverage.n_steps)[:, at].any(axis=1)
    return float(demand.people[within, demand.age_groups.index(guides.age_group)].sum())
