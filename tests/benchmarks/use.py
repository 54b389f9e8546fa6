"""How well visits are predicted: ``python -m tests.benchmarks.use [libraries hankou towns]``.

Each part prints a Markdown table. ``libraries`` needs the folder of a city's libraries (``--libraries FOLDER``:
population.geojson with `people`, stations.csv and usage.csv; the branches and visitors of Chicago, from its data
portal, are not shipped); ``hankou`` tries the shipped study against the truth it was drawn from, at unbuilt sites and
for plans; ``towns`` draws ``--count`` towns of four kinds (`tests.demand.use_towns`) of 15, 40 and 90 stations and
compares seven rivals at 60 unbuilt sites each.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy import sparse

from placement.demand import fit_usage, points_from_polygons
from placement.demand.use.baselines import best_count, spearman
from placement.demand.use.posterior import families, fit_posterior
from placement.demand.use.priors import PRIORS
from placement.demand.use.process import Family, between
from placement.pipeline.prepare import prepare_inputs
from placement.pipeline.visits import study_use
from placement.study import read_study
from placement.travel import TravelTimes, walking_times
from tests.demand.use_towns import WORLDS, town

ROOT = Path(__file__).parents[2]
CENTRAL = "Harold Washington Library Center"
"""The library that no catchment explains; left out of the record in the second run, it still stands."""
CELL_M, SLIVER_M2, SPEED_M_S, DETOUR, REACH_S = 300.0, 20_000.0, 1.2, 1.3, 1800.0
DRAWS, PLANS = 400, 31


def libraries(folder: Path) -> None:
    """Leave branches and areas out, with the central library and without."""
    if not (folder / "usage.csv").is_file():
        print(f"libraries: skipped, there is no {folder / 'usage.csv'}")
        return
    tracts = gpd.read_file(folder / "population.geojson").to_crs("EPSG:26916").set_index("demand_id")
    tracts.geometry = shapely.make_valid(tracts.geometry.to_numpy(), method="structure", keep_collapsed=False)
    points = points_from_polygons(tracts[tracts.area > SLIVER_M2].assign(district="all"), CELL_M, ["people"])
    table = pd.read_csv(folder / "stations.csv").set_index("site_id")
    places = gpd.points_from_xy(table["lon"], table["lat"])
    sites = gpd.GeoDataFrame({"host": "library"}, index=table.index, geometry=places, crs="EPSG:4326").to_crs(26916)
    seconds = between(shapely.get_coordinates(points.geometry), shapely.get_coordinates(sites.geometry))
    seconds *= DETOUR / SPEED_M_S
    row, column = np.nonzero(seconds <= REACH_S)
    matrix = sparse.csr_array(
        (np.rint(seconds[row, column] * 1000).astype(np.int32), (row, column)), shape=seconds.shape
    )
    times = TravelTimes(
        point_ids=points.index, site_ids=sites.index, matrix=matrix, unit="ms", cutoff_s=REACH_S, mode="straight"
    )
    usage = pd.read_csv(folder / "usage.csv")
    print("| branches | | RMSE of log | median % | rank | held | one level | nearest | B |\n" + "|---" * 9 + "|")
    for counted in (usage, usage[usage["site_id"] != CENTRAL]):
        found = fit_usage(counted, times, points["people"].astype(float), sites)
        for without in ("station", "block"):
            model = found.scores.loc[("model", without)]
            others = [found.scores.loc[(method, without), "rmse_log"] for method in ("constant", "nearest")]
            print(
                f"| {found.evidence.stations} | {without} | {model['rmse_log']:.3f} | {model['median_error']:.0%} | "
                f"{model['rank_correlation']:.2f} | {model['held']:.0%} | {others[0]:.3f} | {others[1]:.3f} | "
                f"{found.evidence.log_bayes_factor:.1f} |"
            )


class Truth:
    """The model that the visits of the shipped study were drawn from."""

    def __init__(self, prepared: Any) -> None:
        sys.path.insert(0, str(ROOT / "data" / "hankou"))
        import simulated  # type: ignore[import-not-found]

        record = json.loads((ROOT / "data" / "hankou" / "truth.json").read_text(encoding="utf-8"))
        sites, people = prepared.sites.table, prepared.population
        times = walking_times(
            prepared.streets, people, sites, cutoff_s=simulated.REACH_M / SPEED_M_S, speed_m_s=SPEED_M_S
        )
        metres = times.seconds.tocsr() * SPEED_M_S
        metres.data = np.exp(-metres.data / simulated.DECAY_M)
        self.pull = metres.toarray() * sites["host"].map(simulated.ATTRACTION).to_numpy()
        aware = pd.DataFrame(record["awareness"]).T
        self.need = np.zeros(len(people))
        for group, count in (("general", people["people"] - people["elderly"]), ("elderly", people["elderly"])):
            rate = simulated.TRIPS_PER_MONTH[group] * (1 - simulated.ONLINE_SHARE[group]) * simulated.UPTAKE[group]
            self.need += (count * rate * people["district"].map(aware[group])).to_numpy()
        counters = prepared.tables.footfall
        apart = between(shapely.get_coordinates(sites.geometry), shapely.get_coordinates(counters.geometry))
        passing = np.exp(-0.5 * (apart / simulated.FOOTFALL_BANDWIDTH_M) ** 2) @ counters["people_per_day"].to_numpy()
        self.door = simulated.FOOTFALL_CAPTURE * simulated.NON_RESIDENT_SHARE * 365 / 12 * passing
        self.outside = simulated.OUTSIDE

    def alone(self, standing: Any) -> Any:
        """Return (sites,) visits a month of stations that stand, and of each other site added alone."""
        base = self.outside + self.pull[:, standing].sum(axis=1, keepdims=True)
        return self.need @ (self.pull / (base + np.where(standing, 0.0, self.pull))) + self.door

    def total(self, standing: Any) -> float:
        """Return the visits a month of all that stand."""
        return float(self.alone(standing)[standing].sum())


def drawn_plans(standing: Any, rng: np.random.Generator) -> list[Any]:
    """Return plans that close, open and move among today's stations and 60 of the candidates."""
    today, others = np.flatnonzero(standing), np.flatnonzero(~standing)
    some, plans = np.sort(rng.choice(others, 60, replace=False)), []
    for _ in range(PLANS):
        closed, opened = [(0, 3), (3, 0), (3, 3), (7, 7), (12, 19), (0, 7)][rng.integers(6)]
        plan = standing.copy()
        plan[rng.choice(today, closed, replace=False)] = False
        plan[rng.choice(some, opened, replace=False)] = True
        plans.append(plan)
    return plans


