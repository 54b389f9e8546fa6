"""What a study says about the engine itself, which only experts may: see :mod:`placement.solve.settings`."""

from __future__ import annotations

from dataclasses import replace

from placement.errors import InputError
from placement.solve.settings import TABLE, EngineSettings
from placement.study import Study


def study_engine(study: Study) -> EngineSettings:
    """Return the engine's settings with the numbers of ``[solve.engine]`` in the place of the default ones.

    Raises
    ------
    InputError
        With every name that is none of the engine's, and every number that is out of its range.
    """
    try:
        return EngineSettings.of(study.solve.engine)
    except InputError as error:
        faults = [replace(fault, table=study.file.name, row=f"{TABLE}.{fault.row}") for fault in error.faults]
        raise InputError(faults) from error
