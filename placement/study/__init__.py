"""`study.toml`: everything a planner decides, checked as a whole before anything is read or computed.

Unknown keys are refused, amounts are yuan with at most two decimals (kept as whole fen), shares lie in 0..1, and all
faults are reported at once with the key they concern.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pydantic
from pydantic import PrivateAttr, SkipValidation, model_validator

from placement.errors import Fault, InputError
from placement.study.effects import effect_notes, file_faults
from placement.study.fees import FeesSection, fee_faults
from placement.study.fields import Host, parse_period
from placement.study.inputs import InputFile, Inputs, StreetsInput
from placement.study.key_faults import OWN, faults_of
from placement.study.limits import BudgetSection, CostSection, FloorsSection, GuidesSection, PolicySection
from placement.study.overrides import SECTIONS, Override, overridden, overrides_of, settings
from placement.study.paths import any_outside, folder_faults, path_faults
from placement.study.phases import PhaseSection, phase_faults
from placement.study.presets import preset_changed, with_preset
from placement.study.section import Section
from placement.study.sections import DemandSection, SolveSection, StudySection
from placement.study.spelling import one_spelling
from placement.study.toml import content_faults, parse, read_bytes
from placement.study.travel import StepSection, TravelSection
from placement.values.immutable import freeze
from placement.values.limits import ON_RESERVE, ON_VISITS
from placement.values.objectives import LEAST_COST, VISITS
from placement.values.shown import Shown, brief, of_data

TABLE = "study.toml"
_READ_BY = ("study", "inputs", "demand")

__all__ = [
    "SECTIONS",
    "TABLE",
    "BudgetSection",
    "CostSection",
    "DemandSection",
    "FeesSection",
    "FloorsSection",
    "GuidesSection",
    "InputFile",
    "Inputs",
    "Override",
    "PhaseSection",
    "PolicySection",
    "SolveSection",
    "StepSection",
    "StreetsInput",
    "Study",
    "StudyError",
    "StudySection",
    "TravelSection",
    "overrides_of",
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
        Absolute path of the folder that holds the study file.
    file
        Absolute path of that file, whatever it is called.
    digest
        SHA-256 of the bytes that were parsed; empty where the study came from no file.
    remarks
        Sentences on names that were brought to one spelling.
    study, inputs, demand, travel, costs, guides, budget, policy, phase, fees, solve
        The sections; `costs` maps a host kind (or ``default``) to its amounts, `phase` has one for each year of a plan.
    """

    folder: Path
    file: Path
    digest: str = ""
    remarks: SkipValidation[tuple[str, ...]] = ()  # notes stay what they are
    study: StudySection
    inputs: Inputs
    demand: DemandSection
    travel: TravelSection
    costs: Mapping[Host, CostSection] = {}
    guides: GuidesSection | None = None
    budget: BudgetSection = BudgetSection()
    policy: PolicySection = PolicySection()
    phase: tuple[PhaseSection, ...] = ()
    fees: FeesSection = FeesSection()
    solve: SolveSection = SolveSection()
    _content: Mapping[str, Any] | None = PrivateAttr(default=None)
    _outside: bool = PrivateAttr(default=True)

    @model_validator(mode="after")
    def _consistent(self) -> Study:
        groups = set(self.demand.age_groups)
        if self.inputs.survey is None and self.demand.need_share < 1:
            raise ValueError("demand.need_share is below 1 but there is no survey: add one or set need_share = 1")
        if self.demand.footfall_interpolate and self.inputs.footfall is None:
            raise ValueError("demand.footfall_interpolate needs counters: give inputs.footfall")
        if self.demand.grid_shape == "streets" and self.inputs.streets is None:
            raise ValueError('demand.grid_shape = "streets" needs inputs.streets')
        for name, given, known in (
            ("policy.floors names unknown age groups", self.policy.floors.by_age_group, groups),
            ("policy.floors.period names unknown periods", self.policy.floors.period, self.demand.periods),
        ):
            if unknown := sorted(set(given) - set(known)):
                raise ValueError(f"{name}: {', '.join(unknown)}")
        walks = self.travel.longest_min and self.travel.mode == "walking" and self.inputs.travel is None
        if walks and (missing := sorted(groups - set(self.travel.speed_m_s))):
            raise ValueError(f"travel.speed_m_s lacks: {', '.join(missing)}")
        if self.inputs.streets is None and self.inputs.travel is None and self.travel.detour is None:
            raise ValueError("give inputs.streets, inputs.travel, or travel.detour for straight-line distances")
        lacking = ", ".join(f"policy.{name}" for name in ON_VISITS if getattr(self.policy, name) is not None)
        if lacking and self.inputs.usage is None:
            raise ValueError(f"visits are predicted from inputs.usage: give it, or no {lacking}")
        self._phases_and_reserve()
        self._outreach()
        self._solver()
        self._ways_to_travel()
        return self

    def _solver(self) -> None:
        """Refuse a solver of others where visits count: it would answer another question."""
        if self.solve.backend == "auto":
            return
        names = [f"policy.{name}" for name in ON_VISITS if getattr(self.policy, name)]
        if asked := ", ".join([*names, *(["policy.objective"] if self.policy.objective == VISITS else [])]):
            problem = f"solve.backend {self.solve.backend} knows coverage alone and {asked} goes by visits"
            raise ValueError(f'{problem}: set solve.backend = "auto", or remove {asked}')

    def _outreach(self) -> None:
        """Refuse what publicity and guides do not go with, and money for them where there are none."""
        given = {"publicity": self.inputs.publicity is not None, "guides": self.guides is not None}
        named = {"publicity": "inputs.publicity", "guides": "[guides]"}
        for name, is_given in given.items():
            if not is_given and getattr(self.budget, name) is not None:
                raise ValueError(f"budget.{name} has no effect: give {named[name]}, or remove it")
        if self.guides is not None and self.guides.age_group not in self.demand.age_groups:
            raise ValueError(f"guides.age_group {self.guides.age_group} has no trips_per_month")
        outreach = ", ".join(named[name] for name, is_given in given.items() if is_given)
        if not outreach:
            return
        if self.demand.need_share == 1:
            raise ValueError(f"{outreach} has no effect where need is all that counts: lower demand.need_share")
        limits = (*ON_VISITS, *ON_RESERVE)
        against = [f"policy.{name}" for name in limits if _asks(name, getattr(self.policy, name))]
        against += ["policy.objective"] if self.policy.objective in {VISITS, LEAST_COST} else []
        others = {
            "policy.max_machines": self.policy.max_machines is not None,
            "policy.visits_machine_month": self.policy.visits_machine_month is not None,
            "[[phase]]": bool(self.phase),
            "[fees]": bool(self.fees.model_fields_set),
        }
        against += [name for name, is_given in others.items() if is_given]
        if against:
            raise ValueError(f"{outreach} cannot count together with {', '.join(against)} yet: remove one of both")

    def _phases_and_reserve(self) -> None:
        if problems := [*phase_faults(self), *fee_faults(self)]:
            raise ValueError("; ".join(problems))
        asked = ", ".join(f"policy.{name}" for name in ON_RESERVE if getattr(self.policy, name))
        if asked and self.policy.objective == VISITS:
            raise ValueError(f"{asked} has no effect where visits are the objective: remove it")
        if asked and self.travel.step:
            raise ValueError(f"{asked} counts stations within one threshold: give travel.threshold_min, or no reserve")

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
        if streets and travel.is_distance:
            raise ValueError("threshold_m is a length; with vehicles give threshold_min")
        if table and travel.street_speed_m_s:
            raise ValueError("travel.street_speed_m_s is for streets; the table in inputs.travel has its own times")

    def paths(self) -> Iterator[tuple[str, str]]:
        """Yield (input name, path as written) of every file that is read."""
        return self.inputs.paths()

    def path(self, written: str) -> Path:
        """Return the absolute path of a path as written in the study."""
        return self.folder / written

    def as_written(self) -> Study:
        """Return the study as its file has it, whatever was changed in memory since."""
        if self._content is None:
            return self
        return _validated(self._content, self._own, written=self._content, outside=self._outside)

    def with_settings(self, used: Mapping[str, Any]) -> Study:
        """Return the study with other values of some settings, checked as those of its file are.

        Parameters
        ----------
        used
            Values as the study file would hold them, by ``section.key``; see :mod:`placement.study.overrides`.

        Raises
        ------
        InputError
            If there is no such setting, it cannot have the value, or names a file that may not be read.
        """
        changed = {each.key: each.used for each in overrides_of(self)} | dict(used)
        if not changed:
            return self
        table = self.file.name
        content = overridden({}, settings(self)) if self._content is None else self._content
        changed = preset_changed(content, changed)
        content = overridden(content, changed)
        faults = content_faults(content, table)
        if faults:
            raise StudyError(faults)
        try:
            study = _validated(content, self._own, written=self._content, outside=self._outside)
        except pydantic.ValidationError as error:
            raise StudyError(faults_of(error, table, Study)) from error
        faults = _read_faults(study, allow_outside=self._outside)
        if faults:
            raise StudyError(faults, _if_inside(study, self._outside))
        return study

    def _shown(self) -> Shown:
        sections = ("inputs", "demand", "travel", "costs", "budget", "policy", "solve")
        rows = [("file", str(self.file))]
        rows += [(name, brief(getattr(self, name))) for name in sections]
        rows += [("phases", ", ".join(each.name for each in self.phase))] if self.phase else []
        return f"Study {self.study.name}: {self.study.crs}{of_data(self.simulated_inputs)}", rows

    @property
    def _own(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in OWN}

    @property
    def notes(self) -> tuple[str, ...]:
        """What of the study was read otherwise than it is written, and what of it has no effect."""
        return (*self.remarks, *effect_notes(self, self.file.name))

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


