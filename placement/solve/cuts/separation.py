"""Finds odd sets that a point of the relaxation violates: the best three rows around many rows, then larger sets.

Start rows are drawn by weight, since the price of a cut cannot be more than its rows are worth. Rows over the same open
sites are one row here, the heaviest of them.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from placement.kernels import read_only
from placement.solve.cuts.arrays import Support
from placement.solve.cuts.odd_growth import Growth, grown_sets
from placement.solve.cuts.odd_triples import best_triples
from placement.solve.cuts.pool import odd_set_coefficients
from placement.solve.settings import DEFAULTS, CutSettings
from placement.values.arrays import IntArray


def violated_odd_sets(
    indptr: NDArray[Any],
    sites: NDArray[Any],
    weights: NDArray[Any],
    y: NDArray[Any],
    z: NDArray[Any],
    *,
    seed: int,
    effort: int = 1,
    most: int | None = None,
    settings: CutSettings = DEFAULTS.cuts,
) -> list[tuple[int, ...]]:
    """Return violated odd sets of rows, the deepest first, few through a row.

    Parameters
    ----------
    indptr, sites, weights
        Rows over sites.
    y, z
        (sites,) and (rows,) the point to cut off.
    seed
        Of the start rows.
    effort
        Multiplies the number of start rows tried.
    most
        Sets returned at most; None: as many as the settings say.
    settings
        Where and how long is looked.
    """
    rng = np.random.default_rng(seed)
    y = np.where(y > settings.closed, y, 0.0)
    support = _support(_over_open_sites(indptr, sites, y), weights, y, z, rng, settings=settings)
    if support.rows.size < 3:
        return []
    count = effort * max(settings.starts, int(settings.start_share * support.rows.size))
    starts = _drawn(support.weights, count, rng)
    least = settings.least_violation
    triples = best_triples(
        support, starts, least, effort * settings.triple_work, seed, settings.near_rows, settings.pair_cost
    )
    growth = Growth(settings.largest_set, settings.candidates, settings.noise, settings.little_noise)
    sizes, members = grown_sets(support, starts, least, effort * settings.growing_work, seed, growth)
    found = {tuple(each) for each in np.sort(triples, axis=1).tolist()}
    found |= {tuple(sorted(members[k, : sizes[k]].tolist())) for k in range(sizes.size)}
    most = settings.per_round if most is None else most
    deepest = _deepest(support, sorted(found), most, settings.per_row)
    return [tuple(support.rows[list(each)].tolist()) for each in deepest]


def _support(rows_over_sites: sparse.csr_array, weights: NDArray[Any], y: NDArray[Any], z: NDArray[Any],
             rng: np.random.Generator, *, settings: CutSettings) -> Support:  # fmt: skip
    """Return the rows that are covered in part and by no whole site, the heaviest over each set of open sites."""
    starts, sites = rows_over_sites.indptr, rows_over_sites.indices
    reach = _sums(y[sites], starts)
    whole = _sums((y[sites] >= 1.0 - settings.closed).astype(np.int64), starts)
    rows = np.flatnonzero((z > settings.least_cover) & (whole == 0) & (reach < settings.most_reach))
    pattern = _sums(rng.integers(0, 2**63, y.size, dtype=np.uint64)[sites], starts)[rows]
    by_pattern = np.lexsort((rows, -weights[rows], pattern))
    _, first = np.unique(pattern[by_pattern], return_index=True)
    rows = np.sort(rows[by_pattern[first]])
    inside = rows_over_sites[rows]
    by_site = inside.tocsc()
    return read_only(
        Support(
            rows=rows,
            indptr=inside.indptr.astype(np.int64, copy=False),
            sites=inside.indices.astype(np.int64, copy=False),
            site_indptr=by_site.indptr.astype(np.int64, copy=False),
            site_rows=by_site.indices.astype(np.int64, copy=False),
            y=y,
            z=z[rows].astype(np.float64),
            excess=reach[rows] - z[rows],
            weights=weights[rows].astype(np.float64),
        )
    )


def _over_open_sites(indptr: NDArray[Any], sites: NDArray[Any], y: NDArray[Any]) -> sparse.csr_array:
    """Return the rows over the sites open at least a little."""
    kept = y[sites] > 0
    starts = np.concatenate([[0], np.cumsum(kept)])[indptr]
    shape = (indptr.size - 1, y.size)
    return sparse.csr_array((np.ones(starts[-1], dtype=np.int8), sites[kept], starts), shape=shape)


def _sums(values: NDArray[Any], starts: NDArray[Any]) -> NDArray[Any]:
    """Return the sum of the values of each row."""
    totals = np.concatenate([np.zeros(1, dtype=values.dtype), np.cumsum(values, dtype=values.dtype)])
    return np.asarray(totals[starts[1:]] - totals[starts[:-1]])


def _drawn(weights: NDArray[Any], count: int, rng: np.random.Generator) -> IntArray:
    """Return rows drawn by weight, each once (Efraimidis & Spirakis 2006), in the order drawn."""
    keys = rng.exponential(size=weights.size) / np.maximum(weights, 1e-9)
    return np.argsort(keys, kind="stable")[:count]


def _deepest(support: Support, sets: list[tuple[int, ...]], most: int, per_row: int) -> list[tuple[int, ...]]:
    """Return sets by Euclidean depth, at most `per_row` through each row, so that they do not say the same."""
    scored = []
    for rows in sets:
        touched, size = odd_set_coefficients(support.indptr, support.sites, rows)
        violation = support.z[list(rows)].sum() - (len(rows) - 1) / 2 - float(size @ support.y[touched])
        scored.append((-violation / np.sqrt(len(rows) + float((size**2).sum())), rows))
    through: dict[int, int] = {}
    chosen = []
    for _, rows in sorted(scored):
        if max(through.get(row, 0) for row in rows) >= per_row:
            continue
        for row in rows:
            through[row] = through.get(row, 0) + 1
        chosen.append(rows)
        if len(chosen) == most:
            break
    return chosen
