"""`study.toml`: everything a planner decides, checked as a whole before anything is read or computed.

Unknown keys are refused, amounts are yuan with at most two decimals (kept as whole fen), shares lie in 0..1, and all
faults are reported at once with the key they concern.
"""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Iterable, Iterator, Mapping
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
_NEAR = 0.7
"""Likeness from which an unknown key is taken for a known one misspelt."""
_READ_BY = ("study", "inputs", "demand")

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
    "StudyError",
    "StudySection",
    "TravelSection",
    "parse_period",
    "read_study",
    "study_from_dict",
]


class StudyError(InputError):
    """`study.toml` cannot be used.

    `readable` is a study with which its tables can be read all the same, so that their faults can be listed too; None
    where ``[study]``, ``[inputs]`` or ``[demand]``, by which tables are read, are themselves at fault.
    """

    def __init__(self, faults: Iterable[Fault], readable: Study | None = None) -> None:
        super().__init__(faults)
        self.readable = readable


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
        if self.demand.footfall_interpolate and self.inputs.footfall is None:
            raise ValueError("demand.footfall_interpolate needs counters: give inputs.footfall")
        if self.demand.grid_shape == "streets" and self.inputs.streets is None:
            raise ValueError('demand.grid_shape = "streets" needs inputs.streets')
        unknown = sorted(set(self.policy.floors.by_age_group) - groups)
        if unknown:
            raise ValueError(f"policy.floors names unknown age groups: {', '.join(unknown)}")
        if self.travel.threshold_min is not None and self.travel.mode == "walking" and self.inputs.travel is None:
            missing = sorted(groups - set(self.travel.speed_m_s))
            if missing:
                raise ValueError(f"travel.speed_m_s lacks: {', '.join(missing)}")
        if self.inputs.streets is None and self.inputs.travel is None and self.travel.detour is None:
            raise ValueError("give inputs.streets, inputs.travel, or travel.detour for straight-line distances")
        self._ways_to_travel()
        return self

    def _ways_to_travel(self) -> None:
        travel, streets, table = self.travel, self.inputs.streets is not None, self.inputs.travel is not None
        if not streets and travel.hilly:
            raise ValueError("travel.slope and steps_factor need inputs.streets")
        if travel.mode == "walking":
            return
        if not streets and not table:
            raise ValueError("travel.mode needs inputs.streets or inputs.travel")
        if streets and not travel.street_speed_m_s:
            needed = "metres a second by highway, or '*' for all"
            raise ValueError(f"mode {travel.mode} needs street_speed_m_s: {needed}")
        if streets and travel.threshold_m is not None:
            raise ValueError("threshold_m is a length; with vehicles give threshold_min")
        if table and travel.street_speed_m_s:
            raise ValueError("travel.street_speed_m_s is for streets; the table in inputs.travel has its own times")

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
        With every unknown key, wrong value and missing file at once. See also :func:`placement.inputs.open_study`,
        whose error lists the faults of the tables too.
    """
    file = Path(path)
    file = file / TABLE if file.is_dir() else file
    try:
        text = file.read_text(encoding="utf-8-sig")
    except OSError as error:
        remedy = "name a study.toml or the folder that holds it"
        raise InputError.single(str(file), f"cannot be read: {error.strerror}", remedy=remedy) from error
    except UnicodeDecodeError as error:
        remedy = "save it as UTF-8"
        raise InputError.single(str(file), f"is not UTF-8 text (byte {error.start})", remedy=remedy) from error
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
        raise StudyError(_faults(error), _readable(content, folder)) from error
    faults = [
        Fault(table=TABLE, row=f"inputs.{name}", problem=f"{written} does not exist", remedy=f"put it in {folder}")
        for name, written in study.inputs.paths()
        if not study.path(written).is_file()
    ]
    if faults:
        raise StudyError(faults, study)
    return study


def _readable(content: Mapping[str, Any], folder: Path) -> Study | None:
    """Return the study with every section that is at fault left at its defaults; None where tables need it."""
    sections: dict[str, Any] = {}
    for name, field in Study.model_fields.items():
        if name == "folder":
            continue
        try:
            adapter: Any = pydantic.TypeAdapter(field.annotation or Any)
            sections[name] = adapter.validate_python(content[name]) if name in content else field.get_default()
        except pydantic.ValidationError:
            if name in _READ_BY:
                return None
            sections[name] = TravelSection.model_construct() if name == "travel" else field.get_default()
    if any(name not in content for name in _READ_BY):
        return None
    if "travel" not in content:
        sections["travel"] = TravelSection.model_construct()
    return Study.model_construct(folder=folder, **sections)


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
    close = difflib.get_close_matches(str(location[-1]), names, n=1, cutoff=_NEAR)
    return (
        f"did you mean {close[0]}?" if close else f"remove it; known here: {', '.join(names)}" if names else "remove it"
    )


def _models(annotation: Any) -> Iterator[Any]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in getattr(annotation, "__args__", ()):
        yield from _models(part)
