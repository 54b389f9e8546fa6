"""What a model is: columns, rows and the meaning of both.

A model is one function of a :class:`~placement.case.Case`; it returns the integer program beside the meaning of its
columns. What follows (solving, equal plans, actions, money, why there is no plan) reads that meaning and knows no model
by name.

How to add a model
------------------
1. One file in ``placement/models/`` with one function that keeps to :class:`Model`. ``models/parts.py`` has columns,
   rows and floors to choose from; ``maximal_coverage.py`` uses all of them.
2. One line in ``placement/values/objectives.py``: the objective's name and where the function is. A model that lives
   elsewhere is registered by :func:`placement.models.register` instead.
3. One entry in ``ALLOWED`` of ``tests/models/test_contract.py``: what may happen at a site, and any rule of the
   model's own, for its brute force. A second solver, the judge's recount, money and decoding are then compared by
   themselves. (The brute force counts covered weight; a model that maximises something else brings its own count.)
4. The judge rebuilds programs by code of its own. Until ``placement/judge/program.py`` has the new one and names it in
   ``JUDGED``, plans are made and written, and ``placement verify`` refuses to judge them.

A kind of column that is none of :data:`DECISIONS` is a :class:`Decision` in the `decisions` of its :class:`Columns`,
and one more list of ``DecisionsPart`` in ``placement/report/infeasible_json.py``. An action that is none of ``ACTIONS``
(``placement/values/plan.py``) is a word of every file and report: look for that name.

How to add a row kind
---------------------
A row that is linear in the columns needs no change of the solver, of certificates or of the judge's check of them: they
take whole coefficients and a limit. In the model's file, make a :class:`~placement.values.LinearRow` with a
:class:`~placement.values.RowKind` of its own: its unit, and whether it says what decisions mean (``structural``) or is
a limit that a planner may let go. A limit is named where a program has no plan, with how far it must give way. A row
that is one more limit on actions, or one more budget line, is no new kind: an entry of ``COUNTED`` in
``placement/values/limits.py``, or of ``ONCE`` or ``YEARLY`` in ``placement/economics/lines.py``. Limits by what a site
is stand in ``models/site_limits.py``, with what a plan makes of each in ``placement/plan/limits.py``. A row that also
takes in what is covered is a floor (:class:`~placement.values.Floor`); rows of any other form are rows of the engine:
``placement/solve/README.md``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from placement.case import Case
from placement.economics import CAPITAL, Action, Line, StationCosts
from placement.values import CoverageProgram
from placement.values.arrays import frozen_array
from placement.values.immutable import immutable
from placement.values.limits import COUNTED
from placement.values.rows import MONEY

WEIGHT_SCALE = 1000
"""Weights are whole thousandths of a visit a month."""

STANDING = frozenset({"keep", "move", "open"})
"""Actions after which a station stands at the site."""
LEAVE = "leave"
"""What happens where a move begins; the move itself is an action at its destination."""

Amounts = Callable[[str], NDArray[np.int64]]
"""Action -> (sites,) what it adds where it happens."""


@dataclass(frozen=True, kw_only=True)
class Decision:
    """What choosing a column does at its site.

    Parameters
    ----------
    does
        The action: one of ``ACTIONS``, or :data:`LEAVE`.
    spares
        The action that happens at the site unless a column that spares it is chosen there; None: nothing happens.
    counts
        What money and limits count where the column is chosen; by default what it does.
    undoes
        What they count less.
    """

    does: str
    spares: str | None = None
    counts: tuple[str, ...] | None = None
    undoes: tuple[str, ...] = ()

    @property
    def counted(self) -> tuple[str, ...]:
        """What is counted where the column is chosen."""
        return (self.does,) if self.counts is None else self.counts

    @property
    def saved(self) -> tuple[str, ...]:
        """What is counted less where the column is chosen."""
        return self.undoes if self.spares is None else (self.spares, *self.undoes)


DECISIONS: Mapping[str, Decision] = {
    "keep": Decision(does="keep", spares="close"),
    "give": Decision(does=LEAVE, spares="close"),
    "open": Decision(does="open"),
    "move_in": Decision(does="move"),
    "guide": Decision(does="guide"),
}
"""Kinds of columns: the station stays, moves away, is bought, moves here; a guide is there. A station that does nothing
is closed."""


@immutable
@dataclass(frozen=True, kw_only=True, eq=False)
class Columns:
    """What each column of a program decides, and where.

    Parameters
    ----------
    kinds
        (columns,) names in `decisions`.
    sites
        (columns,) position of the column's site in the sites table.
    decisions
        What each kind does.
    """

    kinds: NDArray[np.str_]
    sites: NDArray[np.int64]
    decisions: Mapping[str, Decision] = field(default_factory=lambda: DECISIONS)

    def __post_init__(self) -> None:
        object.__setattr__(self, "kinds", frozen_array(self.kinds))
        object.__setattr__(self, "sites", frozen_array(self.sites, np.int64))

    def doing(self, actions: Iterable[str]) -> NDArray[np.bool_]:
        """Return (columns,) whether choosing a column does one of `actions`."""
        wanted = set(actions)
        kinds = [kind for kind, decision in self.decisions.items() if decision.does in wanted]
        return np.isin(self.kinds, kinds)

    def spared(self) -> dict[str, NDArray[np.int64]]:
        """Return action -> sites at which it happens unless a column spares it."""
        actions = {decision.spares for decision in self.decisions.values()} - {None}
        return {action: np.unique(self.sites[self._sparing(action)]) for action in sorted(map(str, actions))}

    def adds(self, amounts: Amounts) -> NDArray[np.int64]:
        """Return (columns,) what choosing a column adds, less what it spares."""
        total = np.zeros(self.sites.size, dtype=np.int64)
        for kind, decision in self.decisions.items():
            here = self.kinds == kind
            for event in decision.counted:
                total[here] += amounts(event)[self.sites[here]]
            for event in decision.saved:
                total[here] -= amounts(event)[self.sites[here]]
        return total

    def base(self, amounts: Amounts) -> int:
        """Return what it adds up to where no column is chosen."""
        return sum(int(amounts(action)[sites].sum()) for action, sites in self.spared().items())

    def paying(self, line: Line, added: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the columns that the row of a budget line lists; `added` is what each adds to it, (columns,) fen.

        Fingerprints hold which columns a row lists: those that cost or save something once, those that stand each year.
        """
        return np.flatnonzero(added if line.kind == MONEY else self.doing(line.items))

    def actions(self, chosen: NDArray[np.bool_]) -> tuple[Action, ...]:
        """Return what happens at which site where some columns are chosen."""
        done: list[Action] = []
        for kind, decision in self.decisions.items():
            done += [(decision.does, int(site)) for site in self.sites[chosen & (self.kinds == kind)]]
        for action, sites in self.spared().items():
            saved = self.sites[chosen & self._sparing(action)]
            done += [(action, int(site)) for site in np.setdiff1d(sites, saved)]
        return tuple(done)

    def _sparing(self, action: str) -> NDArray[np.bool_]:
        kinds = [kind for kind, decision in self.decisions.items() if decision.spares == action]
        return np.isin(self.kinds, kinds)


