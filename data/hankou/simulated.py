"""The simulated half of the Hankou study: every number here is drawn from a stated model with a fixed seed.

Crowds and wealth are sums of Gaussian hills around busy quarters. Today's stations follow crowds times wealth, as in
the background this library grew from, not need. Awareness varies by survey area and age. Usage follows a Huff model:

    visits(j) = Σ_i V_i · A_j exp(-d_ij / λ) / (U + Σ_k A_k exp(-d_ik / λ))  +  passers-by(j)
    V_i       = Σ_g people_ig · trips_g · (1 - online_g) · awareness_{area(i), g} · uptake_g
    passers-by(j) = capture · non-residents · 365/12 · Σ_c people_per_day_c · exp(-½ (e_jc / bandwidth)²)

with d the walking distance along streets in metres (pairs beyond 3 km left out), e the straight line, A the
attraction of the host. A month's transactions are negative binomial around visits × season × share of time in order.
Sources: Huff (1963), A probabilistic analysis of shopping center trade areas, Land Economics 39, 81-90.
"""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from real import CRS, POPULATION_2020, Floats, Streets
from scipy import optimize, sparse
from scipy.sparse import csgraph

# Longitude, latitude (WGS-84, placed by hand), radius in metres, crowd, wealth.
QUARTERS = {
    "汉口站": (114.2500, 30.6150, 700, 1.0, 0.5),
    "武广": (114.2690, 30.5830, 800, 1.0, 1.0),
    "江汉路": (114.2880, 30.5830, 700, 1.0, 0.8),
    "王家墩": (114.2440, 30.5960, 900, 0.6, 1.0),
    "古田": (114.2080, 30.5850, 800, 0.4, 0.3),
    "后湖": (114.2820, 30.6370, 1000, 0.5, 0.5),
    "二七": (114.3080, 30.6250, 800, 0.4, 0.6),
}
RAIL_STATION = (114.2497, 30.6163)
N_COUNTERS, N_STATIONS, N_TWINS, N_CANDIDATES, N_ASKED = 60, 45, 7, 300, 1200
CANDIDATE_SPACING_M = 180.0

HOURS = {
    "bank": (("09:00", "17:00", 0.6), ("00:00", "24:00", 0.4)),
    "community": (("08:30", "17:30", 0.8), ("08:00", "21:00", 0.2)),
    "rail_station": (("00:00", "24:00", 1.0),),
    "supermarket": (("08:00", "22:00", 1.0),),
    "school": (("08:00", "18:00", 1.0),),
    "pharmacy": (("08:00", "22:00", 0.7), ("00:00", "24:00", 0.3)),
}
HOST_NAMES = {
    "bank": "银行网点",
    "community": "社区服务中心",
    "rail_station": "火车站厅",
    "supermarket": "超市",
    "school": "学校",
    "pharmacy": "药店",
}
STATION_HOSTS = {"bank": 0.5, "supermarket": 0.2, "community": 0.18, "pharmacy": 0.06, "school": 0.06}
CANDIDATE_HOSTS = {"community": 0.4, "pharmacy": 0.2, "bank": 0.16, "supermarket": 0.16, "school": 0.08}

ELDERLY_ASKED = 0.16
AWARE_CITY, AWARE_AREA_SD, AWARE_WEALTH, AWARE_ELDERLY = 0.58, 0.55, 0.45, -0.75
UPTAKE = {"general": 0.60, "elderly": 0.50}
TRIPS_PER_MONTH = {"general": 0.30, "elderly": 0.45}
ONLINE_SHARE = {"general": 0.50, "elderly": 0.20}
FOOTFALL_CAPTURE, NON_RESIDENT_SHARE, FOOTFALL_BANDWIDTH_M = 0.002, 0.30, 300.0
ATTRACTION = {
    "bank": 0.5,
    "community": 1.0,
    "rail_station": 2.5,
    "supermarket": 1.8,
    "school": 0.15,
    "pharmacy": 0.6,
}
DECAY_M, OUTSIDE, DISPERSION, REACH_M = 400.0, 1.2, 15.0, 3000.0
MONTHS = pd.period_range("2024-01", periods=18, freq="M").astype(str)
SEASON = (1.1, 0.6, 1.2, 1.0, 1.0, 1.1, 0.9, 0.9, 1.1, 0.9, 1.0, 1.2)
HOURS_A_MONTH, CAPACITY_A_MACHINE, PAGES_A_VISIT = 720.0, 1500.0, 1.8


@dataclass(frozen=True)
class Surfaces:
    """Crowd and wealth at positions, both 0 or more."""

    crowd: Floats
    wealth: Floats


