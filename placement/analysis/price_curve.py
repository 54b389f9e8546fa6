r"""What money buys: the best plan at each limit, and one concave bound of all limits at once.

For any prices :math:`\theta \ge 0` of the row :math:`a x \le B` and the bound U of its program, no plan under another
limit :math:`B'` is worth more than :math:`U + \theta (B' - B)`: the right side is what the same prices prove there. The
least of these lines over all points is concave, and bounds the frontier everywhere. A plan within a limit is one within
any wider limit, and a bound of the wider limit one of the narrower, so that neither ever falls from point to point.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np

from placement.analysis.asking import Asking, Found
from placement.case import Case
from placement.errors import InfeasibleError, InputError, NoSolutionError
from placement.notes import Note
from placement.plan.optimise import optimise
from placement.progress import FRONTIER, Progress
from placement.values import Policy, PriceCurve, PricePoint, SolveOptions
from placement.values.checks import Faults, is_number, shown
from placement.values.limits import A_YEAR, SUMS

GOODS = ("coverage", "worth")
FLOOR = "floor "
"""A floor is named by this and its district or age group."""
AGAINST = (*SUMS, "stations", f"{FLOOR}NAME")
GAP = 0.001
"""Gap at which the search for each point may stop."""
POINTS = 20
_HALVINGS = 10
"""Steps in which the least limit is looked for: a thousandth of the widest is near enough."""
_FEN_A_YUAN = 100


def price_curve(
    case: Case, good: str, against: str, *, limits: Sequence[float] | None, points: int, gap: float, progress: Progress
) -> PriceCurve:
    """Return the best plan at each limit; see :func:`placement.analysis.frontier`."""
    limited = _Limited.of(case, good, against, gap)
    progress.stage(FRONTIER, "how far limits reach")
    asked = limited.grid(points) if limits is None else _checked(limits)
    found: list[tuple[float, Asking, Found]] = []
    lines: list[tuple[float, float]] = []
    notes: list[str] = []
    for number, limit in enumerate(asked):
        progress.stage(FRONTIER, f"plan {number + 1} of {len(asked)}")
        asking = Asking.of(limited.case(limit))
        start = found[-1][2].chosen if found and not against.startswith(FLOOR) else None
        try:
            best = asking.best(gap=gap, start=start)
        except NoSolutionError:
            notes.append(Note("{against} {limit:g}: no plan was found in time", against=Note(against), limit=limit))
            continue
        if best.chosen is None:
            notes.append(Note("{against} {limit:g}: no plan keeps all limits", against=Note(against), limit=limit))
            continue
        lines += limited.line(asking, limit)
        found.append((limit, asking, best))
    return PriceCurve(
        good=good, against=against, unit=limited.unit, points=tuple(_points(found, lines, limited, gap)),
        lines=tuple(lines), notes=tuple(notes),
    )  # fmt: skip


def _checked(limits: Sequence[float]) -> list[float]:
    faults = Faults("frontier")
    for place, limit in enumerate(limits):
        if not is_number(limit) or not 0 <= limit < math.inf:
            faults.add(f"limit is {shown(limit)}", row=str(place), remedy="give numbers of 0 or more")
    faults.raise_any()
    return sorted({float(limit) for limit in limits})


def _points(
    found: list[tuple[float, Asking, Found]], lines: list[tuple[float, float]], limited: _Limited, gap: float
) -> list[PricePoint]:
    """Return the points with bounds that never fall; of floors, a wider limit is a lower one."""
    made: list[PricePoint] = []
    wider = math.inf
    for limit, asking, best in sorted(found, key=lambda each: each[0], reverse=not limited.is_floor):
        network, scale = asking.network(best, gap), asking.question.model.scale
        proven = [intercept + slope * limit for intercept, slope in lines]
        bound = wider = min(wider, network.bound, *proven)
        # Prices are floating-point sums of whole numbers: a bound is never said to lie below its plan.
        bound = max(bound, network.worth)
        price = None if limited.is_floor else limited.price(asking)
        made.append(
            PricePoint(
                limit=limit, network=replace(network, bound=bound), bound=bound, binds=_binding(asking),
                price=None if price is None else price / scale,
            )
        )  # fmt: skip
    return sorted(made, key=lambda point: point.limit)


def _binding(asking: Asking) -> tuple[str, ...]:
    """Return the limits that have a price."""
    prices = None if asking.majorised is None else asking.majorised.prices
    if prices is None:
        return ()
    program = asking.question.model.program
    rows = [
        row.name
        for row, price in zip(program.linear, prices.linear, strict=True)
        if price > 0 and not row.kind.structural
    ]
    return (*rows, *(each.name for each, price in zip(program.floors, prices.floors, strict=True) if price > 0))


@dataclass(frozen=True, kw_only=True, eq=False)
class _Limited:
    """A case whose limit of one thing is set."""

    base: Case
    against: str

    @classmethod
    def of(cls, case: Case, good: str, against: str, gap: float) -> _Limited:
        """Return it, the objective being coverage alone where that is the good."""
        known = against in {*SUMS, "stations"} or against.startswith(FLOOR)
        if good not in GOODS or not known:
            problem = f"goods are {good!r} and {against!r}"
            remedy = f"give {' or '.join(GOODS)}, and one of: visits, {', '.join(AGAINST)}"
            raise InputError.single("frontier", problem, remedy=remedy)
        policy = case.policy
        if good == "coverage":
            policy = policy.but(objective="coverage", visits_weight=0 if case.capture is not None else None)
        if against == "total" and policy.horizon_years is None:
            raise InputError.single(
                "frontier", "the total counts some years", row="total", remedy="give budget.horizon_years"
            )
        options: SolveOptions = case.options.but(gap=gap)
        return cls(base=case.but(policy=policy, options=options), against=against)

    @property
    def is_floor(self) -> bool:
        """Whether more of the limit asks more of plans."""
        return self.against.startswith(FLOOR)

    @property
    def unit(self) -> str:
        """Unit of the limits."""
        if self.is_floor:
            return "share"
        return "stations" if self.against == "stations" else "yuan a year" if self.against in A_YEAR else "yuan"

    def case(self, limit: float | None) -> Case:
        """Return the case under a limit; None: without it."""
        return self.base.but(policy=self._policy(limit))

    def _policy(self, limit: float | None) -> Policy:
        policy, name = self.base.policy, self.against.removeprefix(FLOOR)
        if self.against == "stations":
            return policy.but(max_stations=None if limit is None else int(limit))
        if not self.is_floor:
            return policy.but(**{f"{name}_fen": None if limit is None else math.floor(limit * _FEN_A_YUAN + 0.5)})
        ages = set(self.base.demand.age_groups)
        field = "age_floors" if name in ages else "district_floors"
        others = {key: share for key, share in getattr(policy, field).items() if key != name}
        return policy.but(**{field: others if limit is None else {**others, name: Fraction(str(round(limit, 6)))}})

    def grid(self, points: int) -> list[float]:
        """Return limits from the least at which there may be a plan to the one beyond which nothing is gained."""
        if self.is_floor:
            most = 1.0
        else:
            top = Asking.of(self.case(None))
            best = top.best()
            if best.chosen is None:
                optimise(self.case(None).but(options=self.base.options))  # says why
                raise InfeasibleError((self.against,), "no plan keeps all limits, however wide this one is")
            network = top.network(best)
            most = float(len(network.open)) if self.against == "stations" else math.ceil(network.yuan(self.against))
        low, high = 0.0, most
        if self.is_floor:
            low, high = self._halved(low, high, rising=False), 0.0
            low, high = high, low
        else:
            low = 0.0 if self._may(0.0) else self._halved(high, low, rising=True)
        values = np.linspace(low, high if self.is_floor else most, points)
        whole = values if self.is_floor else np.ceil(values)
        return sorted({float(each) for each in whole})

    def _halved(self, good: float, bad: float, *, rising: bool) -> float:
        """Return the limit nearest to `bad` at which the relaxation has a plan."""
        if self._may(bad):
            return bad
        for _ in range(_HALVINGS):
            middle = (good + bad) / 2
            middle = math.ceil(middle) if self.against == "stations" and rising else middle
            if middle in {good, bad}:
                break
            good, bad = (middle, bad) if self._may(middle) else (good, middle)
        return good

    def _may(self, limit: float) -> bool:
        """Return whether the relaxation has a plan."""
        asking = Asking.of(self.case(limit))
        return asking.majorised is None or not asking.majorised.refuted

    def line(self, asking: Asking, limit: float) -> list[tuple[float, float]]:
        """Return (intercept, slope) of what the prices at a limit prove of all, visits a month; none of floors."""
        majorised, price = asking.majorised, None if self.is_floor else self.price(asking)
        if price is None or majorised is None or majorised.bound is None:
            return []
        scale = asking.question.model.scale
        return [((majorised.bound + 1 - price * limit) / scale, price / scale)]

    def price(self, asking: Asking) -> float | None:
        """Return what one unit of the limit is worth at most, in the program's units."""
        prices = None if asking.majorised is None else asking.majorised.prices
        if prices is None:
            return None
        name = "max_stations" if self.against == "stations" else self.against
        found = [price for row, price in zip(asking.question.model.program.linear, prices.linear, strict=True)
                 if row.name == name]  # fmt: skip
        unit = 1 if self.against == "stations" else _FEN_A_YUAN
        return float(found[0]) * unit if found else None
