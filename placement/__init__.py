"""Where a city's self-service government stations should stand.

Population, foot traffic and a survey of awareness become demand estimates; an integer program keeps, moves, closes and
opens stations for the most people within a 15-minute walk under a budget, and proves how good the plan is.

``import placement as pl`` is enough: a study goes through :func:`read_study`, :func:`prepare`, :func:`optimise`,
:func:`write` and :func:`verify`; frames of one's own become a :class:`Case` by ``Case.from_frames``. Rooms are modules
of the same name: ``pl.streets``, ``pl.travel``, ``pl.demand`` and so on. Importing this package does no work: each name
and each module loads when it is first used.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from placement.version import __version__

if TYPE_CHECKING:
    from placement import (
        analysis,
        batch,
        coverage,
        demand,
        economics,
        errors,
        judge,
        maps,
        models,
        plots,
        report,
        solve,
        streets,
        study,
        tables,
        toy,
        travel,
        values,
    )
    from placement.analysis.alternatives import alternatives
    from placement.analysis.evaluate import evaluate
    from placement.analysis.explain import explain, why_not
    from placement.analysis.fairest import fairest
    from placement.analysis.floor_prices import floor_prices
    from placement.analysis.frontier import frontier
    from placement.analysis.stability import stability
    from placement.analysis.what_if import what_if
    from placement.case import Case, measure
    from placement.coverage import Standard, Step, cover
    from placement.judge import verify
    from placement.pipeline.recommend import recommend
    from placement.pipeline.study_case import prepare
    from placement.plan.optimise import optimise
    from placement.progress import progress_bar
    from placement.report.compare import compare
    from placement.report.write import write
    from placement.study import read_study
    from placement.toy import toy_study
    from placement.values import Phase, Plan, Policy, SolveOptions

_HOME = {
    "Case": "case",
    "Phase": "values",
    "Plan": "values",
    "Policy": "values",
    "SolveOptions": "values",
    "Standard": "coverage",
    "Step": "coverage",
    "alternatives": "analysis.alternatives",
    "compare": "report.compare",
    "cover": "coverage",
    "evaluate": "analysis.evaluate",
    "explain": "analysis.explain",
    "fairest": "analysis.fairest",
    "floor_prices": "analysis.floor_prices",
    "frontier": "analysis.frontier",
    "measure": "case",
    "optimise": "plan.optimise",
    "prepare": "pipeline.study_case",
    "progress_bar": "progress",
    "read_study": "study",
    "recommend": "pipeline.recommend",
    "stability": "analysis.stability",
    "toy_study": "toy",
    "verify": "judge",
    "what_if": "analysis.what_if",
    "why_not": "analysis.explain",
    "write": "report.write",
}
"""Where each name lives. No module of this package may have the name of one: importing it would take its place."""

_ROOMS = (
    "analysis",
    "batch",
    "coverage",
    "demand",
    "economics",
    "errors",
    "judge",
    "maps",
    "models",
    "plots",
    "report",
    "solve",
    "streets",
    "study",
    "tables",
    "toy",
    "travel",
    "values",
)

__all__ = [
    "Case",
    "Phase",
    "Plan",
    "Policy",
    "SolveOptions",
    "Standard",
    "Step",
    "__version__",
    "alternatives",
    "analysis",
    "batch",
    "compare",
    "cover",
    "coverage",
    "demand",
    "economics",
    "errors",
    "evaluate",
    "explain",
    "fairest",
    "floor_prices",
    "frontier",
    "judge",
    "maps",
    "measure",
    "models",
    "optimise",
    "plots",
    "prepare",
    "progress_bar",
    "read_study",
    "recommend",
    "report",
    "solve",
    "stability",
    "streets",
    "study",
    "tables",
    "toy",
    "toy_study",
    "travel",
    "values",
    "verify",
    "what_if",
    "why_not",
    "write",
]


if not TYPE_CHECKING:  # a checker that saw it would take every name there is not for one that is

    def __getattr__(name: str) -> Any:
        if name in _HOME:
            return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
        if name in _ROOMS:
            return import_module(f"{__name__}.{name}")
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__} - {"import_module", "Any", "TYPE_CHECKING"})
