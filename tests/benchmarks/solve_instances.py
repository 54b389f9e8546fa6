"""Recipes of covering instances for benchmarks: Cordeau-Furini-Ljubic, a clustered city, relocation, real points."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numba import njit, prange
from scipy import sparse
from scipy.spatial import cKDTree

from placement.values import CoverageProgram, LinearRow

SIDE = 30.0
EARTH_RADIUS_M = 6_378_100.0


@njit(cache=True)
def _cells(x, y, size, count):
    """Return sites sorted by grid cell, and where each cell begins."""
    start = np.zeros(count * count + 1, np.int64)
    cell = np.empty(x.size, np.int64)
    for site in range(x.size):
        cell[site] = min(count - 1, int(x[site] / size)) * count + min(count - 1, int(y[site] / size))
        start[cell[site] + 1] += 1
    start = np.cumsum(start)
    at, order = start[:-1].copy(), np.empty(x.size, np.int64)
    for site in range(x.size):
        order[at[cell[site]]] = site
        at[cell[site]] += 1
    return order, start


@njit(cache=True, parallel=True)
def _near(px, py, sx, sy, radius2, order, start, size, count, indptr, indices, fill):
    """Count (or, with `fill`, write) the sites within the radius of every point, increasing."""
    for point in prange(px.size):
        a, b = min(count - 1, int(px[point] / size)), min(count - 1, int(py[point] / size))
        found = 0
        begin = indptr[point]
        for i in range(max(0, a - 1), min(count, a + 2)):
            for j in range(max(0, b - 1), min(count, b + 2)):
                for k in range(start[i * count + j], start[i * count + j + 1]):
                    site = order[k]
                    if (px[point] - sx[site]) ** 2 + (py[point] - sy[site]) ** 2 <= radius2:
                        if fill:
                            at = begin + found
                            while at > begin and indices[at - 1] > site:
                                indices[at] = indices[at - 1]
                                at -= 1
                            indices[at] = site
                        found += 1
        if not fill:
            indptr[point + 1] = found


def disc_covers(points: np.ndarray, sites: np.ndarray, radius: float) -> sparse.csr_array:
    """Return covers (points, sites): Euclidean distance at most `radius`."""
    count = max(1, int(SIDE / radius))
    size = SIDE / count
    order, start = _cells(sites[:, 0], sites[:, 1], size, count)
    indptr, nothing = np.zeros(len(points) + 1, dtype=np.int64), np.empty(0, dtype=np.int32)
    px, py, sx, sy = (np.ascontiguousarray(a) for a in (*points.T, *sites.T))
    _near(px, py, sx, sy, radius**2, order, start, size, count, indptr, nothing, False)
    np.cumsum(indptr, out=indptr)
    indices = np.empty(indptr[-1], dtype=np.int32)
    _near(px, py, sx, sy, radius**2, order, start, size, count, indptr, indices, True)
    narrow = np.int32 if indptr[-1] < 2**31 else np.int64
    covers = sparse.csr_array(
        (np.ones(indices.size, dtype=bool), indices, indptr.astype(narrow)), shape=(len(points), len(sites))
    )
    covers.has_canonical_format = True
    return covers


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """How an instance is made: `kind` uniform, city or relocation; `budget` below 1 is a share of all costs."""

    rows: int
    sites: int
    radius: float
    budget: float
    kind: str = "uniform"
    costs: str = "unit"
    seed: int = 1

    @property
    def name(self) -> str:
        """Return a short name for tables."""
        return f"{self.kind} {self.rows:.0e}x{self.sites} R{self.radius} B{self.budget:g}".replace("e+0", "e")


def build(recipe: Recipe) -> CoverageProgram:
    """Return the program of a recipe."""
    rng = np.random.default_rng(recipe.seed)
    sites = rng.uniform(0, SIDE, (2, recipe.sites)).T
    points, weights = _city(recipe, rng) if recipe.kind == "city" else _uniform(recipe, rng)
    covers = disc_covers(points, sites, recipe.radius)
    if recipe.kind == "relocation":
        return _relocation(recipe, covers, weights)
    costs = np.ones(recipe.sites, dtype=np.int64)
    if recipe.costs == "unequal":
        costs = rng.integers(80, 161, recipe.sites)
    budget = int(costs.sum() * recipe.budget) if recipe.budget < 1 else int(recipe.budget)
    return CoverageProgram.from_covers(covers, weights, costs, budget)


def _uniform(recipe: Recipe, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    return rng.uniform(0, SIDE, (2, recipe.rows)).T, rng.integers(1, 101, recipe.rows)


def _city(recipe: Recipe, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Return the cells of a square grid with inhabitants drawn from a mixture of clusters."""
    cells = round(recipe.rows**0.5)
    at = (np.arange(cells) + 0.5) * SIDE / cells
    points = np.column_stack([np.repeat(at, cells), np.tile(at, cells)])
    density = np.full(cells * cells, 0.15)
    for _ in range(25):
        centre, spread = rng.uniform(0, SIDE, 2), rng.uniform(0.6, 4)
        density += rng.uniform(0.3, 2) * np.exp(-((points - centre) ** 2).sum(axis=1) / (2 * spread**2))
    return points, rng.poisson(density * 10 * rng.lognormal(0, 0.8, cells * cells)).astype(np.int64)