@immutable
@dataclass(frozen=True, kw_only=True, eq=False)
class Formulated:
    """A program and the meaning of its columns.

    Parameters
    ----------
    program
        The integer program; its columns are named by kind, a blank, and the site's id.
    columns
        What each column decides.
    costs
        What actions cost.
    scale
        Units of the program's value that make one unit of the plan's (a visit a month); below 0 where the plan's is
        what it costs (yuan a year).
    """

    program: CoverageProgram
    columns: Columns
    costs: StationCosts
    scale: int = WEIGHT_SCALE

    @property
    def kinds(self) -> NDArray[np.str_]:
        """(columns,) kinds of decisions."""
        return self.columns.kinds

    @property
    def sites(self) -> NDArray[np.int64]:
        """(columns,) positions of sites in their table."""
        return self.columns.sites

    @property
    def giving(self) -> NDArray[np.int64]:
        """Columns by which a station gives its machines away."""
        return np.flatnonzero(self.columns.doing({LEAVE}))

    @property
    def receiving(self) -> NDArray[np.int64]:
        """Columns by which a site receives the machines of a station."""
        return np.flatnonzero(self.columns.doing({"move"}))

    def actions(self, chosen: NDArray[np.bool_]) -> tuple[Action, ...]:
        """Return what happens at which site: every action, and :data:`LEAVE` where a move begins."""
        return self.columns.actions(chosen)

    def standing(self, chosen: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Return (sites,) whether a station stands after the plan."""
        stands = np.zeros(len(self.costs), dtype=bool)
        stands[self.sites[chosen & self.columns.doing(STANDING)]] = True
        return stands

    def action_costs(self) -> tuple[NDArray[np.int64], ...]:
        """Return what columns count where optima are equal, (columns,) each: actions, further machines, then fen."""
        none, one = np.zeros(len(self.costs), dtype=np.int64), np.ones(len(self.costs), dtype=np.int64)
        changes = self.columns.adds(lambda action: one if action in COUNTED["max_changes"] else none)
        further = self.columns.adds(lambda action: one if action == "run" else none)
        money = self.columns.adds(lambda action: CAPITAL.amounts(self.costs, action))
        return (changes, further, money) if further.any() else (changes, money)


class Model(Protocol):
    """A function from a case, which holds what a plan is made from and its policy, to a program."""

    def __call__(self, case: Case) -> Formulated:
        """Return the program of one objective under the case's policy.

        Raises
        ------
        InputError
            If the program cannot be written in whole numbers.
        """
        ...