def surfaces(xy: Floats) -> Surfaces:
    """Return crowd and wealth at (n, 2) positions in the study's CRS."""
    rows = np.array(list(QUARTERS.values()))
    centre = gpd.GeoSeries.from_xy(rows[:, 0], rows[:, 1], crs="EPSG:4326").to_crs(CRS).get_coordinates().to_numpy()
    hill = np.exp(-0.5 * (distance(xy, centre) / rows[:, 2]) ** 2)
    return Surfaces(crowd=hill @ rows[:, 3], wealth=hill @ rows[:, 4])


def distance(xy: Floats, other: Floats) -> Floats:
    """Return the (n, m) straight-line distances between two sets of positions."""
    return np.linalg.norm(xy[:, None] - other, axis=2)


def draw_positions(
    points: gpd.GeoDataFrame, streets: Streets, rows: NDArray[np.int64], rng: np.random.Generator
) -> gpd.GeoDataFrame:
    """Return positions beside the street, somewhere on the stretch of street that each row of `points` stands for."""
    chosen = points.iloc[rows].reset_index(drop=True)
    along = chosen["along_m"] + rng.uniform(-0.5, 0.5, len(chosen)) * chosen["street_m"]
    on_street = shapely.line_interpolate_point(streets.edges.geometry.to_numpy()[chosen["edge"].to_numpy()], along)
    xy = shapely.get_coordinates(on_street) + rng.uniform(-15, 15, (len(chosen), 2))
    return chosen.assign(along_m=along).set_geometry(gpd.GeoSeries.from_xy(*xy.T, crs=CRS))


def footfall(points: gpd.GeoDataFrame, streets: Streets, rng: np.random.Generator) -> gpd.GeoDataFrame:
    """Return the foot-traffic counters, denser where crowds are."""
    crowd = surfaces(points.get_coordinates().to_numpy()).crowd
    weight = points["street_m"].to_numpy() * (0.08 + crowd)
    rows = rng.choice(len(points), N_COUNTERS, replace=False, p=weight / weight.sum())
    table = draw_positions(points, streets, np.sort(rows), rng)
    here = surfaces(table.get_coordinates().to_numpy()).crowd
    people = (900 + 12_000 * here) * np.exp(rng.normal(0, 0.35, len(table)))
    table["people_per_day"] = np.rint(people / 10).astype(int) * 10
    table["night_share"] = np.clip(rng.normal(0.14 + 0.08 * here, 0.04), 0.03, 0.4).round(3)
    return with_ids(table, "F", "counter_id")


def with_ids(table: gpd.GeoDataFrame, letter: str, column: str) -> gpd.GeoDataFrame:
    """Return the table indexed by ids such as ``S001``, numbered in row order."""
    ids = [f"{letter}{number:03d}" for number in range(1, len(table) + 1)]
    return table.set_index(pd.Index(ids, name=column))


def stations(points: gpd.GeoDataFrame, streets: Streets, rng: np.random.Generator) -> gpd.GeoDataFrame:
    """Return today's stations: by crowds times wealth, seven next door to another, one at the rail station."""
    xy = points.get_coordinates().to_numpy()
    here = surfaces(xy)
    weight = points["street_m"].to_numpy() * (0.012 + here.crowd * here.wealth)
    rows = rng.choice(len(points), N_STATIONS - N_TWINS - 1, replace=False, p=weight / weight.sum())
    twins = [next_door(xy, row, rng) for row in rng.choice(rows, N_TWINS, replace=False)]
    rail = gpd.GeoSeries.from_xy([RAIL_STATION[0]], [RAIL_STATION[1]], crs="EPSG:4326").to_crs(CRS)
    at_rail = distance(rail.get_coordinates().to_numpy(), xy).argmin()
    table = draw_positions(points, streets, np.sort(np.array([*rows, *twins, at_rail])), rng)
    table["host"] = draw_hosts(STATION_HOSTS, len(table), rng)
    table.loc[distance(rail.get_coordinates().to_numpy(), table.get_coordinates().to_numpy()).argmin(), "host"] = (
        "rail_station"
    )
    table["machines"] = 1 + (rng.random(len(table)) < 0.2)
    return describe_sites(with_ids(table, "S", "site_id"), "existing", rng)


def next_door(xy: Floats, row: int, rng: np.random.Generator) -> int:
    """Return a point within about 150 m of another."""
    near = np.argsort(distance(xy[[row]], xy)[0], kind="stable")[1:4]
    return int(rng.choice(near))


