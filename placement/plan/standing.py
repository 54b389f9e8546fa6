"""What a set of stations is worth under a policy, and the limits that it does not keep: counted, nothing solved."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from placement.case import Case
from placement.errors import InputError
from placement.models import Formulated, model_of
from placement.models.model import LEAVE, STANDING
from placement.plan.visits import Asked, asked_of_visits
from placement.solve.capture.idle import idle_sites, too_few
from placement.solve.capture.rows import FLOOR_NAME, IDLE_NAME, MOST_NAME
from placement.solve.program.recount import covered_rows, exact_sum, open_sites, recount
from placement.values import CoverageProgram
from placement.values.arrays import BoolArray
from placement.values.infeasible import WEIGHT_UNIT
from placement.values.objectives import LEAST_COST
from placement.values.phases import refuse_phases
from placement.values.visits_certificate import VISITS_FLOOR
from placement.values.what_if import EXCLUDED, REQUIRED, Broken

_STATIONS = "stations"


@dataclass(frozen=True, kw_only=True, eq=False)
class Question:
    """The program of a case, and what it asks of visits.

    Parameters
    ----------
    case
        What plans are made from.
    model
        Its program.
    asked
        What it asks of visits; None where they do not count.
    """

    case: Case
    model: Formulated
    asked: Asked | None

    @classmethod
    def of(cls, case: Case) -> Question:
        """Return the program of a case under its own policy.

        Raises
        ------
        InputError
            If the policy's objective or limits cannot be written down, it counts machines or costs alone or has phases.
        """
        refuse_phases("the question", case.policy.phases)
        if case.policy.objective == LEAST_COST:
            problem = "plans of the least cost are not worth what they cover, and such questions count that"
            raise InputError.single("policy", problem, row="objective", remedy='ask with objective = "coverage"')
        if case.policy.max_machines is not None:
            problem = "is about stations alone, and the policy counts machines one by one"
            raise InputError.single("policy", problem, row="max_machines", remedy="leave it out to ask this")
        model = model_of(case.policy.objective)(case)
        return cls(case=case, model=model, asked=asked_of_visits(case, model))

    def numbered(self, standing: BoolArray) -> BoolArray:
        """Return a (sites,) mask in the program's order of sites."""
        return np.asarray(standing[self.case.coverage.by_ids().sites])

    def chosen(self, actions: pd.DataFrame) -> BoolArray:
        """Return (columns,) bool: the columns that do what a plan's actions say."""
        done = set(zip(actions["action"], actions["site_id"], strict=True))
        done |= {(LEAVE, origin) for origin in actions["from_site_id"] if origin}
        columns, ids = self.model.columns, self.case.sites.ids
        does = [columns.decisions[kind].does for kind in columns.kinds.tolist()]
        return np.array([(what, ids[site]) in done for what, site in zip(does, columns.sites, strict=True)], dtype=bool)

    def exchanged(self, chosen: BoolArray, site: int, other: int) -> BoolArray | None:
        """Return chosen columns with what brings a station to one site done at another; None where it cannot be.

        `site` and `other` are positions in the table of sites.
        """
        kinds, sites = self.model.columns.kinds, self.model.columns.sites
        standing = self.model.columns.doing(STANDING)
        here = np.flatnonzero(chosen & standing & (sites == site))
        there = np.flatnonzero((sites == other) & (kinds == kinds[here[0]])) if here.size else here
        if not there.size or (chosen & (sites == other)).any():
            return None
        changed = chosen.copy()
        changed[here], changed[there] = False, True
        return changed

    def may_exchange(self, chosen: BoolArray, site: int) -> BoolArray:
        """Return (sites,) where a station may stand in place of one of chosen columns by all limits on sums.

        Floors and what is asked of visits are not looked at.
        """
        columns, program = self.model.columns, self.model.program
        here = np.flatnonzero(chosen & columns.doing(STANDING) & (columns.sites == site))
        free = np.zeros(len(self.case.sites), dtype=np.bool_)
        if not here.size:
            return free
        at = np.flatnonzero((columns.kinds == columns.kinds[here[0]]) & ~program.excluded & ~chosen)
        allowed = np.ones(at.size, dtype=np.bool_)
        for row in program.linear:
            coefficient = np.zeros(program.n_columns, dtype=np.int64)
            coefficient[row.columns] = row.coefficients
            amount = exact_sum(coefficient[chosen]) + coefficient[at] - coefficient[here[0]]
            allowed &= (amount == row.limit) if row.equality else (amount <= row.limit)
        free[columns.sites[at[allowed]]] = True
        return free

    def worth(self, chosen: BoolArray) -> float:
        """Return what chosen columns are worth, visits a month: covered weight, and visits by their weight."""
        return self.whole_worth(chosen) / self.model.scale

    def whole_worth(self, chosen: BoolArray) -> int:
        """Return the same in the program's own units."""
        model, asked = self.model, self.asked
        covered = recount(model.program, chosen).objective
        if asked is None:
            return covered
        visits = asked.capture.total(open_sites(model.program, chosen))
        return visits if asked.alone else asked.aim.worth(covered, visits)

    def broken(self, chosen: BoolArray) -> tuple[Broken, ...]:
        """Return the limits that chosen columns do not keep: of money and counts, floors, sites, then of visits."""
        return (*_limits(self.model, chosen), *_sites(self.model, chosen, self.case), *self._of_visits(chosen))

    def _of_visits(self, chosen: BoolArray) -> Iterator[Broken]:
        program, asked = self.model.program, self.asked
        if asked is None:
            return
        seen = asked.capture.total(open_sites(program, chosen))
        if asked.aim.floor is not None and seen < asked.aim.floor:
            yield Broken(name=FLOOR_NAME, unit=VISITS_FLOOR.unit, amount=seen, allowed=asked.aim.floor)
        if asked.aim.most_idle is not None:
            idle = idle_sites(asked.capture, open_sites(program, chosen), asked.aim.idle_below).size
            if idle > asked.aim.most_idle:
                yield Broken(name=MOST_NAME, unit=_STATIONS, amount=idle, allowed=asked.aim.most_idle)
        if asked.aim.least is not None:
            new = np.zeros(program.n_columns, dtype=np.bool_)
            new[asked.aim.new] = True
            few = [idle.site for idle in too_few(program, asked.capture, new, asked.aim.least, chosen)]
            if few:
                ids = self.case.sites.ids[self.case.coverage.by_ids().sites[few]]
                least = (self.case.policy.min_visits_new or 0) * self.model.scale
                fewest = min(asked.capture.station(site, open_sites(program, chosen)) for site in few)
                yield Broken(
                    name=IDLE_NAME, unit=VISITS_FLOOR.unit, amount=fewest, allowed=least, sites=tuple(map(str, ids))
                )


