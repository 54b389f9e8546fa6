"""What ``plan.json`` says of who is within reach."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from placement.report.parts import Part, Quantity, rounded
from placement.values import Coverages, Covered


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


class CoveragesPart(Part):
    """Coverage of one set of stations."""

    total: CoveredPart
    segment: dict[str, CoveredPart] = Field(description="By age group/period/service.")
    district: dict[str, CoveredPart]
    people: dict[str, PeoplePart] = Field(description="By age group/period.")


class CoveragePart(Part):
    """Coverage of today's stations and of the plan's."""

    before: CoveragesPart
    after: CoveragesPart


def coverages_to_dict(coverages: Coverages) -> dict[str, Any]:
    """Return the coverage of one set of stations as ``plan.json`` has it."""
    return {
        "total": _covered(coverages.total),
        "segment": {name: _covered(part) for name, part in coverages.segment.items()},
        "district": {name: _covered(part) for name, part in coverages.district.items()},
        "people": {
            name: {"covered": rounded(covered), "all": rounded(everyone)}
            for name, (covered, everyone) in coverages.people.items()
        },
    }


def _covered(part: Covered) -> dict[str, float]:
    return {name: rounded(getattr(part, name)) for name in CoveredPart.model_fields}


def coverages_from_part(part: CoveragesPart) -> Coverages:
    """Return the coverage that ``plan.json`` says."""
    return Coverages(
        total=Covered(**part.total.model_dump()),
        segment={name: Covered(**value.model_dump()) for name, value in part.segment.items()},
        district={name: Covered(**value.model_dump()) for name, value in part.district.items()},
        people={name: (value.covered, value.all) for name, value in part.people.items()},
    )
