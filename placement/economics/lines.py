"""Budget lines: one table of what each action at a site adds to each line.

===========  =========  =========  =========  =========
line         keep       move       close      open
===========  =========  =========  =========  =========
``capital``  --         move       close      purchase
``running``  running    running    --         running
===========  =========  =========  =========  =========

The names in the table are items of :class:`~placement.economics.costs.StationCosts`. A move counts at its destination.
The rows of a program, the amounts of a plan, the unit in which a cap is too low and the lines of every report come
from this table: a further line is one more entry of :data:`LINES`, and its name in words in ``report/text.py``. Its
cap, if it is to have one, is a key of ``[budget]`` and a field of :class:`~placement.values.Policy`. The
judge (:mod:`placement.judge`) counts with a table of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from placement.economics.costs import StationCosts
from placement.values import BudgetLine, Policy
from placement.values.immutable import immutable
from placement.values.rows import MONEY, YEARLY_MONEY, RowKind

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
        Action -> item of the station costs; what is not named adds nothing.
    """

    name: str
    kind: RowKind
    items: Mapping[str, str]

    def amounts(self, costs: StationCosts, action: str) -> NDArray[np.int64]:
        """Return (sites,) fen that an action at each site adds to the line."""
        item = self.items.get(action)
        return np.zeros(len(costs), dtype=np.int64) if item is None else np.asarray(getattr(costs, item))

    def amount(self, costs: StationCosts, action: str, site: int) -> int:
        """Return the fen that an action at one site adds to the line."""
        return int(getattr(costs, self.items[action])[site]) if action in self.items else 0


CAPITAL = Line(name="capital", kind=MONEY, items={"move": "move", "close": "close", "open": "purchase"})
"""The line of what actions cost once: what a plan states beside each action, and by which equal plans are compared."""
RUNNING = Line(name="running", kind=YEARLY_MONEY, items={"keep": "running", "move": "running", "open": "running"})

LINES = (CAPITAL, RUNNING)
"""All lines, in the order of rows and reports."""


def budget(actions: Iterable[Action], costs: StationCosts, policy: Policy) -> tuple[BudgetLine, ...]:
    """Return what a plan's actions add to every line, beside its cap."""
    done = list(actions)
    return tuple(
        BudgetLine(
            name=line.name,
            amount_fen=sum(line.amount(costs, action, site) for action, site in done),
            cap_fen=policy.cap_fen(line.name),
        )
        for line in LINES
    )
