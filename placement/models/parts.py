"""Columns, rows and floors that models are put together from."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from placement.case import Case
from placement.economics import Line, StationCosts, lines
from placement.errors import InputError
from placement.models.model import LEAVE, STANDING, WEIGHT_SCALE, Columns
from placement.models.reserve import layers_of
from placement.values import CoverageProgram, Floor, LinearRow
from placement.values.limits import COUNTED
from placement.values.program import WEIGHT_LIMIT
from placement.values.rows import COUNT, REQUIRED_SITE, SITE, TOKENS
from placement.values.steps import stacked_weights


def columns_of(case: Case, *, standing: Sequence[str], vacant: Sequence[str]) -> Columns:
    """Return one column of each kind in `standing` a station, then one of each kind in `vacant` a site without one.

    Kind by kind, each by site id.
    """
    stands, order = case.sites.table["existing"].to_numpy(dtype=bool), case.coverage.by_ids().sites
    at = [order[stands[order]]] * len(standing) + [order[~stands[order]]] * len(vacant)
    kinds = [np.full(places.size, kind, dtype="U7") for kind, places in zip((*standing, *vacant), at, strict=True)]
    return Columns(kinds=np.concatenate(kinds), sites=np.concatenate(at))


def covering_program(columns: Columns, rows: Sequence[LinearRow], case: Case) -> CoverageProgram:
    """Return the program that maximises the covered weight over `columns`, under `rows` and all floors.

    Where the policy asks for a reserve, rows count by how many stations are within reach
    (:mod:`placement.models.reserve`).

    Required stations must be kept; that a required site without a station gets one is for :func:`site_rows` to say.

    Raises
    ------
    InputError
        If need adds up to more than integer weights can hold.
    """
    order, sites = case.coverage.by_ids(), case.sites
    weights = whole_weights(case, order.points)
    number = np.empty(len(sites), dtype=np.int64)
    number[order.sites] = np.arange(len(sites))
    at, stands = columns.sites, columns.doing(STANDING)
    status = sites.table["status"].to_numpy()[at]
    return CoverageProgram(
        **case.coverage.weighted(weights, order),
        n_sites=len(sites),
        column_site=np.where(stands, number[at], -1),
        column_values=np.zeros(at.size, dtype=np.int64),
        linear=tuple(rows),
        floors=tuple(floors_of(weights, case, order.points)),
        required=columns.doing({"keep"}) & (status == "required"),
        excluded=stands & (status == "excluded"),
        layers=layers_of(case.policy),
        column_names=tuple(f"{kind} {site}" for kind, site in zip(columns.kinds, sites.ids[at], strict=True)),
    )


def site_rows(columns: Columns, case: Case) -> Iterator[LinearRow]:
    """Yield, by site id, that at most one decision is taken at a site, and one for a vacant site that is required."""
    table = case.sites.table
    must = ((table["status"] == "required") & ~table["existing"].astype(bool)).to_numpy()
    decided = np.flatnonzero(~columns.doing({"guide"}))
    here = pd.Series(decided).groupby(columns.sites[decided]).indices
    here = {site: decided[at] for site, at in here.items()}
    for site in case.coverage.by_ids().sites.tolist():
        at = here.get(site, np.empty(0, dtype=np.int64))
        if at.size <= 1 and not must[site]:
            continue
        yield LinearRow(
            name=f"site {table.index[site]}",
            kind=REQUIRED_SITE if must[site] else SITE,
            columns=at,
            coefficients=np.ones(at.size, dtype=np.int64),
            limit=1,
            equality=bool(must[site]),
        )


def token_row(columns: Columns) -> Iterator[LinearRow]:
    """Yield that as many stations give their machines away as sites receive some; nothing where none can give."""
    giving, receiving = columns.doing({LEAVE}), columns.doing({"move"})
    if giving.any():
        tokens = np.flatnonzero(giving | receiving)
        signs = np.where(receiving[tokens], 1, -1)
        yield LinearRow(name="tokens", kind=TOKENS, columns=tokens, coefficients=signs, limit=0, equality=True)


def line_rows(columns: Columns, case: Case) -> Iterator[LinearRow]:
    """Yield one row a budget line that has a cap, in the order of the lines."""
    for line in lines.lines_of(case.policy):
        cap = case.policy.cap_fen(line.name)
        if cap is not None:
            yield _line_row(line, columns, case.costs, cap)


def _line_row(line: Line, columns: Columns, costs: StationCosts, cap_fen: int) -> LinearRow:
    def amounts(action: str) -> NDArray[np.int64]:
        """Return (sites,) fen."""
        return line.amounts(costs, action)

    added, base = columns.adds(amounts), columns.base(amounts)
    listed = columns.paying(line, added)
    return LinearRow(
        name=line.name,
        kind=line.kind,
        columns=listed,
        coefficients=added[listed],
        limit=cap_fen - base,
        base=base,
    )


def count_rows(columns: Columns, case: Case) -> Iterator[LinearRow]:
    """Yield one row a limit on the number of actions that the policy sets."""
    none, one = np.zeros(len(case.sites), dtype=np.int64), np.ones(len(case.sites), dtype=np.int64)
    for name, counted in COUNTED.items():
        most = getattr(case.policy, name)
        if most is None:
            continue

        def amounts(action: str, counted: frozenset[str] = counted) -> NDArray[np.int64]:
            """Return (sites,) 1 where the action counts."""
            return one if action in counted else none

        added, base = columns.adds(amounts), columns.base(amounts)
        listed = np.flatnonzero(added)
        yield LinearRow(name=name, kind=COUNT, columns=listed, coefficients=added[listed], limit=most - base, base=base)


def whole_weights(case: Case, points: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return (segments x steps x points,) whole thousandths; the steps of a point add up to its own.

    Raises
    ------
    InputError
        If need adds up to more than integer weights can hold.
    """
    weight = case.demand.weight
    total = float(weight.sum())
    if not total * WEIGHT_SCALE < WEIGHT_LIMIT:
        problem = f"need adds up to {total:.3g} visits a month, beyond {WEIGHT_LIMIT / WEIGHT_SCALE:.3g}"
        raise InputError.single("population", problem, remedy="check people and demand.trips_per_month")
    whole = np.rint(weight[points].T * WEIGHT_SCALE).astype(np.int64)
    steps = case.coverage.steps
    return (stacked_weights(whole, steps).swapaxes(0, 1) if steps else whole).ravel()


