r"""Keep, move, close, open: maximal coverage under budgets.

Sets: sites :math:`J`, of which stations stand today at :math:`E`; rows :math:`r` = (demand point, segment) with weight
:math:`w_r` and cover set :math:`N(r)`. Decisions, all binary:

===============  ==============================================================  =======================
column           meaning                                                         provides coverage at
===============  ==============================================================  =======================
``keep`` e       the station at e stays                                          e
``give`` e       the station at e moves away                                     --
``open`` j       a new station is bought for j                                   j
``move_in`` j    a station moves to j                                            j
===============  ==============================================================  =======================

A station that is neither kept nor gives its machines away is closed.

.. math::

    \max \sum_r w_r z_r \quad \text{s.t.}\quad
    & z_r \le \sum_{k:\,\mathrm{site}(k) \in N(r)} x_k,\; 0 \le z_r \le 1 \\
    \text{station } e:\;& keep_e + give_e \le 1 \\
    \text{site } j:\;& open_j + move_j \le 1 \quad (= 1 \text{ where required}) \\
    \text{tokens}:\;& \sum_j move_j - \sum_e give_e = 0 \\
    \text{capital}:\;& \sum_j f_j\, open_j + \sum_j m_j\, move_j + \sum_e d_e (1 - keep_e - give_e) \le B \\
    \text{running}:\;& \sum_e c_e\, keep_e + \sum_j c_j (open_j + move_j) \le C \\
    \text{max\_stations}:\;& \sum_e keep_e + \sum_j (open_j + move_j) \le N \\
    \text{max\_moves}:\;& \sum_j move_j \le M \\
    \text{max\_opens}:\;& \sum_j open_j \le O \\
    \text{max\_closes}:\;& \sum_e (1 - keep_e - give_e) \le L \\
    \text{max\_changes}:\;& \sum_j (open_j + move_j) + \sum_e (1 - keep_e - give_e) \le A \\
    \text{floors}:\;& \sum_{r \in d} w_r z_r \ge \lceil \alpha_d \sum_{r \in d} w_r \rceil

:math:`f, m, d, c` are the purchase, moving, closing and yearly running costs of :class:`StationCosts`. Weights are
rounded to whole thousandths of a visit a month.

The order of the tables means nothing: sites are numbered, and rows stand within each segment, by their ids.

Source: Church & ReVelle (1974), The maximal covering location problem; relocation rows as in design section 7.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from placement.coverage import Coverage
from placement.economics.costs import StationCosts
from placement.economics.policy import Policy
from placement.errors import InputError
from placement.models.checks import check_stages
from placement.values import CoverageProgram, Demand, Floor, LinearRow, Sites
from placement.values.arrays import frozen_array
from placement.values.immutable import immutable
from placement.values.program import WEIGHT_LIMIT

WEIGHT_SCALE = 1000
"""Weights are whole thousandths of a visit a month."""

Kind = Literal["keep", "give", "open", "move_in"]


@immutable
@dataclass(frozen=True, kw_only=True, eq=False)
class RelocationModel:
    """A program and the meaning of its columns.

    Parameters
    ----------
    program
        The integer program.
    kinds
        (columns,) ``keep``, ``give``, ``open`` or ``move_in``.
    sites
        (columns,) position of the column's site in the sites table.
    """

    program: CoverageProgram
    kinds: NDArray[np.str_]
    sites: NDArray[np.int64]

    def __post_init__(self) -> None:
        object.__setattr__(self, "kinds", frozen_array(self.kinds))
        object.__setattr__(self, "sites", frozen_array(self.sites, np.int64))

    def of_kind(self, *kinds: Kind) -> NDArray[np.int64]:
        """Return the columns of the given kinds, in column order."""
        return np.flatnonzero(np.isin(self.kinds, kinds))


def maximal_coverage(
    coverage: Coverage, demand: Demand, sites: Sites, costs: StationCosts, policy: Policy
) -> RelocationModel:
    """Return the relocation program of the module's docstring.

    Columns stand in the order keep, give, open, move_in, each by site id; ``give`` and ``move_in`` exist only where a
    station stands today. Rows stand segment by segment, each by demand id; where travel times come block by block, in
    the order of the points.

    Raises
    ------
    InputError
        If `coverage` or `costs` were made for other points, sites or segments, a floor names a district or an age
        group that does not exist, or need adds up to more than integer weights can hold.
    """
    check_stages(coverage, demand, sites, costs, policy)
    order = coverage.by_ids()
    columns = _columns(sites, order.sites)
    kinds, at = columns.kinds, columns.places
    weights = _whole_weights(demand, order.points)
    table = sites.table
    status = table["status"].to_numpy()
    program = CoverageProgram(
        **coverage.weighted(weights, order),
        n_sites=len(sites),
        column_site=np.where(kinds == "give", -1, columns.number),
        column_values=np.zeros(kinds.size, dtype=np.int64),
        linear=_rows(columns, table, costs, policy),
        floors=_floors(weights, demand, order.points, policy),
        required=(kinds == "keep") & (status == "required")[at],
        excluded=(status == "excluded")[at] & (kinds != "give"),
        column_names=tuple(f"{kind} {site}" for kind, site in zip(kinds, table.index[at], strict=True)),
    )
    return RelocationModel(program=program, kinds=kinds, sites=at)


def _whole_weights(demand: Demand, points: NDArray[np.int64]) -> NDArray[np.int64]:
    weight = demand.weight
    total = float(weight.sum())
    if not total * WEIGHT_SCALE < WEIGHT_LIMIT:
        problem = f"need adds up to {total:.3g} visits a month, beyond {WEIGHT_LIMIT / WEIGHT_SCALE:.3g}"
        raise InputError.single("population", problem, remedy="check people and demand.trips_per_month")
    return np.rint(weight[points].T.ravel() * WEIGHT_SCALE).astype(np.int64)


@dataclass(frozen=True, eq=False)
class _Columns:
    """What each column is, the position of its site in the table, and its site's number in the order of ids."""

    kinds: NDArray[np.str_]
    places: NDArray[np.int64]
    number: NDArray[np.int64]


