"""Coverage programs on the real streets of Hankou, Wuhan (``data/hankou``; its README says what else there is real)."""

from __future__ import annotations

import functools
from pathlib import Path

import numpy as np

from placement.economics import station_costs
from placement.models import maximal_coverage
from placement.pipeline.prepare import Prepared, prepare_inputs
from placement.pipeline.study_case import prepare
from placement.study import read_study
from placement.travel import walking_times
from placement.values import CoverageProgram
from tests.benchmarks.travel_cities import people_along
from tests.there import there, whole_times

STUDY = Path(__file__).parents[2] / "data" / "hankou" / "study.toml"
WALK_S, SPEED_M_S = 900, 1.3


@functools.cache
def hankou() -> Prepared:
    """Return the study up to its walking times."""
    return prepare_inputs(read_study(STUDY))


def residents(stations: int, costs: str = "unit") -> CoverageProgram:
    """Return the residents within 15 minutes' walk of sites, each site free to choose.

    `costs` is ``unit``, for a number of stations, or ``running``: what each site costs a year, and the money that as
    many sites of mean cost take.
    """
    prepared = hankou()
    covers = whole_times(prepared.times).within(WALK_S, SPEED_M_S)
    people = prepared.population["people"].to_numpy(dtype=np.int64)
    if costs == "unit":
        return CoverageProgram.from_covers(covers, people, np.ones(covers.shape[1], dtype=np.int64), stations)
    yearly = station_costs(prepared.sites, prepared.study.costs).running
    return CoverageProgram.from_covers(covers, people, yearly, int(stations * yearly.mean()))


def along_streets(points: int, sites: int, stations: int) -> CoverageProgram:
    """Return points and sites drawn along the real streets, 15 minutes' walk, weights 1 to 100."""
    streets = hankou().streets
    people, places = people_along(there(streets), points, "p", 1), people_along(there(streets), sites, "s", 2)
    times = walking_times(there(streets), people, places, cutoff_s=WALK_S, speed_m_s=SPEED_M_S)
    weights = np.random.default_rng(1).integers(1, 101, points)
    return CoverageProgram.from_covers(
        times.within(WALK_S, SPEED_M_S), weights, np.ones(sites, dtype=np.int64), stations
    )


def study_program() -> CoverageProgram:
    """Return the study's own program: keep, close, open and move, two budgets, two counts and all floors."""
    return maximal_coverage(prepare(read_study(STUDY))).program
