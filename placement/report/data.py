"""What a report needs, gathered once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import geopandas as gpd
import pandas as pd

from placement.demand import (
    Awareness,
    FilledCounters,
    VirtualReliance,
    awareness_rows,
    level_draws,
    post_stratify,
    residents_by_group,
)
from placement.errors import AlignmentError, Fault
from placement.pipeline.assumptions import Assumption
from placement.report.text import check_language, texts
from placement.study import Override
from placement.values import Demand, Frontier, Plan, Sites, Step
from placement.values.immutable import immutable
from placement.values.shown import Shown, headline_of, of_data


@immutable
@dataclass(frozen=True, kw_only=True, eq=False)
class SurveyTables:
    """Who knows the service, in two tables.

    Parameters
    ----------
    rows
        :func:`placement.demand.awareness_rows`.
    districts
        :func:`placement.demand.post_stratify`: by district, the city last.
    covariates
        The covariates that small samples shrink to; empty where they shrink to the city.
    uptake
        Uptake by age group that the study gives in place of the survey's.
    """

    rows: pd.DataFrame
    districts: pd.DataFrame
    covariates: tuple[str, ...] = ()
    uptake: Mapping[str, float] = field(default_factory=dict)

    @classmethod
    def of(cls, awareness: Awareness, demand: Demand, *, uptake: Mapping[str, float] | None = None) -> SurveyTables:
        """Return both tables for the residents of a demand; `uptake` is what the study gives, if it does."""
        people = residents_by_group(awareness, demand)
        prefix = "slope_"
        slopes = [str(name) for name in awareness.parameters.columns if str(name).startswith(prefix)]
        drawn = level_draws(awareness)
        return cls(
            rows=awareness_rows(awareness, drawn=drawn),
            districts=post_stratify(awareness, people, drawn=drawn),
            covariates=tuple(name.removeprefix(prefix) for name in slopes),
            uptake=dict(uptake or {}),
        )

    @property
    def tells_use(self) -> bool:
        """Whether the survey asked who uses the service, and the demand goes by its answer."""
        return "used" in self.districts.columns and not self.uptake

    @staticmethod
    def simulated(inputs: Iterable[str]) -> tuple[str, ...]:
        """Return which of the inputs that awareness rests on are among the simulated `inputs`."""
        given = set(inputs)
        return tuple(name for name in ("survey", "covariates", "population") if name in given)

    def city(self) -> dict[str, float]:
        """Return the city's shares: `mean`, `low`, `high`, `never_heard`, and `used` where :attr:`tells_use`."""
        total = self.districts.iloc[-1]
        shares = {name: round(float(total[name]), 6) for name in ("mean", "low", "high")}
        shares["never_heard"] = round(1 - shares["mean"], 6)
        return shares | ({"used": round(float(total["used"]), 6)} if self.tells_use else {})


@immutable
@dataclass(frozen=True, kw_only=True, eq=False)
class ReportData:
    """Everything that the files of a result folder show.

    Parameters
    ----------
    plan, demand, sites
        The plan and what it was made from; one projected CRS.
    study_path
        Path of the study file, relative to the result folder.
    inputs
        SHA-256 in hexadecimal digits by input name.
    versions
        Version by program or library name.
    seed
        Seed of the run.
    language
        ``en`` or ``zh``.
    threshold_s, threshold_m, steps
        The service standard, seconds of travel or metres, or several steps; exactly one is given.
    threshold_s_by_district
        Seconds of travel in districts that have their own standard.
    travel_mode
        How travel was counted: ``TravelTimes.mode``.
    reach
        Frame indexed by ``demand_id`` with `before` and `after`: the share 0..1 of each demand point's weight that is
        within reach of today's stations and of the plan's. Without it the map does not tell who gains and who loses.
    streets
        Lines of the streets, drawn under the map; any CRS.
    districts
        Outlines drawn on the map, named by a column `name` or `district` where there is one; any CRS.
    simulated
        Names of the inputs that are simulated; shown wherever results are shown.
    awareness
        What the survey says; None without one.
    filled
        The counters with virtual ones between them; None where foot traffic was not interpolated.
    reliance
        How much of the demand rests on the virtual counters.
    notices
        Notices that the licences of the inputs ask for.
    notes
        What was left out of the inputs, replaced, extrapolated or interpolated, in sentences.
    assumptions
        Defaults that the plan rests on and nobody has measured.
    overrides
        Settings that the run did not take from the study file.
    frontier
        What coverage costs in visits; None where it was not asked for.

    Raises
    ------
    AlignmentError
        If the plan names a site that `sites` does not hold, or `reach` and `demand` differ in ids.
    InputError
        If the language is unknown.
    """

    plan: Plan
    demand: Demand
    sites: Sites
    study_path: str
    inputs: Mapping[str, str]
    versions: Mapping[str, str]
    seed: int
    language: str = "en"
    threshold_s: float | None = None
    threshold_m: float | None = None
    threshold_s_by_district: Mapping[str, float] | None = None
    steps: tuple[Step, ...] = ()
    travel_mode: str = ""
    reach: pd.DataFrame | None = None
    streets: gpd.GeoDataFrame | None = None
    districts: gpd.GeoDataFrame | None = None
    simulated: tuple[str, ...] = ()
    notices: tuple[str, ...] = ()
    awareness: SurveyTables | None = None
    filled: FilledCounters | None = None
    reliance: VirtualReliance | None = None
    notes: tuple[str, ...] = ()
    assumptions: tuple[Assumption, ...] = ()
    overrides: tuple[Override, ...] = ()
    frontier: Frontier | None = None

    def __post_init__(self) -> None:
        check_language(self.language)
        actions = self.plan.actions
        named = {*actions["site_id"], *actions["from_site_id"].fillna(""), *self.plan.open} - {""}
        unknown = sorted(named - set(self.sites.ids))
        if unknown:
            raise AlignmentError(Fault(table="sites", row=name, problem="is in the plan only") for name in unknown)
        if self.reach is not None:
            if sorted(self.reach.index) != sorted(self.demand.ids):
                raise AlignmentError.single("reach", "its ids are not those of the demand points")
            object.__setattr__(self, "reach", self.reach.loc[self.demand.ids, ["before", "after"]].copy())
        if [self.threshold_s is None, self.threshold_m is None, not self.steps].count(False) != 1:
            raise AlignmentError.single("threshold", "give one of threshold_s, threshold_m and steps")

    @property
    def text(self) -> Mapping[str, str]:
        """What reports say by key, in the language and of the standard of this one."""
        return texts(self.language, steps=bool(self.steps))

    def _shown(self) -> Shown:
        rows = [(name, headline_of(getattr(self, name))) for name in ("plan", "demand", "sites")]
        rows += [("simulated", ", ".join(self.simulated))] if self.simulated else []
        rows += [("note", note) for note in self.notes]
        return f"ReportData: what the files of a result folder show{of_data(self.simulated)}", rows