def changes(found: Any, standing: Any, plans: list[Any], draws: int = DRAWS) -> tuple[Any, Any, Any]:
    """Return expected relative changes of all visits, and the ends of their paired 90 % intervals."""
    capture, somewhere = found.capture, np.any(plans, axis=0) | standing
    expected = [capture.total(plan) / capture.total(standing) - 1 for plan in plans]
    drawn = [
        [each.total(plan) / each.total(standing) - 1 for plan in plans]
        for each in found.draws(draws, 0, among=somewhere)
    ]
    return np.array(expected), *np.quantile(drawn, [0.05, 0.95], axis=0)


def hankou() -> None:
    """Try the shipped study at its 300 unbuilt sites, and for 31 plans."""
    prepared = prepare_inputs(read_study(ROOT / "data" / "hankou"))
    study_use(prepared)
    begun = time.process_time()
    found = study_use(prepared)
    spent = time.process_time() - begun
    assert found is not None and found.usage is not None  # noqa: PT018 -- the study has transactions
    truth, standing = Truth(prepared), prepared.sites.standing
    true = np.log(truth.alone(standing))[~standing]
    table = found.usage.sites[~standing]
    low, high = np.log(table["low"].to_numpy()), np.log(table["high"].to_numpy())
    print(f"fit and capture: {spent:.2f} s of processor time\n")
    print("| unbuilt sites | RMSE of log | bias | rank | 90 % holds | high/low |\n|---|---|---|---|---|---|")
    known = (table["basis"] == "stations of its kind").to_numpy()
    for name, there in (("of known host kinds", known), ("all", np.ones(len(known), dtype=bool))):
        error = (0.5 * (low + high) - true)[there]
        held = ((low <= true) & (true <= high))[there].mean()
        print(
            f"| {there.sum()} {name} | {np.sqrt((error**2).mean()):.3f} | {error.mean():+.3f} | "
            f"{spearman(0.5 * (low + high)[there], true[there]):.3f} | {held:.0%} | "
            f"{np.exp(np.median((high - low)[there])):.2f} |"
        )
    plans = drawn_plans(standing, np.random.default_rng(1))
    right = np.array([truth.total(plan) / truth.total(standing) - 1 for plan in plans])
    expected, low, high = changes(found, standing, plans)
    print("\n| plans | RMSE of the change | sd of the truth | 90 % holds | mean width |\n|---|---|---|---|---|")
    print(
        f"| {PLANS} | {np.sqrt(((expected - right) ** 2).mean()):.4f} | {right.std():.3f} | "
        f"{((low <= right) & (right <= high)).mean():.0%} | {(high - low).mean():.4f} |"
    )