def _limits(model: Formulated, chosen: BoolArray) -> Iterator[Broken]:
    program = model.program
    for row in program.linear:
        amount = exact_sum(row.coefficients[chosen[row.columns]])
        if not row.kind.structural and amount > row.limit:
            yield Broken(name=row.name, unit=row.kind.unit, amount=amount + row.base, allowed=row.limit + row.base)
    for floor, covered in zip(program.floors, _in_floors(program, chosen), strict=True):
        if covered < floor.minimum:
            yield Broken(name=floor.name, unit=WEIGHT_UNIT, amount=covered, allowed=floor.minimum)


def _in_floors(program: CoverageProgram, chosen: BoolArray) -> list[int]:
    """Return the weight that is covered of each floor's rows."""
    if not program.floors:
        return []
    stands = open_sites(program, chosen)
    won = np.concatenate([np.where(covered_rows(covers, stands), weights, 0) for covers, weights in program.blocks()])
    return [int(won[floor.rows].sum()) for floor in program.floors]


def _sites(model: Formulated, chosen: BoolArray, case: Case) -> Iterator[Broken]:
    table, stands = case.sites.table, model.standing(chosen)
    status = table["status"].to_numpy()
    for name, wrong in ((REQUIRED, (status == "required") & ~stands), (EXCLUDED, (status == "excluded") & stands)):
        if wrong.any():
            ids = tuple(sorted(str(site) for site in table.index[wrong]))
            yield Broken(name=name, unit=_STATIONS, amount=len(ids), allowed=0, sites=ids)
