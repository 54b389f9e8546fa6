"""What ``plan.json`` says of the phases of a plan."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from pydantic import Field

from placement.report.parts import FRACTION, DecisionsPart, Id, Part, Quantity, decisions_from, decisions_of, rounded
from placement.report.plan_coverage import CoveragesPart, coverages_from_part, coverages_to_dict
from placement.report.plan_money import (
    BudgetPart,
    LimitPart,
    budget_from_parts,
    budget_to_list,
    limits_from_parts,
    limits_to_list,
)
from placement.values import Phased, PhaseValue, YearByYear

_VISIT_PLACES = 3


class YearPart(Part):
    """One phase: what is done and stands after it."""

    name: Id
    factor: str = Field(pattern=FRACTION, description="What a covered visit of it counts in the objective.")
    open: list[Id] = Field(description="Ids of the sites at which a station stands after it.")
    coverage: CoveragesPart
    budget: list[BudgetPart] = Field(
        description="Spent in it once, and a year of its network; the cap of capital counts what was carried over."
    )
    limits: list[LimitPart]
    visits: Quantity | None = Field(description="Predicted visits a month; null where nothing is predicted.")


class YearByYearPart(Part):
    """The plan that is best in each phase for that phase alone, given what was done before."""

    objective: Quantity = Field(description="As the objective of the plan counts it.")
    covered: list[Quantity] = Field(description="Weight that it covers after each phase, visits a month.")
    decisions: DecisionsPart


class PhasesPart(Part):
    """A plan of several years. Its objective and bound are added up over them, each covered visit by its factor."""

    years: list[YearPart]
    year_by_year: YearByYearPart | None = Field(description="null where none was found that keeps all limits.")


def phases_to_dict(value: Phased) -> dict[str, Any]:
    """Return the phases of a plan as the file has them."""
    beside = value.year_by_year
    return {
        "years": [
            {
                "name": each.name,
                "factor": str(each.factor),
                "open": list(each.open),
                "coverage": coverages_to_dict(each.after),
                "budget": budget_to_list(each.budget_lines),
                "limits": limits_to_list(each.limits),
                "visits": None if each.visits is None else round(each.visits, _VISIT_PLACES) + 0.0,
            }
            for each in value.phases
        ],
        "year_by_year": None
        if beside is None
        else {
            "objective": rounded(beside.objective),
            "covered": [rounded(each) for each in beside.covered],
            "decisions": decisions_of(beside.decisions),
        },
    }


def phases_from_part(part: PhasesPart, table: str) -> Phased:
    """Return the phases that ``plan.json`` has; raises as :func:`~placement.report.plan_money.budget_from_parts`."""
    beside = part.year_by_year
    return Phased(
        phases=tuple(
            PhaseValue(
                name=each.name,
                factor=Fraction(each.factor),
                open=tuple(each.open),
                after=coverages_from_part(each.coverage),
                budget_lines=budget_from_parts(each.budget, table),
                limits=limits_from_parts(each.limits),
                visits=each.visits,
            )
            for each in part.years
        ),
        year_by_year=None
        if beside is None
        else YearByYear(
            objective=beside.objective, covered=tuple(beside.covered), decisions=decisions_from(beside.decisions)
        ),
    )