def candidates(points: gpd.GeoDataFrame, streets: Streets, rng: np.random.Generator) -> gpd.GeoDataFrame:
    """Return candidate sites: by street length over the whole area, no two closer than 180 m at the points drawn."""
    xy = points.get_coordinates().to_numpy()
    weight = points["street_m"].to_numpy()
    kept: list[int] = []
    for row in rng.choice(len(points), len(points), replace=False, p=weight / weight.sum()):
        if not kept or distance(xy[[row]], xy[kept]).min() >= CANDIDATE_SPACING_M:
            kept.append(int(row))
        if len(kept) == N_CANDIDATES:
            break
    table = draw_positions(points, streets, np.sort(np.array(kept)), rng)
    table["host"] = draw_hosts(CANDIDATE_HOSTS, len(table), rng)
    table["machines"] = 1
    return describe_sites(with_ids(table, "C", "site_id"), "candidate", rng)


def draw_hosts(shares: dict[str, float], count: int, rng: np.random.Generator) -> NDArray[np.str_]:
    """Draw host kinds with the given shares."""
    return rng.choice(np.array(list(shares), dtype=object), count, p=list(shares.values()))


def describe_sites(table: gpd.GeoDataFrame, status: str, rng: np.random.Generator) -> gpd.GeoDataFrame:
    """Return the sites with name, opening hours, room for machines, services and status."""
    hours = [HOURS[host][rng.choice(len(HOURS[host]), p=[kind[2] for kind in HOURS[host]])] for host in table["host"]]
    return table.assign(
        name=[
            f"模拟{parent}{HOST_NAMES[host]}{number[1:]}号"
            for number, parent, host in zip(table.index, table["parent"], table["host"], strict=True)
        ],
        opens=[kind[0] for kind in hours],
        closes=[kind[1] for kind in hours],
        max_machines=np.where(table["host"].isin(["rail_station", "supermarket", "community"]), 3, 2),
        services="",
        status=status,
    )


