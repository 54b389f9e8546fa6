"""The case of a study: its tables, streets, demand, times, cover sets, costs and limits as one value."""

from __future__ import annotations

from dataclasses import dataclass, fields

from placement.case import Case
from placement.coverage import cover
from placement.economics import station_costs
from placement.errors import InputError
from placement.pipeline.policy import study_options, study_policy, study_standard
from placement.pipeline.prepare import Prepared, prepare_inputs
from placement.progress import COVERS, PREPARE, Listener, Progress
from placement.study import FloorsSection, Study, overrides_of
from placement.values import Policy
from placement.values.immutable import immutable
from placement.values.policy import MONEY


@immutable
@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class StudyCase(Case):
    """A case with the study behind it.

    Parameters
    ----------
    prepared
        The study and its stages up to the walking times: tables, awareness, foot traffic, fingerprints of what was
        read.
    """

    prepared: Prepared


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
        policy=study_policy(study, prepared.demand.points["parent"]),
        options=study_options(study),
        name=study.study.name,
        notes=prepared.notes,
        prepared=prepared,
    )


def study_asked(case: StudyCase) -> Study:
    """Return the study with the name, limits and options of its case, where they are not its own."""
    study, options = case.prepared.study, case.options
    own = study_policy(study, case.prepared.demand.points["parent"])
    changed = {
        each.name: getattr(case.policy, each.name)
        for each in fields(Policy)
        if getattr(case.policy, each.name) != getattr(own, each.name)
    }
    budget = {name.removesuffix("_fen"): changed.pop(name) for name in MONEY if name in changed}
    district, ages = changed.pop("district_floors", None), changed.pop("age_floors", None)
    floors = study.policy.floors
    if district is not None or ages is not None:
        by_age = floors.by_age_group if ages is None else ages
        changed["floors"] = FloorsSection(district=floors.district if district is None else district or None, **by_age)
    solve = {name: getattr(options, name) for name in ("backend", "gap", "time_limit_s", "threads")}
    if options.engine != study_options(study).engine:
        solve |= {"engine": options.engine, "expert": True}
    about = {"name": case.name or study.study.name, "seed": options.seed}
    used = study.model_copy(
        update={
            "study": study.study.model_copy(update=about),
            "solve": study.solve.model_copy(update=solve),
            "budget": study.budget.model_copy(update=budget),
            "policy": study.policy.model_copy(update=changed),
        }
    )
    try:
        return study.as_written().with_settings({each.key: each.used for each in overrides_of(used)})
    except InputError:  # an input that went away meanwhile costs no plan
        return used