def _relocation(recipe: Recipe, covers: sparse.csr_array, weights: np.ndarray) -> CoverageProgram:
    """Return keep, give, open and move-in columns: ten stations stand, closing costs 8, buying 90-130, moving 45 %."""
    rng = np.random.default_rng(5)
    existing = np.sort(rng.choice(recipe.sites, 10, replace=False))
    vacant = np.setdiff1d(np.arange(recipe.sites), existing)
    purchase = rng.integers(90, 131, recipe.sites)[vacant]
    move = np.round(purchase * 0.45).astype(np.int64)
    keep, give = np.arange(10), 10 + np.arange(10)
    opened = 20 + np.arange(vacant.size)
    moved = opened + vacant.size
    ones = np.ones(vacant.size, dtype=np.int64)
    rows = [
        LinearRow(name=f"once {k}", columns=np.array([keep[k], give[k]]), coefficients=np.array([1, 1]), limit=1)
        for k in range(10)
    ]
    rows += [
        LinearRow(name=f"one {j}", columns=np.array([opened[j], moved[j]]), coefficients=np.array([1, 1]), limit=1)
        for j in range(vacant.size)
    ]
    tokens = np.concatenate([ones, np.full(10, -1)])
    rows.append(
        LinearRow(name="tokens", columns=np.concatenate([moved, give]), coefficients=tokens, limit=0, equality=True)
    )
    columns = np.concatenate([keep, opened, moved])
    costs = np.concatenate([np.full(10, -8), purchase, move])
    rows.append(LinearRow(name="capital", columns=columns, coefficients=costs, limit=int(recipe.budget) - 80))
    none = np.zeros(20 + 2 * vacant.size, dtype=bool)
    return CoverageProgram(
        covers=covers, weights=weights, n_sites=recipe.sites,
        column_site=np.concatenate([existing, np.full(10, -1), vacant, vacant]),
        column_values=np.zeros(none.size, dtype=np.int64), linear=tuple(rows), required=none, excluded=none,
    )  # fmt: skip


def city_points(path: Path, radius_m: float, stations: int) -> CoverageProgram:
    """Return the program of a file of real points (NODE_COORD_SECTION, DEMAND_SECTION): points are sites too."""
    lines = path.read_text().split("\n")
    coordinates = next(k for k, line in enumerate(lines) if line.startswith("NODE_COORD"))
    demand = next(k for k, line in enumerate(lines) if line.startswith("DEMAND"))
    degrees = np.array([line.split() for line in lines[coordinates + 1 : demand]], dtype=np.float64)
    numbers = [line for line in lines[demand + 1 :] if line.strip() and line.strip() != "EOF"]
    weights = np.array(numbers, dtype=np.int64)
    latitude, longitude = np.radians(degrees.T)
    flat = np.cos(latitude)
    xyz = EARTH_RADIUS_M * np.column_stack([flat * np.cos(longitude), flat * np.sin(longitude), np.sin(latitude)])
    chord = 2 * EARTH_RADIUS_M * np.sin(radius_m / (2 * EARTH_RADIUS_M))
    tree = cKDTree(xyz)
    pairs = tree.query_pairs(chord, output_type="ndarray")
    each = np.arange(weights.size)
    rows, columns = np.concatenate([pairs, pairs[:, ::-1], np.column_stack([each, each])]).T
    covers = sparse.csr_array((np.ones(rows.size, dtype=bool), (rows, columns)), shape=(each.size, each.size))
    return CoverageProgram.from_covers(covers, weights, np.ones(each.size, dtype=np.int64), stations)


@dataclass(frozen=True, kw_only=True)
class StreamedPoints:
    """Blocks of uniform points, generated anew at each pass and never stored."""

    rows: int
    sites: np.ndarray
    radius: float
    block: int = 2_000_000
    seed: int = 1

    def __iter__(self) -> Iterator[tuple[sparse.csr_array, np.ndarray]]:
        """Yield (covers, weights) of each block."""
        for number, begin in enumerate(range(0, self.rows, self.block)):
            rng = np.random.default_rng([self.seed, number])
            size = min(self.block, self.rows - begin)
            points = rng.random((2, size)).T * SIDE
            yield disc_covers(points, self.sites, self.radius), rng.integers(1, 101, size)


def streamed(rows: int, sites: int, radius: float, budget: int, seed: int = 1) -> CoverageProgram:
    """Return a program whose covers are generated block by block."""
    at = np.random.default_rng(seed).uniform(0, SIDE, (2, sites)).T
    points = StreamedPoints(rows=rows, sites=at, radius=radius)
    return CoverageProgram.from_covers(points, None, np.ones(sites, dtype=np.int64), budget)