def rivals(drawn: Any, usage: Any) -> dict[str, Any]:
    """Return what each rival predicts, logarithms, at the unbuilt sites of a town."""
    posterior, standing = usage._fitted.posterior, drawn.standing
    nodes, places, record = posterior.nodes, posterior.places, posterior.record
    target, need = np.flatnonzero(~standing), drawn.need.to_numpy()
    xy = shapely.get_coordinates(drawn.sites.geometry)
    near = np.exp(-between(xy, xy) * DETOUR / 72.0 / 6.0) - np.eye(len(xy))
    around = [np.log(need @ (drawn.minutes <= minutes) + 0.5 * need.mean()) for minutes in (5, 10, 15, 20)]
    columns = np.column_stack([*around, np.log(0.05 + near[:, standing].sum(axis=1))])
    columns = (columns - columns[standing].mean(axis=0)) / columns[standing].std(axis=0) * 0.25 / PRIORS.covariate_sd
    grid = families(places, np.flatnonzero(standing), PRIORS)
    flat, counted = [Family(exponent=0.0)], replace(places, covariates=columns)
    tried = {
        "one level": (replace(places, xy=None), flat),
        "catchment": (places, [Family(exponent=1.0)]),
        "catchment^g": (places, [each for each in grid if each.share == 0]),
        "regression": (counted, flat),
        "regression, neighbours": (counted, [each for each in grid if each.exponent == 0]),
        "neighbours": (places, [each for each in grid if each.exponent == 0]),
    }
    found = {
        name: fit_posterior(nodes, at, record, families_, PRIORS).predict(target).mean
        for name, (at, families_) in tried.items()
    }
    _, count = best_count(xy[record.sites], record.log_visits)
    order = np.argsort(between(xy[target], xy[record.sites]), axis=1, kind="stable")[:, :count]
    found["nearest"] = record.log_visits[order].mean(axis=1)
    return found | {"model": posterior.predict(target).mean}


def one_town(seed: int, world: str, stations: int) -> dict[str, Any]:
    """Return the figures of one town."""
    drawn = town(seed, world, stations)
    usage = fit_usage(drawn.transactions, drawn.times, drawn.need, drawn.sites)
    standing = drawn.standing
    true = np.log(drawn.visits(standing))[~standing]
    errors = {name: np.sqrt(((mean - true) ** 2).mean()) for name, mean in rivals(drawn, usage).items()}
    table = usage.sites[~standing]
    row = {
        "world": world, "stations": stations, "refused": usage.capture is None,
        "B": usage.evidence.log_bayes_factor,
        "regret": errors["model"] / min(errors.values()) - 1,
        "against one level": errors["model"] / errors["one level"] - 1,
        "held": ((np.log(table["low"]) <= true) & (true <= np.log(table["high"]))).mean(),
    }  # fmt: skip
    if usage.capture is not None:
        plans = drawn.plans(np.random.default_rng(seed))
        right, (expected, low, high) = drawn.changes(plans), changes(usage, standing, plans, 100)
        row |= {"change, RMSE": np.sqrt(((expected - right) ** 2).mean()), "change, sd of truth": right.std()}
        row |= {"change, held": ((low <= right) & (right <= high)).mean(), "change, width": (high - low).mean()}
    return row | errors


def towns(count: int, first: int) -> None:
    """Draw towns and print means by world and by size."""
    seeds = range(first, first + -(-count // (3 * len(WORLDS))))
    rows = pd.DataFrame([one_town(seed, world, size) for seed in seeds for world in WORLDS for size in (15, 40, 90)])
    for by in ("world", "stations"):
        means = rows.drop(columns=["stations" if by == "world" else "world"]).groupby(by).mean().T
        print(means.round(3).to_string(), "\n")
    regret = rows["regret"]
    print(f"{len(rows)} towns: mean regret against the best of 8 {regret.mean():.2%}, worst {regret.max():.0%}")
    noise = rows[rows["world"] == "noise"]
    print(f"noise: {noise['against one level'].mean():+.1%} against one level, refused {noise['refused'].mean():.0%}")


def main() -> None:
    """Run the parts that are asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", default=["libraries", "hankou", "towns"])
    parser.add_argument("--libraries", type=Path, default=Path("libraries"), help="folder of the libraries' tables")
    parser.add_argument("--count", type=int, default=300, help="towns")
    parser.add_argument("--first", type=int, default=0, help="seed of the first towns")
    options = parser.parse_args()
    if "libraries" in options.parts:
        libraries(options.libraries)
    if "hankou" in options.parts:
        hankou()
    if "towns" in options.parts:
        towns(options.count, options.first)


if __name__ == "__main__":
    main()
