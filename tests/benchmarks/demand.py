"""The demand estimate of a million demand points in 300 districts: ``python -m tests.benchmarks.demand``.

Prints a Markdown table. Peak memory is that of the whole process, imports and inputs included.
"""

from __future__ import annotations

import resource
import time

import geopandas as gpd
import numpy as np
import pandas as pd

from placement.demand import estimate_awareness, estimate_demand, spread_footfall

POINTS, DISTRICTS, COUNTERS = 1_000_000, 300, 500
SIDE_M = 40_000.0
CRS = "EPSG:32650"


def town(rng: np.random.Generator) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame, pd.DataFrame]:
    """Return population, counters and survey."""
    x, y = rng.uniform(0, SIDE_M, (2, POINTS))
    people = rng.gamma(2.0, 6.0, POINTS).round()
    district = np.char.add("district-", rng.integers(0, DISTRICTS, POINTS).astype(str))
    population = gpd.GeoDataFrame(
        {"district": district, "people": people, "elderly": (0.2 * people).round()},
        index=[f"D{i}" for i in range(POINTS)],
        geometry=gpd.points_from_xy(x, y),
        crs=CRS,
    )
    counters = gpd.GeoDataFrame(
        {"people_per_day": rng.gamma(2.0, 4000.0, COUNTERS), "night_share": rng.uniform(0, 0.3, COUNTERS)},
        index=[f"C{i}" for i in range(COUNTERS)],
        geometry=gpd.points_from_xy(*rng.uniform(0, SIDE_M, (2, COUNTERS))),
        crs=CRS,
    )
    groups = pd.MultiIndex.from_product([[f"district-{i}" for i in range(DISTRICTS)], ["general", "elderly"]])
    asked = rng.integers(0, 60, len(groups))
    aware = rng.binomial(asked, rng.beta(22, 16, len(groups)))
    survey = pd.DataFrame({"asked": asked, "aware": aware, "used": rng.binomial(aware, 0.5)})
    survey.insert(0, "district", groups.get_level_values(0))
    survey.insert(1, "age_group", groups.get_level_values(1))
    return population, counters, survey


def main() -> None:
    """Time each stage once and print the table."""
    population, counters, survey = town(np.random.default_rng(0))
    rows = []
    begin = time.perf_counter()

    def lap(stage: str) -> None:
        nonlocal begin
        now = time.perf_counter()
        rows.append((stage, now - begin, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20))
        begin = time.perf_counter()

    lap("inputs in memory")
    awareness = estimate_awareness(survey)
    lap(f"awareness of {DISTRICTS} districts x 2 age groups, with uptake")
    footfall = spread_footfall(counters, population, bandwidth_m=300)
    lap(f"footfall of {COUNTERS} counters, straight line")
    demand = estimate_demand(
        population,
        trips_per_month={"general": 0.3, "elderly": 0.45},
        periods={"day": (480, 1200), "night": (1200, 480)},
        period_share={"day": 0.85, "night": 0.15},
        awareness=awareness,
        footfall=footfall,
        footfall_capture=0.002,
    )
    lap(f"need and expected use of {POINTS:,} points x {len(demand.segments)} segments")
    total = sum(seconds for _, seconds, _ in rows[1:])
    next(demand.draws(1))
    lap("one joint draw")
    print("| stage | seconds | peak memory, GB |\n|---|---|---|")
    for stage, seconds, memory in rows:
        print(f"| {stage} | {seconds:.2f} | {memory:.2f} |")
    print(f"| **the estimate in all** | **{total:.2f}** | |")


if __name__ == "__main__":
    main()
