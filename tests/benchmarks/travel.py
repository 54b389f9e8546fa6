"""Walking times against other libraries, in one run: ``python -m tests.benchmarks.travel --help``.

Every engine runs in a process of its own, forked from one that holds the network, so that its memory is its own.
Compiled code is loaded beforehand. Times are wall and processor seconds; on a machine with other work the processor
seconds are the ones to compare. Prints Markdown.
"""

from __future__ import annotations

import argparse
import importlib.util
import multiprocessing as mp
import os
import resource
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy import sparse
from scipy.spatial import cKDTree

from placement.solve.program.aggregate import aggregate
from placement.streets import Snaps, Streets, snap_to_streets
from placement.travel import walking_covers, walking_times
from placement.travel.costs import EdgeCosts
from placement.travel.search import search
from placement.values import CoverageProgram
from tests.benchmarks.travel_cities import CRS, City, people_along, synthetic_city
from tests.benchmarks.travel_engines import ENGINES, Engine

SPEED_M_S, CUTOFF_S = 1.3, 900
CUTOFF_MM = 1_170_000
NEEDS = {"pandana": "pandana", "igraph": "igraph"}


def measured(work: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """Run in a forked process; add wall and processor seconds and the growth of its memory in MiB."""

    def child(pipe: Any) -> None:
        before = resident_mb()
        wall, cpu = time.perf_counter(), time.process_time()
        result = work()
        result.setdefault("wall s", time.perf_counter() - wall)
        result.setdefault("cpu s", time.process_time() - cpu)
        result["MiB"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024 - before
        pipe.send(result)

    here, there = mp.Pipe()
    process = mp.get_context("fork").Process(target=child, args=(there,))
    process.start()
    there.close()
    try:
        result: dict[str, Any] = here.recv()
    except EOFError:
        result = {"remark": f"ended with exit code {process.exitcode}"}
    process.join()
    return result


def resident_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def table(title: str, rows: list[dict[str, Any]]) -> None:
    columns = list(dict.fromkeys(key for row in rows for key in row))
    print(f"\n### {title}\n\n| {' | '.join(columns)} |\n|{'---|' * len(columns)}")
    for row in rows:
        cells = [f"{row[key]:,.3g}" if isinstance(row.get(key), float) else str(row.get(key, "")) for key in columns]
        print(f"| {' | '.join(cells)} |", flush=True)


def engine_row(engine: Engine, streets: Streets, sources: np.ndarray, truth: Any) -> dict[str, Any]:
    """Time one engine on its sample of the sources, scaled to all; compare with the first engine's answer."""
    need = NEEDS.get(engine.name)
    if need and importlib.util.find_spec(need) is None:
        return {"engine": engine.name, "remark": "not installed"}
    rows = np.unique(np.linspace(0, sources.size - 1, min(engine.sample, sources.size)).astype(int))
    chosen = sources[rows]

    def work() -> dict[str, Any]:
        start = time.process_time()
        run = engine.prepare(streets)
        prepared = time.process_time() - start
        wall, cpu = time.perf_counter(), time.process_time()
        found = run(chosen, CUTOFF_MM)
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        scale = sources.size / chosen.size
        rest = truth[rows]
        same = found.nnz == rest.nnz and (abs(found.astype(np.int64) - rest.astype(np.int64))).max() == 0
        return {
            "prepare s": prepared,
            "wall s": wall * scale,
            "cpu s": cpu * scale,
            "settled a cpu s": found.nnz / max(cpu, 1e-9),
            "pairs": found.nnz,
            "equal": "yes" if same else f"{abs(found.nnz - rest.nnz)} pairs more or less",
            "remark": "" if scale == 1 else f"{chosen.size} sources, scaled",
        }

    return {"engine": engine.name} | measured(work)


def compare_engines(city: City, n_sources: int, skip: set[str]) -> None:
    streets = city.streets()
    sources = np.random.default_rng(7).choice(streets.n_nodes, min(n_sources, streets.n_nodes), replace=False)
    sources.sort()  # neighbours one after another, for every engine
    truth = ENGINES[0].prepare(streets)(sources, CUTOFF_MM)
    rows = [engine_row(e, streets, sources, truth) for e in ENGINES if e.name.split(",")[0] not in skip]
    base = next(row["cpu s"] for row in rows if row["engine"] == ENGINES[0].name)
    for row in rows:
        if "cpu s" in row:
            row["times ours"] = row["cpu s"] / base
    table(
        f"{city.name}: {streets.n_nodes:,} nodes, {streets.n_edges:,} edges, {sources.size:,} sources, 15 min, "
        f"{truth.nnz / sources.size:,.0f} nodes a source",
        rows,
    )


def whole_job(city: City, n_points: int, n_sites: int) -> None:
    """Time every step from tables to times, then the snapping against shapely's."""
    streets = city.streets()
    points, sites = people_along(streets, n_points, "p", 3), people_along(streets, n_sites, "s", 4)
    xy = np.column_stack([points.geometry.x, points.geometry.y])
    snaps, at = snap_to_streets(streets, xy), snap_to_streets(streets, xy_of(sites))
    costs = EdgeCosts.flat(streets, 1300)
    reach = search(streets, costs, at, CUTOFF_MM, 2)
    steps: dict[str, Callable[[], dict[str, Any]]] = {
        "tables to streets": lambda: {"count": city.streets().n_edges},
        "snap the points": lambda: {"count": snap_to_streets(streets, xy).edge.size},
        "sites to nodes": lambda: {"count": search(streets, costs, at, CUTOFF_MM, 2).n_settled},
        "nodes to points": lambda: {"count": reach.matrix(snaps).nnz},
        "all of it: walking_times": lambda: {
            "count": walking_times(streets, points, sites, cutoff_s=CUTOFF_S, speed_m_s=SPEED_M_S).n_pairs
        },
        "cover blocks, none kept": lambda: {
            "count": sum(
                covers.nnz
                for covers, _ in walking_covers(
                    streets, points, sites, np.ones(n_points), thresholds_s=[CUTOFF_S], speeds_m_s=[SPEED_M_S]
                )
            )
        },
    }
    rows = [{"step": name} | measured(work) for name, work in steps.items()]
    settled = f"{reach.n_settled / n_sites:,.0f} nodes a site"
    table(f"{city.name}: {n_points:,} points, {n_sites:,} sites, 15 min ({settled})", rows)
    compare_snapping(city.name, streets, xy, snaps)


def compare_snapping(name: str, streets: Streets, xy: np.ndarray, snaps: Snaps) -> None:
    count = min(len(xy), 200_000)
    lines, dots = streets.lines(), shapely.points(xy[:count])

    def shapely_nearest() -> dict[str, Any]:
        shapely.STRtree(lines).query_nearest(dots, all_matches=False)
        return {"remark": f"{count:,} points, scaled"}

    other = measured(shapely_nearest)
    for key in ("wall s", "cpu s"):
        other[key] *= len(xy) / count
    found = shapely.STRtree(lines).query_nearest(dots)
    best, first = np.full(count, np.inf), np.full(count, streets.n_edges)
    distance = shapely.distance(lines[found[1]], dots[found[0]])
    np.minimum.at(best, found[0], distance)
    np.minimum.at(first, found[0], found[1])
    ours = measured(lambda: {"remark": f"{snap_to_streets(streets, xy).edge.size:,} points"})
    ours["distances equal"] = int((shapely.distance(lines[snaps.edge[:count]], dots) == best).sum())
    ours["edges equal"] = int((first == snaps.edge[:count]).sum())
    ours["of"] = count
    table(
        f"{name}: {len(xy):,} points on {streets.n_edges:,} edges",
        [{"snapping": "placement, 2 threads"} | ours, {"snapping": "shapely STRtree.query_nearest"} | other],
    )


def xy_of(frame: gpd.GeoDataFrame) -> np.ndarray:
    return np.column_stack([frame.geometry.x, frame.geometry.y])


def memory(city: City, n_sites: int) -> None:
    """Show what memory grows with."""
    streets = city.streets()
    rows = []
    for points_count, sites_count, cutoff_s in (
        (100_000, n_sites, 300), (100_000, n_sites, 900), (100_000, n_sites, 1800), (400_000, n_sites, 300),
        (400_000, 4 * n_sites, 300), (400_000, 4 * n_sites, 900),
    ):  # fmt: skip
        points, sites = people_along(streets, points_count, "p", 3), people_along(streets, sites_count, "s", 4)
        row = measured(partial(_pairs, streets, points, sites, cutoff_s))
        rows.append(
            {"points": points_count, "sites": sites_count, "min": cutoff_s // 60,
             "points x sites": points_count * sites_count, "pairs": row["pairs"], "MiB": row["MiB"]}
        )  # fmt: skip
    table(f"{city.name}: memory of walking_times", rows)


def _pairs(streets: Streets, points: gpd.GeoDataFrame, sites: gpd.GeoDataFrame, cutoff_s: int) -> dict[str, Any]:
    return {"pairs": walking_times(streets, points, sites, cutoff_s=cutoff_s, speed_m_s=SPEED_M_S).n_pairs}


def to_the_program(city: City, n_points: int, n_sites: int) -> None:
    """From streets, points and sites to the reduced program: times and covers held, and made block by block."""
    streets = city.streets()
    points, sites = people_along(streets, n_points, "p", 3), people_along(streets, n_sites, "s", 4)
    weights = np.random.default_rng(5).integers(1, 1000, (n_points, 2))
    costs = np.ones(n_sites, dtype=np.int64)

    def reduced(program: CoverageProgram) -> dict[str, Any]:
        found = aggregate(program)
        return {"cover entries": found.classes.n_entries, "classes": found.classes.count}

    def held() -> dict[str, Any]:
        times = walking_times(streets, points, sites, cutoff_s=CUTOFF_S, speed_m_s=SPEED_M_S)
        covers = sparse.vstack([times.within(CUTOFF_S), times.within(CUTOFF_S, 0.9)], format="csr")
        return reduced(CoverageProgram.from_covers(covers, weights.T.ravel(), costs, 50))

    def streamed() -> dict[str, Any]:
        stream = walking_covers(
            streets, points, sites, weights, thresholds_s=[CUTOFF_S, CUTOFF_S], speeds_m_s=[SPEED_M_S, 0.9]
        )
        return reduced(CoverageProgram.from_covers(stream, None, costs, 50))

    rows = [{"times and covers": name} | measured(work) for name, work in (("held", held), ("in blocks", streamed))]
    table(f"{city.name}: {n_points:,} points, {n_sites:,} sites, 2 speeds, to the reduced program", rows)


def nearest_node_error(city: City, n_points: int, n_sites: int) -> None:
    """How wrong times and covers are where points and sites are moved to their nearest node."""
    streets = city.streets()
    points, sites = people_along(streets, n_points, "p", 5), people_along(streets, n_sites, "s", 6)
    far = partial(walking_times, streets, cutoff_s=2 * CUTOFF_S, speed_m_s=SPEED_M_S)
    exact = far(points, sites).matrix.toarray().astype(float)
    covered = far(points, sites).within(CUTOFF_S).toarray()
    tree = cKDTree(streets.xy)
    legs, moved = [], []
    for frame in (points, sites):
        leg, node = tree.query(xy_of(frame))
        legs.append(np.rint(leg * 1000))
        moved.append(gpd.GeoDataFrame(geometry=shapely.points(streets.xy[node]), index=frame.index, crs=CRS))
    bare = far(*moved).matrix
    rows = []
    for name, extra in (("node only", 0.0), ("node and straight access leg", legs[0][:, None] + legs[1][None, :])):
        wrong = bare.toarray().astype(float) + extra
        wrong[~known(bare)] = np.inf
        both = covered & np.isfinite(wrong)
        error_s = np.abs(wrong - exact)[both] / (1000 * SPEED_M_S)
        cover = wrong <= CUTOFF_MM
        rows.append(
            {
                "nearest-node snapping": name,
                "mean error s": float(error_s.mean()),
                "95th percentile s": float(np.percentile(error_s, 95)),
                "largest s": float(error_s.max()),
                "covered wrongly %": 100 * float((cover & ~covered).sum() / covered.sum()),
                "missed %": 100 * float((covered & ~cover).sum() / covered.sum()),
            }
        )
    table(f"{city.name}: error of nearest-node snapping, {covered.sum():,} covered pairs at 15 min", rows)


def known(matrix: Any) -> np.ndarray:
    stored = matrix.copy()
    stored.data = np.ones_like(stored.data)
    return np.asarray(stored.toarray(), dtype=bool)


def city_of_lines(path: Path) -> City:
    """A layer of lines, e.g. the original network of Wuhan, as a city; motorways are left out."""
    lines = gpd.read_parquet(path) if path.suffix == ".parquet" else gpd.read_file(path)
    if "highway" in lines:
        lines = lines[~lines["highway"].astype(str).str.startswith("motorway")]
    streets = Streets.from_lines(lines[["geometry"]].to_crs(CRS), least_part_m=500)
    nodes = pd.DataFrame({"node_id": streets.node_ids, "x": streets.xy[:, 0], "y": streets.xy[:, 1]})
    edges = streets.edges
    return City(path.stem, nodes, pd.DataFrame(edges[["u", "v", "length_m", "geometry"]]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--nodes", type=int, nargs="*", default=[100_000], help="sizes of the synthetic networks")
    parser.add_argument("--lines", type=Path, nargs="*", default=[], help="files of lines, each a network")
    parser.add_argument("--sources", type=int, default=10_000)
    parser.add_argument("--points", type=int, default=100_000)
    parser.add_argument("--sites", type=int, default=1_000)
    parser.add_argument("--parts", nargs="*", default=["engines", "job", "memory", "program", "error"])
    parser.add_argument("--skip", nargs="*", default=[], help="engines to leave out")
    options = parser.parse_args()
    cities = [lambda n=n: synthetic_city(f"synthetic {n:,}", n) for n in options.nodes]
    cities += [lambda path=path: city_of_lines(path) for path in options.lines]
    print(f"{os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}")
    for make in cities:
        city = make()
        if "engines" in options.parts:
            compare_engines(city, options.sources, set(options.skip))
        if "job" in options.parts:
            whole_job(city, options.points, options.sites)
        if "memory" in options.parts:
            memory(city, options.sites)
        if "program" in options.parts:
            to_the_program(city, options.points, options.sites)
        if "error" in options.parts:
            nearest_node_error(city, 20_000, 60)


if __name__ == "__main__":
    main()
