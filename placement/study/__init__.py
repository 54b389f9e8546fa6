"""`study.toml`: everything a planner decides, checked as a whole before anything is read or computed.

Unknown keys are refused, amounts are yuan with at most two decimals (kept as whole fen), shares lie in 0..1, and all
faults are reported at once with the key they concern.
"""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import pydantic
from pydantic import BaseModel, model_validator

from placement.errors import Fault, InputError
from placement.study.fields import parse_period
from placement.study.sections import (
    BudgetSection,
    CostSection,
    DemandSection,
    InputFile,
    Inputs,
    PolicySection,
    Section,
    SolveSection,
    StreetsInput,
    StudySection,
    TravelSection,
)

TABLE = "study.toml"

__all__ = [
    "TABLE",
    "BudgetSection",
    "CostSection",
    "DemandSection",
    "InputFile",
    "Inputs",
    "PolicySection",
    "SolveSection",
    "StreetsInput",
    "Study",
    "StudySection",
    "TravelSection",
    "parse_period",
    "read_study",
    "study_from_dict",
]


class Study(Section):
    """A checked study. `folder` is where it was read from; paths are relative to it.

    Parameters
    ----------
    folder
        Absolute path of the folder that holds `study.toml`.
    study, inputs, demand, travel, costs, budget, policy, solve
        The sections; `costs` maps a host kind (or ``default``) to its amounts.
    """

    folder: Path
    study: StudySection
    inputs: Inputs
    demand: DemandSection
    travel: TravelSection
    costs: Mapping[str, CostSection] = {}
    budget: BudgetSection = BudgetSection()
    policy: PolicySection = PolicySection()
    solve: SolveSection = SolveSection()

    @model_validator(mode="after")
    def _consistent(self) -> Study:
        groups = set(self.demand.age_groups)
        if self.inputs.survey is None and self.demand.need_share < 1:
            raise ValueError("demand.need_share is below 1 but there is no survey: add one or set need_share = 1")
        if self.demand.grid_shape == "streets" and self.inputs.streets is None:
            raise ValueError('demand.grid_shape = "streets" needs inputs.streets')
        unknown = sorted(set(self.policy.floors.by_age_group) - groups)
        if unknown:
            raise ValueError(f"policy.floors names unknown age groups: {', '.join(unknown)}")
        if self.travel.threshold_min is not None and self.travel.mode == "walking":
            missing = sorted(groups - set(self.travel.speed_m_s))
            if missing:
                raise ValueError(f"travel.speed_m_s lacks: {', '.join(missing)}")
        if self.inputs.streets is None and self.inputs.travel is None and self.travel.detour is None:
            raise ValueError("give inputs.streets, inputs.travel, or travel.detour for straight-line distances")
        if self.inputs.streets is None and (self.travel.mode != "walking" or self.travel.hilly):
            raise ValueError("travel.mode, slope and steps_factor need inputs.streets")
        return self

    def path(self, written: str) -> Path:
        """Return the absolute path of a path as written in the study."""
        return self.folder / written

    @property
    def simulated_inputs(self) -> tuple[str, ...]:
        """Names of the tables declared simulated."""
        return tuple(name for name, file in self.inputs.files() if file.simulated)

    @property
    def notices(self) -> tuple[str, ...]:
        """Source and licence notices that every output must carry."""
        notices = [file.notice for _, file in self.inputs.files()]
        notices += [self.inputs.streets.notice] if self.inputs.streets else []
        return tuple(dict.fromkeys(notice for notice in notices if notice))


def read_study(path: str | Path) -> Study:
    """Read and check `study.toml` (or the folder that holds it).

    Raises
    ------
    InputError
        With every unknown key, wrong value and missing file at once.
    """
    file = Path(path)
    file = file / TABLE if file.is_dir() else file
    try:
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError.single(str(file), f"cannot be read: {error}", remedy="give a study.toml in UTF-8") from error
    try:
        content = tomllib.loads(text, parse_float=Decimal)
    except tomllib.TOMLDecodeError as error:
        raise InputError.single(str(file), f"is not valid TOML: {error}", remedy="mend the line it names") from error
    return study_from_dict(content, folder=file.resolve().parent)


def study_from_dict(content: Mapping[str, Any], *, folder: Path) -> Study:
    """Return the study of a parsed `study.toml`; see :func:`read_study`."""
    if "folder" in content:
        raise InputError.single(TABLE, "unknown key", row="folder", remedy="remove it")
    try:
        study = Study.model_validate({**content, "folder": folder})
    except pydantic.ValidationError as error:
        raise InputError(_faults(error)) from error
    faults = [
        Fault(table=TABLE, row=f"inputs.{name}", problem=f"{written} does not exist", remedy=f"put it in {folder}")
        for name, written in study.inputs.paths()
        if not study.path(written).is_file()
    ]
    if faults:
        raise InputError(faults)
    return study


def _faults(error: pydantic.ValidationError) -> list[Fault]:
    faults = []
    for item in error.errors():
        key = ".".join(
            str(part) for part in item["loc"] if not str(part).startswith(("function-", "constrained-", "dict["))
        )
        if item["type"] == "extra_forbidden":
            faults.append(Fault(table=TABLE, row=key, problem="unknown key", remedy=_near_key(item["loc"])))
        elif item["type"] == "missing":
            faults.append(Fault(table=TABLE, row=key, problem="is missing", remedy="add it"))
        else:
            message = item["msg"].removeprefix("Value error, ")
            shown = f" (got {_shown(item['input'])})" if isinstance(item["input"], str | int | float | Decimal) else ""
            faults.append(Fault(table=TABLE, row=key, problem=f"{message}{shown}", remedy="see the inputs in README"))
    return list(dict.fromkeys(faults))


def _shown(value: object) -> str:
    return str(value) if isinstance(value, Decimal) else repr(value)


def _near_key(location: tuple[int | str, ...]) -> str:
    model: Any = Study
    for part in location[:-1]:
        field = getattr(model, "model_fields", {}).get(part)
        model = next((m for m in _models(field.annotation)), None) if field else None
    names = [name for name in getattr(model, "model_fields", {}) if name != "folder"]
    close = difflib.get_close_matches(str(location[-1]), names, n=1)
    return (
        f"did you mean {close[0]}?" if close else f"remove it; known here: {', '.join(names)}" if names else "remove it"
    )


def _models(annotation: Any) -> Iterator[Any]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in getattr(annotation, "__args__", ()):
        yield from _models(part)
