"""What ``plan.json`` says of coverage: in total, by group, and within each step of the standard."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import Field

from placement.report.parts import Part, Quantity, rounded
from placement.values import Coverages, Covered, StepCovered


class CoveredPart(Part):
    """Visits a month within reach and in total: in the declared mix, as need, and as expected use."""

    covered: Quantity
    all: Quantity
    need_covered: Quantity
    need_all: Quantity
    use_covered: Quantity
    use_all: Quantity


class PeoplePart(Part):
    """Residents within reach of a station that is open for the whole period, and all residents."""

    covered: Quantity
    all: Quantity


class StepPart(Part):
    """Who is within one step of the standard or a nearer one, plainly: everybody there counts in full."""

    threshold_min: Quantity | None = Field(description="How far it reaches, where no district has its own.")
    threshold_m: Quantity | None
    share: float = Field(gt=0, le=1, description="What the step counts in the graded coverage.")
    total: CoveredPart
    people: dict[str, PeoplePart] = Field(description="By age group/period.")


class CoveragesPart(Part):
    """Coverage of one set of stations; with steps graded: each weight counts the share of its nearest step."""

    total: CoveredPart
    segment: dict[str, CoveredPart] = Field(description="By age group/period/service.")
    district: dict[str, CoveredPart]
    people: dict[str, PeoplePart] = Field(description="By age group/period; with steps: within the farthest.")
    steps: list[StepPart] = Field(default=[], description="From near to far; empty where the standard has none.")


class CoveragePart(Part):
    """Coverage of today's stations and of the plan's."""

    before: CoveragesPart
    after: CoveragesPart


def coverages_to_dict(coverages: Coverages) -> dict[str, Any]:
    """Return the coverage of one set of stations as the content of its part."""
    return {
        "total": _covered(coverages.total),
        "segment": {name: _covered(part) for name, part in coverages.segment.items()},
        "district": {name: _covered(part) for name, part in coverages.district.items()},
        "people": _people(coverages.people),
        "steps": [
            {
                "threshold_min": None if step.threshold_s is None else rounded(step.threshold_s / 60),
                "threshold_m": step.threshold_m,
                "share": step.share,
                "total": _covered(step.total),
                "people": _people(step.people),
            }
            for step in coverages.steps
        ],
    }


def _people(people: Mapping[str, tuple[float, float]]) -> dict[str, dict[str, float]]:
    return {
        name: {"covered": rounded(covered), "all": rounded(everyone)} for name, (covered, everyone) in people.items()
    }


def _covered(part: Covered) -> dict[str, float]:
    return {name: rounded(getattr(part, name)) for name in CoveredPart.model_fields}


def coverages_from_part(part: CoveragesPart) -> Coverages:
    """Return the coverage that a part describes."""
    return Coverages(
        total=Covered(**part.total.model_dump()),
        segment={name: Covered(**value.model_dump()) for name, value in part.segment.items()},
        district={name: Covered(**value.model_dump()) for name, value in part.district.items()},
        people=_read_people(part.people),
        steps=tuple(
            StepCovered(
                threshold_s=None if step.threshold_min is None else step.threshold_min * 60,
                threshold_m=step.threshold_m,
                share=step.share,
                total=Covered(**step.total.model_dump()),
                people=_read_people(step.people),
            )
            for step in part.steps
        ),
    )


def _read_people(people: Mapping[str, PeoplePart]) -> dict[str, tuple[float, float]]:
    return {name: (value.covered, value.all) for name, value in people.items()}
