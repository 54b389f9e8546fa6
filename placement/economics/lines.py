r"""Budget lines: one table of what each action at a site adds to each line.

===============  ==========  ==============  ==========  ==============
line             keep        move            close       open
===============  ==========  ==============  ==========  ==============
``purchase``     --          --              --          purchase
``install``      --          install         --          install
``move``         --          move            --          --
``remove``       --          --              remove      --
``close``        --          --              close       --
``rent``         rent        rent            --          rent
``network``      network     network         --          network
``maintenance``  maintenance maintenance     --          maintenance
``staff``        staff       staff           --          staff
===============  ==========  ==============  ==========  ==============

``guides`` is what a guide at a station is paid, and ``publicity`` what is spent on it in all areas: lines of plans that
may have such. Both are spent each year.

Where machines are counted one by one (:mod:`placement.models.machines`), these are of a station with its first
machine, and five more are of single machines: a further one that stands (``run``: maintenance), one that is bought
(``buy``: purchase), moves here (``bring``: move) or is taken away (``scrap``: remove), and a station given up whose
machine moves (``vacate``: close).

The names in the table are items of :class:`~placement.economics.costs.StationCosts`; a move counts at its destination.
The first five are spent once and add up to ``capital``; the others are spent each year and add up to ``running``.
Where a policy looks ahead, ``total`` is capital plus what the running costs of `horizon_years` are worth today:

.. math::

    \text{total} = \text{capital} + \sum_{\text{stations } j}
        \Big\lfloor \text{running}_j \sum_{t=1}^{H} (1 + r)^{-t} + \tfrac12 \Big\rfloor

Capital falls due at once, the running costs of a year at its end; the sum over years is an exact fraction, and each
station's present value, each further machine's, each guide's and that of each area's publicity is rounded to the fen
(half up), so that they add up to the total of the plan.

The rows of a program, the amounts of a plan, the unit in which a cap is too low and the lines of every report come
from this table: a further line is one more entry of :data:`ONCE` or :data:`YEARLY`, a key of ``[budget]``, a field of
:class:`~placement.values.Policy` and its name in words in ``report/text.py``. Consumables less fees are to be such a
line of each year that follows what is covered. The judge (:mod:`placement.judge`) counts with a table of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from placement.economics.costs import StationCosts
from placement.values import BudgetLine, Policy
from placement.values.immutable import immutable
from placement.values.rows import MONEY, YEARLY_MONEY, RowKind
from placement.values.use_cost import CONSUMABLES, FEES, IN_ALL, UseCost

Action = tuple[str, int]
"""What happens (``keep``, ``move``, ``close``, ``open``) and the position of the site at which it does."""


@immutable
@dataclass(frozen=True, kw_only=True)
class Line:
    """One line of the budget.

    Parameters
    ----------
    name
        As in ``[budget]``, plans and reports.
    kind
        Kind of its row: money once, or money a year.
    items
        Action -> items of the station costs; what is not named adds nothing.
    years, rate
        The present value of the yearly items among them is counted, over so many years at so much a year; 0 years:
        items are counted as they are.
    """

    name: str
    kind: RowKind
    items: Mapping[str, tuple[str, ...]]
    years: int = 0
    rate: Fraction = Fraction(0)

    def amounts(self, costs: StationCosts, action: str) -> NDArray[np.int64]:
        """Return (sites,) fen that an action at each site adds to the line."""
        once, yearly = np.zeros(len(costs), dtype=np.int64), np.zeros(len(costs), dtype=np.int64)
        for item in self.items.get(action, ()):
            if self.years and item in _YEARLY_ITEMS:
                yearly += getattr(costs, item)
            else:
                once += getattr(costs, item)
        return once + present_values(yearly, self.years, self.rate) if self.years else once

    def amount(self, costs: StationCosts, action: str, site: int) -> int:
        """Return the fen that an action at one site adds to the line."""
        return int(self.amounts(costs, action)[site])


def _once(name: str, *actions: str) -> Line:
    return Line(name=name, kind=MONEY, items=dict.fromkeys(actions, (name,)))


def _yearly(name: str, *more: str) -> Line:
    return Line(name=name, kind=YEARLY_MONEY, items=dict.fromkeys(("keep", "move", "open", *more), (name,)))


def _sum(name: str, kind: RowKind, lines: Iterable[Line]) -> Line:
    items: dict[str, tuple[str, ...]] = {}
    for line in lines:
        for action, more in line.items.items():
            items[action] = (*items.get(action, ()), *more)
    return Line(name=name, kind=kind, items=items)


ONCE = (
    _once("purchase", "open", "buy"),
    _once("install", "open", "move"),
    _once("move", "move", "bring"),
    _once("remove", "close", "scrap"),
    _once("close", "close", "vacate"),
)
YEARLY = (_yearly("rent"), _yearly("network"), _yearly("maintenance", "run"), _yearly("staff"))
GUIDES = Line(name="guides", kind=YEARLY_MONEY, items={"guide": ("guide",)})
PUBLICITY = Line(name="publicity", kind=YEARLY_MONEY, items={})
_YEARLY_ITEMS = frozenset({*(line.name for line in YEARLY), "guide"})
CAPITAL = _sum("capital", MONEY, ONCE)
"""The line of what actions cost once: what a plan states beside each action, and by which equal plans are compared."""
RUNNING = _sum("running", YEARLY_MONEY, (*YEARLY, GUIDES))

LINES = (*ONCE, CAPITAL, *YEARLY, RUNNING)
"""All lines but the total, of plans without guides and publicity, in the order of rows and reports."""


def lines_of(policy: Policy) -> tuple[Line, ...]:
    """Return the lines of a plan: those of :data:`LINES`, of guides and publicity where it may have such, and the
    total where the policy looks ahead.
    """  # noqa: D205 -- one sentence
    more = (
        *([] if policy.guide_uptake is None else [GUIDES]),
        *([] if policy.publicity_levels is None else [PUBLICITY]),
    )
    at = LINES.index(RUNNING)
    lines = (*LINES[:at], *more, *LINES[at:])
    if policy.horizon_years is None:
        return lines
    both = _sum("total", MONEY, (CAPITAL, RUNNING))
    return (
        *lines,
        Line(name="total", kind=MONEY, items=both.items, years=policy.horizon_years, rate=policy.discount_rate),
    )


def spending_worth(policy: Policy) -> tuple[tuple[str, Fraction], ...]:
    """Return the lines that publicity is part of, and what a fen a year counts there."""
    one, years = Fraction(1), policy.horizon_years
    lines = [(PUBLICITY.name, one), (RUNNING.name, one)]
    return tuple(lines if years is None else [*lines, ("total", present_worth(years, policy.discount_rate))])


def use_lines(use: UseCost | None, covered: tuple[float, float], running: BudgetLine) -> tuple[BudgetLine, ...]:
    """Return the lines that follow use, of a year; none where it is not counted.

    Parameters
    ----------
    use
        What visits cost and bring.
    covered
        Expected use that today's stations and the plan's cover, visits a month.
    running
        What the stations themselves cost a year.
    """
    if use is None:
        return ()
    (used_now, paid_now), (used, paid) = map(use.amounts, covered)
    amounts = {
        CONSUMABLES: (used, used_now),
        FEES: (-paid, -paid_now),
        IN_ALL: (running.amount_fen + used - paid, running.today_fen + used_now - paid_now),
    }
    return tuple(
        BudgetLine(name=name, amount_fen=amount, cap_fen=None, today_fen=today)
        for name, (amount, today) in amounts.items()
    )


def present_values(yearly: NDArray[np.int64], years: int, rate: Fraction) -> NDArray[np.int64]:
    """Return what amounts that fall due at the end of each of some years are worth today, in whole fen, half up.

    Examples
    --------
    >>> present_values(np.array([10_000]), 2, Fraction("0.25")).tolist()  # 8,000 and 6,400
    [14400]
    """
    factor = present_worth(years, rate)
    above, below = factor.numerator, factor.denominator
    rounded = [(2 * each * above + below) // (2 * below) for each in yearly.tolist()]
    return np.array(rounded, dtype=np.int64)


def present_worth(years: int, rate: Fraction) -> Fraction:
    """Return what one that falls due at the end of each of some years is worth today."""
    return sum((1 / (1 + rate) ** year for year in range(1, years + 1)), Fraction(0))


def budget(
    actions: Iterable[Action],
    costs: StationCosts,
    policy: Policy,
    standing: NDArray[np.bool_],
    machines: NDArray[np.int64] | None = None,
    *,
    spend_fen: Iterable[int] = (),
) -> tuple[BudgetLine, ...]:
    """Return what a plan's actions add to every line, beside its cap and what today's stations spend.

    Parameters
    ----------
    actions, costs, policy
        What happens where, what it costs, and the caps.
    standing
        (sites,) where a station stands today.
    machines
        (sites,) machines of those stations, where they are counted one by one.
    spend_fen
        What areas spend on publicity, fen a year.
    """
    spent = np.array([*spend_fen], dtype=np.int64)
    publicity = {"publicity": int(spent.sum()), "running": int(spent.sum())}
    publicity["total"] = int(present_values(spent, policy.horizon_years or 0, policy.discount_rate).sum())
    further = np.zeros(len(costs), dtype=np.int64) if machines is None else np.maximum(0, machines - 1)
    at: dict[str, list[int]] = {}
    for action, site in actions:
        at.setdefault(action, []).append(site)
    return tuple(
        BudgetLine(
            name=line.name,
            amount_fen=publicity.get(line.name, 0)
            + sum(int(line.amounts(costs, action)[sites].sum()) for action, sites in at.items()),
            cap_fen=policy.cap_fen(line.name),
            today_fen=int(line.amounts(costs, "keep")[standing].sum() + line.amounts(costs, "run") @ further),
        )
        for line in lines_of(policy)
    )
