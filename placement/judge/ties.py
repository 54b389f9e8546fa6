"""What "tie_broken" promises, as far as it can be counted without a solver: on the same sites there is no plan first.

Where a station stands after the plan is given, what is left to say is which of those that leave give their machines to
which of those that arrive. With g that leave, a that arrive and m moves, there are g + a - m actions, and the money is
what it costs to close and to open all of them, less d_e for each that gives (it is not closed), plus m_j - f_j for each
that receives (moved to, not bought for). Both sums are least by themselves: the m dearest closings, the m cheapest
differences. Of those that must give or receive at that least money, and those that may, the shortest pairing is an
assignment problem: who may but does not is paired with a place that stands for it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from placement.judge.facts import ITEMS, once, worth_today
from placement.judge.rules import Claims
from placement.pipeline.prepare import Prepared
from placement.travel.between import distances_mm
from placement.values.arrays import IntArray
from placement.values.immutable import held


@dataclass(frozen=True, eq=False)
class _Ends:
    """Sites at one end of moves, what each adds to the money by moving, and how many of them move.

    None of them is fixed to close, or to be bought for.
    """

    sites: list[str]
    amounts: IntArray
    count: int

    @classmethod
    def of(cls, prepared: Prepared, sites: list[str], count: int, *, leaving: bool) -> _Ends:
        """Return the ends at the given sites."""
        fixed = held(prepared.sites, "table")["action_fixed"]
        sites = [site for site in sites if fixed[site] != ("close" if leaving else "open")]
        if leaving:
            amounts = [-once(prepared, site, "close") for site in sites]
        else:
            amounts = [once(prepared, site, "move") - once(prepared, site, "open") for site in sites]
        return cls(sites, np.array(amounts, dtype=np.int64), count)

    def least(self) -> int:
        """Return the least that so many of them can add."""
        return int(np.sort(self.amounts)[: self.count].sum())

    def certain(self) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """Return who must move, and who may, where money is least."""
        if not self.count:
            nobody = np.zeros(self.amounts.size, dtype=bool)
            return nobody, nobody
        border = np.sort(self.amounts)[self.count - 1]
        return self.amounts < border, self.amounts <= border


def tie_faults(claims: Claims, prepared: Prepared) -> Iterator[str]:
    """Yield how a plan on the same sites comes before this one: fewer actions, less money, or shorter moves.

    Nothing is said where single items spent once have caps: which moves they allow is no matter of sums.
    """
    if any(getattr(prepared.study.budget, item) is not None for item in ITEMS):
        return
    leaving = sorted([*claims.close, *(origin for origin, _ in claims.move)])
    arriving = sorted([*claims.open, *(to for _, to in claims.move)])
    moves = len(claims.move)
    more = _more_moves(prepared, leaving, arriving, moves, _most_once(prepared, claims))
    if more is not None:
        fewer = len(leaving) + len(arriving) - more
        yield f"tie_broken: the same sites are possible with {fewer} actions, the plan has {fewer + more - moves}"
        return
    ends = _ends(prepared, leaving, arriving, moves)
    spent = _money(prepared, leaving, arriving) + _added(prepared, claims)
    least = _money(prepared, leaving, arriving) + sum(end.least() for end in ends)
    if spent != least:
        yield (
            f"tie_broken: the same sites are possible for {least / 100:.2f} yuan in as many actions, "
            f"the plan spends {spent / 100:.2f}"
        )
        return
    if moves:
        yield from _length_faults(claims, prepared, *ends)


def _ends(prepared: Prepared, leaving: list[str], arriving: list[str], moves: int) -> tuple[_Ends, _Ends]:
    return (
        _Ends.of(prepared, leaving, moves, leaving=True),
        _Ends.of(prepared, arriving, moves, leaving=False),
    )


def _money(prepared: Prepared, leaving: list[str], arriving: list[str]) -> int:
    """Return what it costs to close all that leave and to buy for all that arrive."""
    closing = sum(once(prepared, site, "close") for site in leaving)
    return closing + sum(once(prepared, site, "open") for site in arriving)


def _added(prepared: Prepared, claims: Claims) -> int:
    ends = _ends(prepared, [o for o, _ in claims.move], [d for _, d in claims.move], len(claims.move))
    return sum(int(end.amounts.sum()) for end in ends)


def _most_once(prepared: Prepared, claims: Claims) -> int | None:
    """Return what may be spent once on the same sites, by the caps of capital and of the total; None: no cap."""
    budget = prepared.study.budget
    caps = [] if budget.capital is None else [budget.capital]
    if budget.total is not None:
        caps.append(budget.total - sum(worth_today(prepared, site) for site in claims.standing))
    return min(caps, default=None)


def _more_moves(prepared: Prepared, leaving: list[str], arriving: list[str], moves: int, cap: int | None) -> int | None:
    """Return a larger number of moves that the limits allow on the same sites; each saves an action."""
    most = min(len(end.sites) for end in _ends(prepared, leaving, arriving, moves))
    if prepared.study.policy.max_moves is not None:
        most = min(most, prepared.study.policy.max_moves)
    for count in range(moves + 1, most + 1):
        least = _money(prepared, leaving, arriving)
        least += sum(end.least() for end in _ends(prepared, leaving, arriving, count))
        if cap is None or least <= cap:
            return count
    return None


def _length_faults(claims: Claims, prepared: Prepared, giving: _Ends, receiving: _Ends) -> Iterator[str]:
    table = prepared.sites.table
    must_give, may_give = giving.certain()
    must_take, may_take = receiving.certain()
    origins = [site for site, may in zip(giving.sites, may_give, strict=True) if may]
    destinations = [site for site, may in zip(receiving.sites, may_take, strict=True) if may]
    lengths = distances_mm(table.loc[origins], table.loc[destinations], prepared.streets)
    stay, vacant = len(origins) - giving.count, len(destinations) - receiving.count
    square = np.full((len(origins) + vacant, len(destinations) + stay), np.inf)
    square[: len(origins), : len(destinations)] = lengths
    square[: len(origins), len(destinations) :][~must_give[may_give]] = 0
    square[len(origins) :, : len(destinations)][:, ~must_take[may_take]] = 0
    least = int(square[linear_sum_assignment(square)].sum())
    row, column = ({site: place for place, site in enumerate(sites)} for sites in (origins, destinations))
    claimed = int(sum(lengths[row[origin], column[to]] for origin, to in claims.move))
    if claimed != least:
        yield (
            f"tie_broken: moves add up to {claimed / 1e6:.3f} km, the same sites and money are possible with "
            f"{least / 1e6:.3f} km"
        )
