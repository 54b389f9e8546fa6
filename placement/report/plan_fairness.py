"""How evenly districts are covered, as ``plan.json``, command and report say it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from pydantic import Field

from placement.report.parts import Id, Part, rounded
from placement.values import Coverages, Covered, Plan
from placement.values.fairness import Fairness


class FairnessOfPart(Part):
    """How evenly districts are covered by one set of stations."""

    worst: Id = Field(description="The district that is covered least.")
    worst_share: float = Field(ge=0, le=1, description="Of its weight.")
    gini: float = Field(ge=0, le=1, description="Gini coefficient of the districts' shares; 0: all alike.")
    ede: float = Field(ge=0, le=1, description="Kolm-Pollak equally-distributed equivalent of the shares, aversion 1.")


class FairnessPart(Part):
    """How evenly districts are covered by today's stations and by the plan's."""

    before: FairnessOfPart
    after: FairnessOfPart


def fairness_to_dict(plan: Plan) -> dict[str, Any] | None:
    """Return how evenly districts are covered, as the file has it."""
    both = [Fairness.of(_as_written(coverages)) for coverages in (plan.before, plan.after)]
    if None in both:
        return None
    return {when: _side(of) for when, of in zip(("before", "after"), both, strict=True) if of is not None}


def _as_written(coverages: Coverages) -> dict[str, Covered]:
    """Return districts with the amounts that the file has of them, so that its measures are those of its figures."""
    return {
        name: replace(part, covered=rounded(part.covered), all=rounded(part.all))
        for name, part in coverages.district.items()
    }


def _side(of: Fairness) -> dict[str, Any]:
    numbers = {name: min(1.0, rounded(getattr(of, name))) for name in ("worst_share", "gini", "ede")}
    return {"worst": of.worst, **numbers}


def fairness_rows(plan: Plan, text: Mapping[str, str]) -> list[tuple[str, str, str]]:
    """Return (what, today, plan) in words; nothing of fewer than two districts."""
    if plan.fairness is None:
        return []
    worst = [f"{of.worst}{text['colon']}{100 * of.worst_share:.1f}%" for of in plan.fairness]
    ede = [f"{100 * of.ede:.1f}%" for of in plan.fairness]
    gini = [f"{of.gini:.3f}" for of in plan.fairness]
    rows = (("fair.worst", worst), ("fair.ede", ede), ("fair.gini", gini))
    return [(text[key], before, after) for key, (before, after) in rows]
