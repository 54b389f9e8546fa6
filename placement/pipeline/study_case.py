"""The case of a study: its tables, streets, demand, times, cover sets, costs and limits as one value."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any

import pandas as pd

from placement.case import Case
from placement.coverage import cover
from placement.economics import station_costs
from placement.errors import InputError
from placement.pipeline.policy import study_options, study_policy, study_standard
from placement.pipeline.prepare import Prepared, prepare_inputs
from placement.pipeline.use_cost import study_use_cost
from placement.pipeline.visits import Use, study_use
from placement.progress import COVERS, PREPARE, VISITS, Listener, Progress
from placement.study import FloorsSection, GuidesSection, Study, overrides_of
from placement.study.phases import section_of
from placement.values import Capture, Policy
from placement.values.arrays import BoolArray, FloatArray
from placement.values.checks import Faults
from placement.values.immutable import immutable
from placement.values.limits import FLOORS, MONEY


@immutable
@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class StudyCase(Case):
    """A case with the study behind it.

    Parameters
    ----------
    prepared
        The study and its stages up to the walking times: tables, awareness, foot traffic, fingerprints of what was
        read.
    use
        What its transactions say of the visits of any set of sites; None without a usage table.
    """

    prepared: Prepared
    use: Use | None = None

    def capture_draws(self, n: int, seed: int, among: BoolArray) -> Iterator[Capture]:
        """Yield `n` draws of what the transactions say; see :meth:`placement.pipeline.visits.Use.draws`."""
        return iter(()) if self.use is None else self.use.draws(n, seed, among)

    def drawn_weights(self, n: int, seed: int) -> Iterator[FloatArray]:
        """Yield `n` draws of the weight; see :meth:`placement.demand.DemandEstimate.drawn_weights`."""
        return self.prepared.demand.drawn_weights(n, seed) if self.demand is self.prepared.demand else iter(())

    @property
    def transactions(self) -> pd.DataFrame | None:
        """The study's usage table, a copy; None without."""
        table = self.prepared.tables.usage
        return None if table is None else table.copy()

    @property
    def expected_alone(self) -> pd.DataFrame | None:
        """What the model of use says of each station without its record, where its evidence lets it speak."""
        usage = None if self.use is None or self.use.capture is None else self.use.usage
        return None if usage is None else usage.leave_one_out

    @property
    def simulated_transactions(self) -> bool:
        """Whether the study declares its usage table simulated."""
        usage = self.prepared.study.inputs.usage
        return usage is not None and usage.simulated

    @property
    def capture_ranks(self) -> bool:
        """Whether the transactions let sites be ranked by predicted visits."""
        return self.use is None or self.use.ranks

    @property
    def capture_basis(self) -> Mapping[str, str]:
        """By site id, what its predicted visits rest on."""
        return {} if self.use is None else self.use.basis


def prepare(study: Study, *, progress: Listener | Progress | None = None) -> StudyCase:
    """Return everything that a plan of a study is made from.

    Parameters
    ----------
    study
        See :func:`placement.study.read_study`.
    progress
        Called with a :class:`~placement.progress.Step` whenever there is something to tell.

    Raises
    ------
    InputError
        Listing every fault found.

    Warns
    -----
    ShiftedWarning
        If a table lies off the streets as GCJ-02 or BD-09 tables do that are called WGS-84.
    """
    progress = Progress.of(progress, PREPARE)
    prepared = prepare_inputs(study, progress=progress)
    policy = study_policy(study, prepared.demand.points["parent"], prepared.tables)
    progress.stage(VISITS)
    use = study_use(prepared)
    _check_use(study, policy, use)
    progress.stage(COVERS)
    standard = study_standard(study)
    return StudyCase(
        demand=prepared.demand,
        sites=prepared.sites,
        coverage=cover(prepared.demand, prepared.sites, prepared.times, standard),
        costs=station_costs(prepared.sites, study.costs),
        streets=prepared.streets,
        times=prepared.times,
        standard=standard,
        policy=policy,
        options=study_options(study),
        capture=None if use is None else use.capture,
        use_cost=study_use_cost(study, prepared.tables),
        name=study.study.name,
        notes=(*prepared.notes, *(() if use is None else use.notes)),
        prepared=prepared,
        use=use,
    )


def _check_use(study: Study, policy: Policy, use: Use | None) -> None:
    """Raise where the limits of a study go by visits that cannot be predicted."""
    if use is not None and use.capture is None:
        faults = Faults(study.file.name)
        for name in policy.on_visits:
            faults.add(f"needs predicted visits, and {use.note}", row=f"policy.{name}", remedy="remove it")
        faults.raise_any()


def study_asked(case: StudyCase) -> Study:
    """Return the study with the name, limits and options of its case, where they are not its own."""
    study, options = case.prepared.study, case.options
    own = study_policy(study, case.prepared.demand.points["parent"], case.prepared.tables)
    changed = {
        each.name: getattr(case.policy, each.name)
        for each in fields(Policy)
        if getattr(case.policy, each.name) != getattr(own, each.name)
    }
    changed |= {"outage_from_usage": False} if "outage_probability" in changed else {}
    money = (*MONEY, "horizon_years", "discount_rate")
    budget = {name.removesuffix("_fen"): changed.pop(name) for name in money if name in changed}
    outreach = _outreach_asked(changed)
    phases = changed.pop("phases", None)
    changed |= _floors_asked(study.policy.floors, changed)
    solve = {name: getattr(options, name) for name in ("backend", "gap", "time_limit_s", "threads")}
    if options.engine != study_options(study).engine:
        solve |= {"engine": options.engine, "expert": True}
    about = {"name": case.name or study.study.name, "seed": options.seed}
    used = study.model_copy(
        update={
            **({"guides": outreach["guides"]} if "guides" in outreach else {}),
            **({"inputs": study.inputs.model_copy(update={"publicity": None})} if "publicity" in outreach else {}),
            "study": study.study.model_copy(update=about),
            "solve": study.solve.model_copy(update=solve),
            "budget": study.budget.model_copy(update=budget),
            "policy": study.policy.model_copy(update=changed),
            "phase": study.phase if phases is None else tuple(map(section_of, phases)),
        }
    )
    try:
        return study.as_written().with_settings({each.key: each.used for each in overrides_of(used)})
    except InputError:  # an input that went away meanwhile costs no plan
        return used


def _floors_asked(floors: FloorsSection, changed: dict[str, Any]) -> dict[str, Any]:
    """Take floors out of changed limits; return the section that has them, or nothing."""
    district, ages, periods = (changed.pop(name, None) for name in FLOORS)
    if district is None and ages is None and periods is None:
        return {}
    section = FloorsSection(
        district=floors.district if district is None else district or None,
        period=floors.period if periods is None else periods,
        **(floors.by_age_group if ages is None else ages),
    )
    return {"floors": section}


def _outreach_asked(changed: dict[str, Any]) -> dict[str, Any]:
    """Take publicity and guides out of changed limits; return what of a study changes: its section, or no table.

    Raises
    ------
    InputError
        If a plan has levels of publicity that no table of the study holds.
    """
    found: dict[str, Any] = {}
    if "guide_uptake" in changed:
        guides = changed.pop("guide_uptake")
        found["guides"] = None if guides is None else GuidesSection(age_group=guides.age_group, uptake=guides.uptake)
    if "publicity_levels" in changed:
        if changed.pop("publicity_levels") is not None:
            remedy = "give them as inputs.publicity"
            raise InputError.single(
                "policy", "levels are not those of the study", row="publicity_levels", remedy=remedy
            )
        found["publicity"] = None
    return found
