"""Chosen machines into actions: who grows, shrinks, opens and closes, and which machine goes where.

The program says how many machines stand at each site, and how many of those gained and lost in each class of equal
costs move. Machines that leave and places that receive one are paired by least total walk
(:mod:`placement.plan.pairing`); what is left over is bought, or taken away.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np
import pandas as pd

from placement.case import Case
from placement.economics import CAPITAL, Action
from placement.models.machines import MachineColumns, Room, gain_classes, loss_classes
from placement.plan.pairing import pair_machines
from placement.values.arrays import BoolArray, IntArray
from placement.values.machines import MachineMove, MachinesChange
from placement.values.plan import ACTION_COLUMNS


@dataclass(frozen=True, kw_only=True, eq=False)
class Machines:
    """What becomes of every machine.

    Parameters
    ----------
    before, after
        (sites,) machines that stand.
    moved
        (origin, destination) positions of sites, one pair a machine.
    """

    before: IntArray
    after: IntArray
    moved: tuple[tuple[int, int], ...]

    @classmethod
    def of(cls, columns: MachineColumns, chosen: BoolArray, case: Case) -> Machines:
        """Return what chosen columns say, those that move paired."""
        before, after = Room.of(case).today, columns.machines(chosen, len(case.sites))
        lost, gained = np.maximum(0, before - after), np.maximum(0, after - before)
        moved = pair_machines(
            case.sites.table, case.streets, leaving=lost, coming=gained,
            sent=_counts(columns, chosen, "send", loss_classes(case)), leaving_class=loss_classes(case),
            brought=_counts(columns, chosen, "bring", gain_classes(case)), coming_class=gain_classes(case),
        )  # fmt: skip
        return cls(before=before, after=after, moved=tuple(moved))

    @property
    def happening(self) -> tuple[Action, ...]:
        """What is paid for and counted, where: of a station that comes or goes first one of its machines that moves."""
        sent, brought = (Counter(pair[end] for pair in self.moved) for end in (0, 1))
        done: list[Action] = []
        for site, (was, now) in enumerate(zip(self.before.tolist(), self.after.tolist(), strict=True)):
            moves, buys = brought[site], max(0, now - was) - brought[site]
            leaves, scraps = sent[site], max(0, was - now) - sent[site]
            if now and not was:
                done.append(("move" if moves else "open", site))
                moves, buys = (moves - 1, buys) if moves else (0, buys - 1)
            elif now:
                done.append(("keep", site))
            elif was:
                done.append(("vacate" if leaves else "close", site))
                scraps -= not leaves
            done += [("run", site)] * max(0, now - 1) + [("bring", site)] * moves
            done += [("buy", site)] * buys + [("scrap", site)] * scraps
        return tuple(done)

    @property
    def actions(self) -> tuple[Action, ...]:
        """What becomes of each station."""
        return tuple(
            (_action(was, now), site)
            for site, (was, now) in enumerate(zip(self.before.tolist(), self.after.tolist(), strict=True))
            if was or now
        )

    @property
    def stations(self) -> tuple[Action, ...]:
        """The same, where a station that stays is kept whatever its machines."""
        return tuple(("keep" if action in {"grow", "shrink"} else action, site) for action, site in self.actions)

    def frame(self, case: Case) -> pd.DataFrame:
        """Return one action a station that stands before or after, with the columns of ``ACTION_COLUMNS``, by site."""
        cost: Counter[int] = Counter()
        for action, site in self.happening:
            cost[site] += CAPITAL.amount(case.costs, action, site)
        ids = case.sites.ids
        rows = [(ids[at], action, "", self.before[at], self.after[at], cost[at]) for action, at in self.actions]
        frame = pd.DataFrame(sorted(rows, key=lambda row: str(row[0])), columns=list(ACTION_COLUMNS))
        return frame.astype({"machines_before": int, "machines_after": int, "cost_fen": int})

    def change(self, case: Case) -> MachinesChange:
        """Return the numbers, and the moves by ids."""
        ids = case.sites.ids
        moves = Counter((str(ids[start]), str(ids[to])) for start, to in self.moved)
        gained, lost = (int(np.maximum(0, sign * (self.after - self.before)).sum()) for sign in (1, -1))
        return MachinesChange(
            before=int(self.before.sum()),
            after=int(self.after.sum()),
            bought=gained - len(self.moved),
            removed=lost - len(self.moved),
            moves=tuple(MachineMove(from_site_id=a, to_site_id=b, machines=n) for (a, b), n in sorted(moves.items())),
        )


def _action(was: int, now: int) -> str:
    if not was:
        return "open"
    if not now:
        return "close"
    return "keep" if now == was else "grow" if now > was else "shrink"


def _counts(columns: MachineColumns, chosen: BoolArray, kind: str, classes: IntArray) -> IntArray:
    """Return (classes,) how many machines of each class move."""
    here = chosen & (columns.kinds == kind)
    return np.bincount(classes[columns.sites[here]], minlength=int(classes.max(initial=0)) + 1)
