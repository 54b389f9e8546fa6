"""Models: data into integer programs. One file a model; :mod:`placement.models.model` tells how to add one."""

from __future__ import annotations

from importlib import import_module

from placement.case import Case
from placement.errors import InputError
from placement.models.maximal_coverage import maximal_coverage
from placement.models.model import Columns, Decision, Formulated, Model
from placement.models.phases import PhasedProgram, phased_coverage
from placement.values.objectives import OBJECTIVES, known_objective

__all__ = [
    "Columns",
    "Decision",
    "Formulated",
    "Model",
    "PhasedProgram",
    "formulated",
    "maximal_coverage",
    "model_of",
    "register",
    "unregister",
]

_REGISTERED: dict[str, Model] = {}


def formulated(case: Case) -> Formulated:
    """Return the program of a case: that of its objective, over several years where its policy has phases.

    Raises
    ------
    InputError
        As :func:`model_of` does, and if the program cannot be written in whole numbers.
    """
    return phased_coverage(case) if case.policy.phases else model_of(case.policy.objective)(case)


def model_of(objective: str) -> Model:
    """Return the model of an objective.

    Raises
    ------
    InputError
        If no model is registered for it, with the list of those that are.
    """
    if not known_objective(objective):
        known = ", ".join(OBJECTIVES)
        raise InputError.single("policy", f"{objective!r} is no objective", row="objective", remedy=f"known: {known}")
    if objective not in _REGISTERED:
        module, name = OBJECTIVES[objective].split(":")
        _REGISTERED[objective] = getattr(import_module(module), name)
    return _REGISTERED[objective]


def register(objective: str, model: Model) -> None:
    """Make a model known by the name of its objective, to study files, policies and solving in this process.

    Raises
    ------
    InputError
        If the name is taken.
    """
    if known_objective(objective):
        raise InputError.single("models", f"{objective!r} is registered already", remedy="unregister it, or rename")
    OBJECTIVES[objective] = f"{model.__module__}:{getattr(model, '__qualname__', objective)}"
    _REGISTERED[objective] = model


def unregister(objective: str) -> None:
    """Forget a model that was registered; one that is not known is passed over."""
    _REGISTERED.pop(objective, None)
    OBJECTIVES.pop(objective, None)