def true_awareness(people: gpd.GeoDataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Return the awareness of each survey area by age group, 58 % over all residents."""
    wealth = pd.Series(surfaces(people.get_coordinates().to_numpy()).wealth, index=people.index)
    mean = wealth.groupby(people["district"]).mean()
    level = AWARE_WEALTH * (mean - mean.mean()) / mean.std() + rng.normal(0, AWARE_AREA_SD, len(mean))
    counts = people.groupby("district")[["people", "elderly"]].sum()
    weights = pd.DataFrame({"general": counts["people"] - counts["elderly"], "elderly": counts["elderly"]})

    def shares(constant: float) -> pd.DataFrame:
        logit = {"general": constant + level, "elderly": constant + level + AWARE_ELDERLY}
        return 1 / (1 + np.exp(-pd.DataFrame(logit)))

    def excess(constant: float) -> float:
        return float((shares(constant) * weights).to_numpy().sum() / weights.to_numpy().sum() - AWARE_CITY)

    return shares(optimize.brentq(excess, -5, 5, xtol=1e-12)).round(4)


def survey(people: gpd.GeoDataFrame, awareness: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Return answers of 1,200 people; two areas have none and some only a handful."""
    counts = people.groupby("district")["people"].sum()
    unsurveyed = rng.choice(len(counts), 2, replace=False)
    weight = counts.to_numpy() * rng.gamma(1.2, 1.0, len(counts))
    weight[unsurveyed] = 0
    surveyed = weight > 0
    asked = 2 * surveyed + rng.multinomial(N_ASKED - 2 * surveyed.sum(), weight / weight.sum())
    older = rng.binomial(asked, ELDERLY_ASKED)
    table = pd.DataFrame({"district": counts.index, "elderly": older, "general": asked - older})
    table = table.melt("district", var_name="age_group", value_name="asked").query("asked > 0")
    table = table.sort_values(["district", "age_group"], ignore_index=True)
    share = [awareness.loc[row.district, row.age_group] for row in table.itertuples()]
    table["aware"] = rng.binomial(table["asked"], share)
    table["used"] = rng.binomial(table["aware"], table["age_group"].map(UPTAKE))
    return table


def walking_m(streets: Streets, origins: gpd.GeoDataFrame, sites: gpd.GeoDataFrame) -> Floats:
    """Return (origins, sites) walking distances along streets; infinite beyond 3 km.

    Both stand on an edge at a known offset, so that the distance is the least over the ends of both edges, or the
    straight piece where they share an edge.
    """
    edges, size = streets.edges, len(streets.nodes)
    lengths = edges.groupby([edges[["u", "v"]].min(axis=1), edges[["u", "v"]].max(axis=1)])["length_m"].min()
    u, v = np.array(lengths.index.to_list()).T
    graph = sparse.coo_array((lengths.to_numpy(), (u, v)), shape=(size, size)).tocsr()
    best = np.full((len(origins), len(sites)), np.inf)
    for site_end, site_leg in edge_ends(edges, sites):
        from_end = csgraph.dijkstra(graph, directed=False, indices=site_end, limit=REACH_M)
        for origin_end, origin_leg in edge_ends(edges, origins):
            best = np.minimum(best, origin_leg[:, None] + from_end[:, origin_end].T + site_leg)
    same = origins["edge"].to_numpy()[:, None] == sites["edge"].to_numpy()
    gap = np.abs(origins["along_m"].to_numpy()[:, None] - sites["along_m"].to_numpy())
    best = np.where(same, np.minimum(best, gap), best)
    return np.where(best <= REACH_M, best, np.inf)


def edge_ends(edges: gpd.GeoDataFrame, table: gpd.GeoDataFrame) -> list[tuple[NDArray[np.int64], Floats]]:
    """Return, for both ends of the edge each row stands on, the node number and the distance to it."""
    edge = edges.iloc[table["edge"]]
    along = table["along_m"].to_numpy()
    return [(edge["u"].to_numpy(), along), (edge["v"].to_numpy(), edge["length_m"].to_numpy() - along)]


def expected_visits(
    people: gpd.GeoDataFrame,
    awareness: pd.DataFrame,
    counters: gpd.GeoDataFrame,
    sites: gpd.GeoDataFrame,
    walk_m: Floats,
) -> Floats:
    """Return mean visits a month at each site, by the model in the module docstring."""
    potential = np.zeros(len(people))
    groups = {"general": people["people"] - people["elderly"], "elderly": people["elderly"]}
    for group, count in groups.items():
        aware = people["district"].map(awareness[group])
        potential += (count * TRIPS_PER_MONTH[group] * (1 - ONLINE_SHARE[group]) * aware * UPTAKE[group]).to_numpy()
    pull = sites["host"].map(ATTRACTION).to_numpy() * np.exp(-walk_m / DECAY_M)
    residents = (potential[:, None] * pull / (OUTSIDE + pull.sum(axis=1, keepdims=True))).sum(axis=0)
    apart = distance(sites.get_coordinates().to_numpy(), counters.get_coordinates().to_numpy())
    passing = np.exp(-0.5 * (apart / FOOTFALL_BANDWIDTH_M) ** 2) @ counters["people_per_day"].to_numpy()
    return residents + FOOTFALL_CAPTURE * NON_RESIDENT_SHARE * 365 / 12 * passing


def usage(visits: Floats, sites: gpd.GeoDataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Return transactions, printed pages and hours out of order of each station and month."""
    season = np.resize(np.array(SEASON), len(MONTHS))
    mean = visits[:, None] * season
    load = mean / (CAPACITY_A_MACHINE * sites["machines"].to_numpy()[:, None])
    outage = np.minimum(rng.gamma(1.2, 3 + 45 * load**2), HOURS_A_MONTH / 2).round(1)
    mean = mean * (1 - outage / HOURS_A_MONTH)
    transactions = rng.negative_binomial(DISPERSION, DISPERSION / (DISPERSION + mean))
    return pd.DataFrame(
        {
            "site_id": np.repeat(sites.index, len(MONTHS)),
            "month": np.tile(MONTHS, len(sites)),
            "transactions": transactions.ravel(),
            "pages": rng.poisson(PAGES_A_VISIT * transactions).ravel(),
            "outage_hours": outage.ravel(),
        }
    )


def truth(awareness: pd.DataFrame, visits: pd.Series) -> dict[str, object]:
    """Return every parameter of the simulation that a later calibration may try to find again."""
    return {
        "simulated": True,
        "awareness": awareness.to_dict(orient="index"),
        "awareness_city": AWARE_CITY,
        "uptake": UPTAKE,
        "trips_per_month": TRIPS_PER_MONTH,
        "online_share": ONLINE_SHARE,
        "footfall": {
            "capture": FOOTFALL_CAPTURE,
            "non_resident_share": NON_RESIDENT_SHARE,
            "bandwidth_m": FOOTFALL_BANDWIDTH_M,
        },
        "huff": {"attraction": ATTRACTION, "decay_m": DECAY_M, "outside": OUTSIDE, "reach_m": REACH_M},
        "season": SEASON,
        "negative_binomial_size": DISPERSION,
        "mean_visits_per_month": visits.round(3).to_dict(),
        "districts": list(POPULATION_2020),
    }
