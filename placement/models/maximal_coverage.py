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
    \text{floors}:\;& \sum_{r \in d} w_r z_r \ge \lceil \alpha_d \sum_{r \in d} w_r \rceil

:math:`f, m, d, c` are the purchase, moving, closing and yearly running costs of :class:`StationCosts`. Weights are
rounded to whole thousandths of a visit a month.

Source: Church & ReVelle (1974), The maximal covering location problem; relocation rows as in design section 7.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from placement.coverage import Coverage
from placement.errors import InputError
from placement.models.costs import StationCosts
from placement.values import CoverageProgram, Demand, Floor, LinearRow, Sites
from placement.values._frozen import frozen_array
from placement.values.program import WEIGHT_LIMIT

WEIGHT_SCALE = 1000
"""Weights are whole thousandths of a visit a month."""

Kind = Literal["keep", "give", "open", "move_in"]


@dataclass(frozen=True, kw_only=True)
class Policy:
    """Limits of the plan; None = no limit.

    Parameters
    ----------
    capital_fen, running_fen
        Caps of the two budget lines, fen once and fen a year.
    max_stations, max_moves
        Counts.
    district_floors, age_floors
        Least share of the weight to be covered, by (parent) district and by age group.
    """

    capital_fen: int | None = None
    running_fen: int | None = None
    max_stations: int | None = None
    max_moves: int | None = None
    district_floors: Mapping[str, Fraction] = field(default_factory=dict)
    age_floors: Mapping[str, Fraction] = field(default_factory=dict)


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

    Columns stand in the order keep, give, open, move_in, each by the order of the sites table; ``give`` and ``move_in``
    exist only where a station stands today.

    Raises
    ------
    InputError
        If need adds up to more than integer weights can hold.
    """
    kinds, at = _columns(sites)
    weights = _whole_weights(demand)
    table = sites.table
    program = CoverageProgram(
        **coverage.weighted(weights),
        n_sites=len(sites),
        column_site=np.where(kinds == "give", -1, at),
        column_values=np.zeros(kinds.size, dtype=np.int64),
        linear=_rows(kinds, at, table, costs, policy),
        floors=_floors(weights, demand, policy),
        required=(kinds == "keep") & (table["status"].to_numpy() == "required")[at],
        excluded=(table["status"].to_numpy() == "excluded")[at] & (kinds != "give"),
        column_names=tuple(f"{kind} {site}" for kind, site in zip(kinds, table.index[at], strict=True)),
    )
    return RelocationModel(program=program, kinds=kinds, sites=at)


def _whole_weights(demand: Demand) -> NDArray[np.int64]:
    total = float(demand.weight.sum())
    if not total * WEIGHT_SCALE < WEIGHT_LIMIT:
        problem = f"need adds up to {total:.3g} visits a month, beyond {WEIGHT_LIMIT / WEIGHT_SCALE:.3g}"
        raise InputError.single("population", problem, remedy="check people and demand.trips_per_month")
    return np.rint(demand.weight.T.ravel() * WEIGHT_SCALE).astype(np.int64)


def _columns(sites: Sites) -> tuple[NDArray[np.str_], NDArray[np.int64]]:
    existing = np.flatnonzero(sites.table["existing"].to_numpy(dtype=bool))
    vacant = np.flatnonzero(~sites.table["existing"].to_numpy(dtype=bool))
    parts: list[tuple[Kind, NDArray[np.int64]]] = [("keep", existing), ("give", existing), ("open", vacant)]
    parts += [("move_in", vacant)] if existing.size else []
    kinds = np.concatenate([np.full(places.size, kind, dtype="U7") for kind, places in parts])
    return kinds, np.concatenate([places for _, places in parts])


def _rows(
    kinds: NDArray[np.str_], at: NDArray[np.int64], table: pd.DataFrame, costs: StationCosts, policy: Policy
) -> tuple[LinearRow, ...]:
    rows = list(_pairs(kinds, at, table))
    if (kinds == "give").any():
        columns = np.flatnonzero(np.isin(kinds, ["give", "move_in"]))
        signs = np.where(kinds[columns] == "move_in", 1, -1)
        rows.append(LinearRow(name="tokens", columns=columns, coefficients=signs, limit=0, equality=True))
    if policy.capital_fen is not None:
        rows.append(_capital(kinds, at, costs, policy.capital_fen))
    standing = np.flatnonzero(kinds != "give")
    ones = np.ones(standing.size, dtype=np.int64)
    if policy.running_fen is not None:
        running = costs.running[at[standing]]
        rows.append(LinearRow(name="running", columns=standing, coefficients=running, limit=policy.running_fen))
    if policy.max_stations is not None:
        rows.append(LinearRow(name="max_stations", columns=standing, coefficients=ones, limit=policy.max_stations))
    if policy.max_moves is not None:
        moves = np.flatnonzero(kinds == "move_in")
        ones = np.ones(moves.size, dtype=np.int64)
        rows.append(LinearRow(name="max_moves", columns=moves, coefficients=ones, limit=policy.max_moves))
    return tuple(rows)


def _pairs(kinds: NDArray[np.str_], at: NDArray[np.int64], table: pd.DataFrame) -> list[LinearRow]:
    status = table["status"].to_numpy()
    rows = []
    for site, columns in pd.Series(np.arange(at.size)).groupby(at).indices.items():
        required = status[site] == "required" and kinds[columns[0]] == "open"
        if len(columns) == 1 and not required:
            continue
        ones = np.ones(len(columns), dtype=np.int64)
        name = f"site {table.index[site]}"
        rows.append(LinearRow(name=name, columns=columns, coefficients=ones, limit=1, equality=bool(required)))
    return rows


def capital_amounts(kinds: NDArray[np.str_], at: NDArray[np.int64], costs: StationCosts) -> NDArray[np.int64]:
    """Return (columns,) fen that choosing a column adds to what closing every station would cost."""
    amounts = [costs.purchase[at], costs.move[at]]
    return np.asarray(np.select([kinds == "open", kinds == "move_in"], amounts, default=-costs.close[at]))


def _capital(kinds: NDArray[np.str_], at: NDArray[np.int64], costs: StationCosts, cap_fen: int) -> LinearRow:
    amounts = capital_amounts(kinds, at, costs)
    all_closed = int(costs.close[at[kinds == "keep"]].sum())
    spent = np.flatnonzero(amounts)
    return LinearRow(name="capital", columns=spent, coefficients=amounts[spent], limit=cap_fen - all_closed)


def _floors(weights: NDArray[np.int64], demand: Demand, policy: Policy) -> tuple[Floor, ...]:
    n_points, n_segments = demand.need.shape
    parents = np.tile(demand.points["parent"].to_numpy(), n_segments)
    ages = np.repeat(np.array([segment.age_group for segment in demand.segments], dtype=object), n_points)
    floors = []
    for prefix, labels, shares in (("district", parents, policy.district_floors), ("age", ages, policy.age_floors)):
        for name, share in sorted(shares.items()):
            rows = np.flatnonzero(labels == name)
            minimum = math.ceil(share * int(weights[rows].sum()))
            floors.append(Floor(name=f"floor {prefix} {name}", rows=rows, minimum=minimum))
    return tuple(floors)