def _asks(name: str, value: object) -> bool:
    """Return whether a setting of the policy asks for something: weights and shares of 0 do not."""
    return value is not None and (bool(value) or name == "max_idle")


def read_study(path: str | Path, *, allow_outside: bool = False) -> Study:
    """Read and check a study file (or the `study.toml` of a folder).

    Parameters
    ----------
    path
        A study file, whatever its name, or the folder that holds `study.toml`.
    allow_outside
        Whether its inputs may lie outside its folder.

    Raises
    ------
    InputError
        With every unknown key, wrong value and missing file at once. See also
        :func:`placement.pipeline.prepare.open_study`, whose error lists the faults of the tables too.
    """
    file = Path(path)
    file = file / TABLE if file.is_dir() else file
    raw = read_bytes(file)
    content = parse(raw, file)
    file = file.resolve()
    digest = hashlib.sha256(raw).hexdigest()
    return study_from_dict(content, folder=file.parent, file=file, digest=digest, allow_outside=allow_outside)


def study_from_dict(
    content: Mapping[str, Any],
    *,
    folder: Path,
    file: Path | None = None,
    digest: str = "",
    allow_outside: bool = False,
) -> Study:
    """Return the study of a parsed study file, `study.toml` in `folder` by default; see :func:`read_study`."""
    file = folder / TABLE if file is None else file
    table = file.name
    faults = content_faults(content, table)
    own = [name for name in OWN if name in content]
    faults += [Fault(table=table, row=name, problem="unknown key", remedy="remove it") for name in own]
    if faults:
        raise StudyError(faults)
    content, remarks, faults = one_spelling(content, table)
    content, set_by_preset, against = with_preset(content, table)
    faults += against
    remarks += set_by_preset
    given = {"folder": folder, "file": file, "digest": digest, "remarks": tuple(remarks)}
    try:
        study = _validated(content, given, written=content, outside=allow_outside)
    except pydantic.ValidationError as error:
        raise StudyError(
            [*faults, *faults_of(error, table, Study)], _readable(content, given, allow_outside)
        ) from error
    faults += _read_faults(study, allow_outside=allow_outside)
    if faults:
        raise StudyError(faults, _if_inside(study, allow_outside))
    return study


