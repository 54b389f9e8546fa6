"""What the one good costs in the other: plans with rising weights of a visit beside a covered visit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any, Literal, overload

from placement.analysis.price_curve import GAP, POINTS, price_curve
from placement.case import Case, measure, measure_visits
from placement.errors import InputError, NoSolutionError
from placement.notes import INTERRUPTED, MISSING, Note
from placement.plan import optimise
from placement.progress import FRONTIER, Listener, Progress
from placement.values import Frontier, Plan, Policy, PriceCurve, SolveOptions, TradePoint
from placement.values.immutable import immutable
from placement.values.phases import refuse_phases
from placement.values.visits import VisitsChange

GOODS = ("coverage", "visits")
WEIGHTS = tuple(Fraction(weight) / 4 for weight in (0, 1, 2, 4, 6, 8, 12, 20))
"""Weights of a visit beside a covered one, from none to five: on the shipped study from most coverage to a third more
visits than today."""


@immutable
@dataclass(frozen=True, kw_only=True, eq=False)
class Trade(Frontier):
    """A frontier with the plans behind it.

    Parameters
    ----------
    plans
        The plan of each point but today's, in their order.
    """

    plans: tuple[Plan, ...]

    def plot(self, **options: Any) -> Any:
        """Draw coverage against visits and return the axes; see :func:`placement.plots.plot_frontier`."""
        from placement.plots import plot_frontier  # noqa: PLC0415 -- only who draws needs matplotlib

        return plot_frontier(self, **options)


@overload
def frontier(  # type: ignore[overload-overlap]  # visits are traded, all else is limited
    case: Case,
    policy: Policy | None = None,
    first: str = "coverage",
    second: Literal["visits"] = "visits",
    *,
    options: SolveOptions | None = None,
    weights: Sequence[Fraction | float] = WEIGHTS,
    chosen: Plan | None = None,
    progress: Listener | Progress | None = None,
) -> Trade: ...


@overload
def frontier(
    case: Case,
    policy: Policy | None,
    first: str,
    second: str,
    *,
    options: SolveOptions | None = None,
    limits: Sequence[float] | None = None,
    points: int = POINTS,
    gap: float = GAP,
    progress: Listener | Progress | None = None,
) -> PriceCurve: ...


def frontier(
    case: Case,
    policy: Policy | None = None,
    first: str = "coverage",
    second: str = "visits",
    *,
    options: SolveOptions | None = None,
    weights: Sequence[Fraction | float] = WEIGHTS,
    chosen: Plan | None = None,
    limits: Sequence[float] | None = None,
    points: int = POINTS,
    gap: float = GAP,
    progress: Listener | Progress | None = None,
) -> Trade | PriceCurve:
    """Return what one good costs in another.

    Of coverage and predicted visits: a plan for each weight, today and the chosen plan. Of coverage (or ``worth``, what
    the policy's own objective counts) and money, stations or a floor: the best plan at each limit.

    Parameters
    ----------
    case
        What the plans are made from; it must know its visits (`case.capture`).
    policy, options
        Limits of all plans, and how each is sought, time limit included; by default the case's own.
    first, second
        The two goods: ``coverage`` and ``visits``; or ``coverage`` or ``worth``, and ``capital``, ``running``,
        ``total``, ``stations``, or ``floor`` with the name of a district or age group.
    weights
        Of the trade with visits: what a visit counts beside a covered one, one plan each.
    chosen
        Of the same: the plan that is marked as chosen; by default the one that `policy` gives.
    limits, points
        Of the others: the limits, in yuan, stations or shares; by default so many, evenly from the least at which there
        is a plan to that beyond which nothing is gained.
    gap
        Of the others: at which the search for each point may stop.
    progress
        Called with a :class:`~placement.progress.Step` whenever there is something to tell.

    Raises
    ------
    InputError
        If the goods are others, or the case predicts no visits.
    InfeasibleError, NoSolutionError
        If there is no plan under `policy` at all. A weight whose plan is not found in time is left out, and noted.
    """
    asked, how = policy or case.policy, options or case.options
    refuse_phases("frontier", asked.phases)
    telling = Progress.of(progress, (FRONTIER,))
    if "visits" not in {first, second}:
        limited = case.but(policy=asked, options=how)
        return price_curve(limited, first, second, limits=limits, points=points, gap=gap, progress=telling)
    _check(case, (first, second))
    telling.stage(FRONTIER, "the chosen plan")
    plans = [chosen or optimise(case, asked, how)]
    notes: list[str] = []
    known: list[Fraction | None] = [None]
    for number, weight in enumerate(weights):
        if plans[-1].interrupted:
            notes.append(Note(INTERRUPTED, left=len(weights) - number, all=len(weights)))
            break
        telling.stage(FRONTIER, f"plan {number + 1} of {len(weights)}")
        tried = asked.but(objective="coverage", visits_weight=weight)
        try:
            plans.append(optimise(case, tried, how))
            known.append(tried.visits_weight)
        except NoSolutionError:
            notes.append(Note(MISSING, weight=f"{float(weight):g}"))
    chosen_point = replace(_point(plans[0], asked.visits_weight), mark="chosen")
    between = [_point(plan, weight) for plan, weight in zip(plans[1:], known[1:], strict=True)]
    return Trade(points=(_today(case, asked), chosen_point, *between), plans=tuple(plans), notes=tuple(notes))


def _check(case: Case, goods: tuple[str, str]) -> None:
    if sorted(goods) != sorted(GOODS):
        problem = f"goods are {' and '.join(map(repr, goods))}"
        raise InputError.single("frontier", problem, remedy=f"give {GOODS[0]!r} and {GOODS[1]!r}")
    if case.capture is None:
        remedy = "give a study with inputs.usage, or Case(capture=...)"
        raise InputError.single("frontier", "the case predicts no visits", row="capture", remedy=remedy)


def _today(case: Case, policy: Policy) -> TradePoint:
    total = measure(case).total
    seen = measure_visits(case.but(policy=policy))
    ids = case.sites.ids[case.standing]
    return _made(tuple(sorted(map(str, ids))), total.covered, total.all, seen, mark="today")


def _point(plan: Plan, weight: Fraction | None) -> TradePoint:
    total = plan.after.total
    return _made(plan.open, total.covered, total.all, plan.visits, visits_weight=weight, gap=plan.gap)


def _made(
    stations: tuple[str, ...],
    covered: float,
    everything: float,
    seen: VisitsChange | None,
    **about: object,
) -> TradePoint:
    assert seen is not None  # noqa: S101 -- for mypy: the case knows its visits
    return TradePoint(
        open=stations, covered=covered, all=everything, visits=seen.after, idle=seen.idle_after, idle_new=seen.idle_new,
        **about,  # type: ignore[arg-type]
    )  # fmt: skip