def _columns(sites: Sites, order: NDArray[np.int64]) -> _Columns:
    stands = sites.table["existing"].to_numpy(dtype=bool)[order]
    existing, vacant = order[stands], order[~stands]
    parts: list[tuple[Kind, NDArray[np.int64]]] = [("keep", existing), ("give", existing), ("open", vacant)]
    parts += [("move_in", vacant)] if existing.size else []
    at = np.concatenate([places for _, places in parts])
    number = np.empty(order.size, dtype=np.int64)
    number[order] = np.arange(order.size)
    kinds = np.concatenate([np.full(places.size, kind, dtype="U7") for kind, places in parts])
    return _Columns(kinds, at, number[at])


def _rows(columns: _Columns, table: pd.DataFrame, costs: StationCosts, policy: Policy) -> tuple[LinearRow, ...]:
    kinds, at = columns.kinds, columns.places
    rows = list(_pairs(columns, table))
    if (kinds == "give").any():
        tokens = np.flatnonzero(np.isin(kinds, ["give", "move_in"]))
        signs = np.where(kinds[tokens] == "move_in", 1, -1)
        rows.append(LinearRow(name="tokens", columns=tokens, coefficients=signs, limit=0, equality=True))
    if policy.capital_fen is not None:
        rows.append(_capital(kinds, at, costs, policy.capital_fen))
    if policy.running_fen is not None:
        standing = np.flatnonzero(kinds != "give")
        running = costs.running[at[standing]]
        rows.append(LinearRow(name="running", columns=standing, coefficients=running, limit=policy.running_fen))
    return (*rows, *_counts(kinds, policy))


_COUNTED: dict[str, dict[str, int]] = {
    "max_stations": {"keep": 1, "open": 1, "move_in": 1},
    "max_moves": {"move_in": 1},
    "max_opens": {"open": 1},
    "max_closes": {"keep": -1, "give": -1},
    "max_changes": {"keep": -1, "give": -1, "open": 1, "move_in": 1},
}
"""What a column of each kind adds to a count; where keeping lowers it, it starts at the number of stations today."""


def _counts(kinds: NDArray[np.str_], policy: Policy) -> Iterator[LinearRow]:
    stations = int(np.count_nonzero(kinds == "keep"))
    for name, counted in _COUNTED.items():
        most = getattr(policy, name)
        if most is None:
            continue
        columns = np.flatnonzero(np.isin(kinds, list(counted)))
        signs = np.array([counted[kind] for kind in kinds[columns].tolist()], dtype=np.int64)
        limit = most - stations if "keep" in counted and counted["keep"] < 0 else most
        yield LinearRow(name=name, columns=columns, coefficients=signs, limit=limit)


def _pairs(columns: _Columns, table: pd.DataFrame) -> Iterator[LinearRow]:
    status = table["status"].to_numpy()
    for here in pd.Series(np.arange(columns.places.size)).groupby(columns.number).indices.values():
        site, first = columns.places[here[0]], columns.kinds[here[0]]
        required = status[site] == "required" and first == "open"
        if len(here) == 1 and not required:
            continue
        ones = np.ones(len(here), dtype=np.int64)
        name = f"site {table.index[site]}"
        yield LinearRow(name=name, columns=here, coefficients=ones, limit=1, equality=bool(required))


def capital_amounts(kinds: NDArray[np.str_], at: NDArray[np.int64], costs: StationCosts) -> NDArray[np.int64]:
    """Return (columns,) fen that choosing a column adds to what closing every station would cost."""
    amounts = [costs.purchase[at], costs.move[at]]
    return np.asarray(np.select([kinds == "open", kinds == "move_in"], amounts, default=-costs.close[at]))


def _capital(kinds: NDArray[np.str_], at: NDArray[np.int64], costs: StationCosts, cap_fen: int) -> LinearRow:
    amounts = capital_amounts(kinds, at, costs)
    all_closed = int(costs.close[at[kinds == "keep"]].sum())
    spent = np.flatnonzero(amounts)
    return LinearRow(name="capital", columns=spent, coefficients=amounts[spent], limit=cap_fen - all_closed)


def _floors(weights: NDArray[np.int64], demand: Demand, points: NDArray[np.int64], policy: Policy) -> tuple[Floor, ...]:
    n_points, n_segments = demand.need.shape
    parents = np.tile(demand.points["parent"].to_numpy()[points], n_segments)
    ages = np.repeat(np.array([segment.age_group for segment in demand.segments], dtype=object), n_points)
    floors = []
    for prefix, labels, shares in (("district", parents, policy.district_floors), ("age", ages, policy.age_floors)):
        for name, share in sorted(shares.items()):
            rows = np.flatnonzero(labels == name)
            minimum = math.ceil(share * int(weights[rows].sum()))
            floors.append(Floor(name=f"floor {prefix} {name}", rows=rows, minimum=minimum))
    return tuple(floors)