def _validated(
    content: Mapping[str, Any], own: Mapping[str, Any], *, written: Mapping[str, Any] | None, outside: bool
) -> Study:
    study = Study.model_validate({**content, **own})
    study._content, study._outside = freeze(written), outside  # noqa: SLF001 -- our own value, before anybody has seen it
    return study


def _read_faults(study: Study, *, allow_outside: bool) -> list[Fault]:
    """Return what is wrong with the files that a study reads."""
    table, folder = study.file.name, study.folder
    faults = file_faults(study.inputs, table)
    faults += path_faults(table, folder, study.paths(), allow_outside=allow_outside)
    if not allow_outside:
        faults += folder_faults(table, folder, {"travel.cache": study.travel.cache})
    return faults


def _readable(content: Mapping[str, Any], given: Mapping[str, Any], allow_outside: bool) -> Study | None:
    """Return the study with every section that is at fault left at its defaults; None where tables need it."""
    sections: dict[str, Any] = {}
    for name, field in Study.model_fields.items():
        if name in OWN:
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
    return _if_inside(Study.model_construct(**given, **sections), allow_outside)


def _if_inside(study: Study, allow_outside: bool) -> Study | None:
    """Return a study all of whose inputs may be read: what may not is not read for the sake of more faults either."""
    return study if allow_outside or not any_outside(study.folder, study.paths()) else None