def floors_of(weights: NDArray[np.int64], case: Case, points: NDArray[np.int64]) -> Iterator[Floor]:
    """Yield floors of graded weight: what the steps reached count, of all the weight there is."""
    demand, policy, n_steps = case.demand, case.policy, case.coverage.n_steps
    n_points, n_segments = demand.need.shape
    parents = np.tile(demand.points["parent"].to_numpy()[points], n_segments * n_steps)
    ages, periods = (
        np.repeat(np.array([getattr(segment, name) for segment in demand.segments], dtype=object), n_points * n_steps)
        for name in ("age_group", "period")
    )
    for prefix, labels, shares in (
        ("district", parents, policy.district_floors),
        ("age", ages, policy.age_floors),
        ("period", periods, policy.period_floors),
    ):
        for name, share in sorted(shares.items()):
            rows = np.flatnonzero(labels == name)
            minimum = math.ceil(share * int(weights[rows].sum()))
            yield Floor(name=f"floor {prefix} {name}", rows=rows, minimum=minimum)
    every = np.arange(weights.size)
    if policy.coverage_floor is not None:
        yield Floor(name="coverage_floor", rows=every, minimum=math.ceil(policy.coverage_floor * int(weights.sum())))
    if policy.keep_share is not None:
        today = int(weights[covered_rows(case, points, case.standing)].sum())
        yield Floor(name="keep_share", rows=every, minimum=math.ceil(policy.keep_share * today))


def covered_rows(case: Case, points: NDArray[np.int64], standing: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return (segments x steps x points,) which rows some stations, (sites,), cover; `points` as rows have them."""
    steps = np.arange(case.coverage.n_steps)[None, :, None]
    return np.asarray(case.coverage.nearest(standing)[points].T[:, None, :] <= steps).ravel()
