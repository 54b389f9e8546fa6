"""Random programs small enough for brute force, and brute force itself."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace
from fractions import Fraction

import numpy as np
from scipy import sparse

from placement.values import CoverageProgram, Floor, LinearRow


def value_of(program, chosen):
    """Return the value of a plan from the definition, row by row, each further provider by its layer, or none."""
    providers = [site for site in program.column_site[np.flatnonzero(chosen)].tolist() if site >= 0]
    value = Fraction(int(program.column_values[chosen].sum()))
    shares = [Fraction(share, 2**20) for share in program.layers.tolist()]
    for covers, weights in program.blocks():
        for row in (row for row in range(covers.shape[0]) if row not in program.floor_only.tolist()):
            sites = covers.indices[covers.indptr[row] : covers.indptr[row + 1]].tolist()
            count = sum(site in sites for site in providers)
            once = Fraction(program.once_worth, 2**20) * (count > 0)
            value += int(weights[row]) * (once if row in program.once.tolist() else sum(shares[:count]))
    return math.floor(value)


def covered_rows(program, chosen):
    """Return which rows a plan covers."""
    open_sites = np.zeros(program.n_sites, dtype=np.int64)
    sites = program.column_site[np.flatnonzero(chosen)]
    open_sites[sites[sites >= 0]] = 1
    return np.concatenate([(covers.astype(np.int64) @ open_sites) > 0 for covers, _ in program.blocks()])


def is_feasible(program, chosen):
    """Return whether a plan keeps every constraint, from the definition."""
    if (program.required & ~chosen).any() or (program.excluded & chosen).any():
        return False
    for row in program.linear:
        total = int(row.coefficients @ chosen[row.columns].astype(np.int64))
        if total > row.limit or (row.equality and total != row.limit):
            return False
    covered = covered_rows(program, chosen)
    weights = np.concatenate([weights for _, weights in program.blocks()])
    return all(int(weights[f.rows] @ covered[f.rows].astype(np.int64)) >= f.minimum for f in program.floors)


def brute_force(program):
    """Return (best value, best plan) over all plans, or (None, None) if none is feasible."""
    best, plan = None, None
    for bits in itertools.product((False, True), repeat=program.n_columns):
        chosen = np.array(bits, dtype=bool)
        if is_feasible(program, chosen):
            value = value_of(program, chosen)
            if best is None or value > best:
                best, plan = value, chosen
    return best, plan


def random_covers(rng, rows, sites, density):
    """Return a random CSR of covers with some empty and some equal rows."""
    matrix = rng.random((rows, sites)) < density
    matrix[rng.random(rows) < 0.1] = False
    copies = rng.random(rows) < 0.3
    matrix[copies] = matrix[rng.integers(0, rows, copies.sum())]
    return sparse.csr_array(matrix)


def random_budgeted(seed):
    """Return a random plain program: unit or unequal costs, some required, excluded, free and duplicate sites."""
    rng = np.random.default_rng(seed)
    rows, sites = int(rng.integers(1, 40)), int(rng.integers(1, 10))
    costs = np.ones(sites, dtype=np.int64) if rng.random() < 0.4 else rng.integers(0, 12, sites)
    budget = int(rng.integers(0, max(2, int(costs.sum()) + 3)))
    required = (rng.random(sites) < 0.1) & (rng.random() < 0.3)
    excluded = (rng.random(sites) < 0.15) & (rng.random() < 0.4) & ~required
    return CoverageProgram.from_covers(
        random_covers(rng, rows, sites, rng.uniform(0.1, 0.6)),
        rng.integers(0, 30, rows),
        costs,
        budget,
        required=required,
        excluded=excluded,
    )


def random_relocation(seed, *, with_floors=True):
    """Return a random relocation program: keep, give, open and move-in columns, token, budgets, counts, floors."""
    rng = np.random.default_rng(seed)
    rows, existing, candidates = int(rng.integers(4, 30)), int(rng.integers(1, 4)), int(rng.integers(1, 4))
    sites = existing + candidates
    keep, give = np.arange(existing), existing + np.arange(existing)
    opened = 2 * existing + np.arange(candidates)
    moved = opened + candidates
    columns = 2 * (existing + candidates)
    site = np.concatenate([keep, np.full(existing, -1), existing + np.arange(candidates)] * 1)
    site = np.concatenate([site, existing + np.arange(candidates)])
    linear = [
        LinearRow(name=f"once {e}", columns=np.array([keep[e], give[e]]), coefficients=np.array([1, 1]), limit=1)
        for e in keep
    ]
    linear += [
        LinearRow(name=f"one {j}", columns=np.array([a, b]), coefficients=np.array([1, 1]), limit=1)
        for j, (a, b) in enumerate(zip(opened, moved, strict=True))
    ]
    linear.append(
        LinearRow(
            name="tokens",
            columns=np.concatenate([moved, give]),
            coefficients=np.concatenate([np.ones(candidates), -np.ones(existing)]).astype(np.int64),
            limit=0,
            equality=True,
        )
    )
    close = rng.integers(0, 8)
    purchase, move = rng.integers(20, 60, candidates), rng.integers(5, 25, candidates)
    linear.append(
        LinearRow(
            name="capital",
            columns=np.concatenate([keep, give, opened, moved]),
            coefficients=np.concatenate([np.full(existing, -close), np.full(existing, -close), purchase, move]),
            limit=int(rng.integers(0, 140)) - int(close) * existing,
        )
    )
    standing = np.concatenate([keep, opened, moved])
    if rng.random() < 0.5:
        costs = rng.integers(1, 10, standing.size)
        linear.append(LinearRow(name="running", columns=standing, coefficients=costs, limit=int(rng.integers(0, 30))))
    if rng.random() < 0.5:
        count = int(rng.integers(0, sites + 1))
        linear.append(
            LinearRow(name="count", columns=standing, coefficients=np.ones(standing.size, dtype=np.int64), limit=count)
        )
    if rng.random() < 0.4:
        linear.append(LinearRow(name="moves", columns=moved, coefficients=np.ones(candidates, dtype=np.int64), limit=1))
    weights = rng.integers(0, 30, rows)
    floors = []
    if with_floors and rng.random() < 0.7:
        for name in ("elderly", "district"):
            members = np.flatnonzero(rng.random(rows) < 0.5)
            minimum = int(weights[members].sum() * rng.uniform(0, 0.6))
            floors.append(Floor(name=name, rows=members, minimum=minimum))
    required = np.zeros(columns, dtype=bool)
    required[keep[0]] = rng.random() < 0.1
    excluded = np.zeros(columns, dtype=bool)
    excluded[moved[0]] = rng.random() < 0.1
    return CoverageProgram(
        covers=random_covers(rng, rows, sites, rng.uniform(0.15, 0.5)),
        weights=weights,
        n_sites=sites,
        column_site=site,
        column_values=rng.integers(0, 6, columns) if rng.random() < 0.3 else np.zeros(columns, dtype=np.int64),
        linear=tuple(linear),
        floors=tuple(floors),
        required=required,
        excluded=excluded,
    )


def layered(program, seed):
    """Return the program with random layers: backup, outages, or whatever falls."""
    rng = np.random.default_rng([17, seed])
    kind, unit = int(rng.integers(3)), 2**20
    if kind == 0:
        second = int(rng.integers(0, unit // 2 + 1))
        shares = [unit - second, second]
    elif kind == 1:
        q = rng.uniform(0.02, 0.6)
        shares = [int(unit * (1 - q) * q**i) for i in range(int(rng.integers(1, 6)))]
    else:
        shares = sorted(rng.integers(0, unit // 4, int(rng.integers(1, 5))).tolist(), reverse=True)
    return replace(program, layers=np.array(shares))
