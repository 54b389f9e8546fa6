"""The service standard, the objective, the limits and the options of a study, as the stages take them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from placement.pipeline.outages import usage_outage
from placement.standard import Standard
from placement.study import StepSection, Study, TravelSection
from placement.study.phases import phase_of
from placement.tables import Tables, levels_of
from placement.values import Policy, SolveOptions, Step
from placement.values.limits import BY_KIND, COUNTED, ON_RESERVE, ON_VISITS, TARGETS
from placement.values.publicity import Guides, Publicity

ALONE = ("max_machines", "visits_machine_month", "spacing_m", "min_reach_new", "idle_below", *TARGETS)
"""Settings of the policy that are of no kind with others."""


def study_standard(study: Study) -> Standard:
    """Return the service standard of a study."""
    travel = study.travel
    if travel.step:
        return Standard(steps=tuple(Step(share=step.share, **_thresholds(step)) for step in travel.step))
    return Standard(**_thresholds(travel))


def _thresholds(said: TravelSection | StepSection) -> dict[str, Any]:
    if said.threshold_min is None:
        return {"threshold_m": said.threshold_m}
    by_district = {name: minutes * 60 for name, minutes in said.threshold_min_by_district.items()}
    return {"threshold_s": said.threshold_min * 60, "threshold_s_by_district": by_district}


def study_policy(study: Study, parents: pd.Series, tables: Tables) -> Policy:
    """Return the limits of a study.

    Parameters
    ----------
    study
        The study.
    parents
        The (parent) districts of its demand points.
    tables
        Its tables: usage may tell how often machines are out of order, publicity has its levels.
    """
    floors = study.policy.floors
    district = floors.district
    if district is None:
        by_district = {}
    elif isinstance(district, Mapping):
        by_district = dict(district)
    else:
        by_district = dict.fromkeys(sorted(set(parents)), district)
    guides, levels = study.guides, tables.publicity
    caps: dict[str, Any] = {f"{line}_fen": cap for line, cap in study.budget.caps.items()}
    told = {name: getattr(study.policy, name) for name in (*COUNTED, *BY_KIND, *ON_VISITS, *ON_RESERVE, *ALONE)}
    return Policy(
        objective=study.policy.objective,
        **caps,
        horizon_years=study.budget.horizon_years,
        discount_rate=study.budget.discount_rate,
        **{**told, "outage_probability": usage_outage(study, tables.usage)},
        district_floors=by_district,
        age_floors=floors.by_age_group,
        publicity_levels=None if levels is None else Publicity(levels=tuple(levels_of(levels))),
        guide_uptake=None if guides is None else Guides(age_group=guides.age_group, uptake=guides.uptake),
        period_floors=floors.period,
        phases=tuple(map(phase_of, study.phase)),
    )


def study_options(study: Study) -> SolveOptions:
    """Return how the plan of a study is sought."""
    solve = study.solve
    return SolveOptions(
        backend=solve.backend,
        gap=solve.gap,
        time_limit_s=solve.time_limit_s,
        seed=study.study.seed,
        threads=solve.threads,
        engine=solve.engine,
    )
