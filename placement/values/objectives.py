"""What a plan may be made for, by name, and where it is formulated.

The names stand here, below the models, so that study files and policies are checked without loading them;
:mod:`placement.models` loads a model when it is asked for, and registers models that are made elsewhere.
"""

from __future__ import annotations

COVERAGE = "coverage"
"""The weight within the standard of a station."""
VISITS = "visits"
"""The objective of predicted visits alone; its program is that of coverage, whose floors it keeps."""

LEAST_COST = "least_cost"
"""The objective of the least yearly cost of the stations that stand, of plans that keep floors of coverage."""

OBJECTIVES: dict[str, str] = {
    COVERAGE: "placement.models.maximal_coverage:maximal_coverage",
    VISITS: "placement.models.maximal_coverage:maximal_coverage",
    LEAST_COST: "placement.models.least_cost:least_cost",
}
"""Objective -> ``module:name`` of its model."""


def known_objective(name: object) -> bool:
    """Return whether a value is the name of an objective."""
    return isinstance(name, str) and name in OBJECTIVES
