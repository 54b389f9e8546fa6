r"""How a plan stands up where the demand is not sure.

The demand is drawn jointly (awareness, uptake, trip rates, foot traffic, need by area: as the case draws its weights),
and the best plan made for each draw, under the same limits; floors ask their shares of the drawn weight. Predicted
visits stay as they are: they are fitted to transactions, not to the drawn need.

With worth :math:`w_d(S)` of plan S in draw d, and :math:`b_d` and :math:`u_d` what the plan made for the draw is worth
there and its bound:

.. math::
    \text{regret}(S) = \max_d\, b_d - w_d(S), \qquad
    \text{CVaR}(S) = \text{mean of the worst fifth of } w_d(S)

Every plan found is counted in every draw, so that the best of them by each rule costs no search. No plan that keeps all
limits in every draw has a greater CVaR than the mean of the worst fifth of the :math:`u_d`: :math:`w_d(S) \le u_d`. Its
worst regret is at least its mean one, and that at least :math:`\text{mean}_d\, b_d - \bar u` with :math:`\bar u` the
bound of the program of the mean weight: worth is linear in the weights.

Sources: Rockafellar & Uryasev (2000), Optimization of conditional value-at-risk, Journal of Risk 2, 21-41; Kouvelis &
Yu (1997), Robust discrete optimization and its applications, for regret.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from placement.analysis.asking import Asking, Found
from placement.analysis.exchange import Exchanges
from placement.analysis.partners import stand_ins
from placement.case import Case
from placement.errors import InputError, NoSolutionError
from placement.notes import Note
from placement.plan.floors import keeps_floors
from placement.plan.standing import Question
from placement.progress import FRONTIER, Listener, Progress
from placement.solve.capture.majorised import Majorised
from placement.values import Plan, Stability
from placement.values.arrays import BoolArray, FloatArray
from placement.values.checks import Faults
from placement.values.immutable import replaced
from placement.values.stability import COLUMNS, WORST, Choice

DRAWS = 40
"""A frequency is then known to 8 points (one standard error) at worst."""
GAP = 0.002
"""Gap at which the search of each draw may stop. What lies within it is left to chance: a site whose loss is smaller
may be in the plan of one draw and not in that of the next for no other reason."""


def stability(
    case: Case,
    plan: Plan,
    *,
    draws: int = DRAWS,
    gap: float = GAP,
    limit_s: float | None = None,
    progress: Listener | Progress | None = None,
) -> Stability:
    """Return how a plan stands up where the demand is drawn again and again.

    Parameters
    ----------
    case
        What the plan was made from, its policy included; the seed of its options is that of the draws.
    plan
        The plan.
    draws
        How many.
    gap
        At which the search of each draw may stop; where visits count, the case's own if that is wider.
    limit_s
        Seconds for each draw; None: as the case's options say.
    progress
        Called with a :class:`~placement.progress.Step` whenever there is something to tell.

    Raises
    ------
    InputError
        If nothing tells how sure the demand is, visits alone are the objective, or a number cannot be.
    NoSolutionError
        If no draw has a plan.
    """
    faults = Faults("stability")
    faults.whole("draws", draws, least=1, most=10_000)
    faults.raise_any()
    telling = Progress.of(progress, (FRONTIER,))
    telling.stage(FRONTIER, "what plans are bounded by")
    asking = Asking.of(case)
    if asking.majorised is None:
        problem = "visits alone are the objective, and no draw of the demand moves them"
        raise InputError.single("stability", problem, row="objective", remedy="ask it of coverage")
    weights = list(case.drawn_weights(draws, case.options.seed))
    if not weights:
        raise InputError.single("stability", "nothing tells how sure the demand is", remedy="ask it of a study")
    base = asking.question.chosen(plan.actions)
    found: list[Found | None] = []
    for number, weight in enumerate(weights):
        telling.stage(FRONTIER, f"draw {number + 1} of {len(weights)}")
        found.append(_planned(_drawn(asking, weight), base, gap, limit_s))
    solved = [number for number, each in enumerate(found) if each is not None and each.chosen is not None]
    if not solved:
        raise NoSolutionError("no draw of the demand has a plan that was found in time")
    notes = _notes(found)
    planned = [each for each in found if each is not None and each.chosen is not None]
    mean = _planned(_drawn(asking, np.mean([weights[each] for each in solved], axis=0)), base, gap, limit_s)
    told = _told(asking, plan, [weights[each] for each in solved], planned, mean, notes)
    return replaced(told, drawn=tuple(solved))


def _drawn(asking: Asking, weight: FloatArray) -> Asking:
    """Return the same questions of a case whose demand is `weight`, (points, segments)."""
    case, majorised = asking.case, asking.majorised
    assert majorised is not None  # noqa: S101 -- as the caller asked
    sure = np.ones_like(weight)
    demand = replaced(case.demand, need=weight, awareness=sure, uptake=sure, need_share=1.0)
    question = Question.of(case.but(demand=demand))
    program = replace(question.model.program, column_values=majorised.program.column_values)
    return Asking(question=question, majorised=Majorised(program=program, constant=majorised.constant, prices=None))


def _planned(asking: Asking, base: BoolArray, gap: float, limit_s: float | None) -> Found | None:
    """Return the best plan of a draw; None where none was found in time."""
    start = None if asking.question.broken(base) else base
    try:
        return asking.best(gap=max(gap, asking.gap), limit_s=limit_s, start=start)
    except NoSolutionError:
        return None


def _notes(found: Sequence[Found | None]) -> tuple[str, ...]:
    late = sum(each is None for each in found)
    none = sum(each is not None and each.chosen is None for each in found)
    notes = [Note("{count:,} draws were not planned for in time", count=late)] if late else []
    return (*notes, *([Note("in {count:,} draws no plan keeps all limits", count=none)] if none else []))


@dataclass(frozen=True, kw_only=True, eq=False)
class _Counted:
    """Every plan found in every draw.

    Parameters
    ----------
    plans
        (plans, sites) where stations stand: the plan asked about first.
    worth, coverage
        (plans, draws) visits a month, and share of the weight.
    keeps
        (draws,) whether the plan asked about keeps all floors.
    """

    plans: BoolArray
    worth: FloatArray
    coverage: FloatArray
    keeps: BoolArray

    @classmethod
    def of(cls, asking: Asking, plans: BoolArray, weights: Sequence[FloatArray]) -> _Counted:
        """Count plans; no draw is looked at but through its sum over what a plan covers."""
        case, asked = asking.case, asking.question.asked
        flat = np.array([weight.ravel() for weight in weights])
        covered = np.array([flat @ case.coverage.counted(stands).ravel() for stands in plans])
        seen = np.zeros(len(plans))
        if asked is not None:
            order = case.coverage.by_ids().sites
            scale = asking.question.model.scale
            seen = np.array([float(asked.aim.weight) * asked.capture.total(each[order]) / scale for each in plans])
        first = case.coverage.counted(plans[0])
        return cls(
            plans=plans, worth=covered + seen[:, None], coverage=covered / np.maximum(flat.sum(axis=1), 1e-12),
            keeps=np.array([keeps_floors(case, weight, first) for weight in weights]),
        )  # fmt: skip


def _told(  # noqa: PLR0917 -- what was drawn, and what came of it
    asking: Asking, plan: Plan, weights: Sequence[FloatArray], found: Sequence[Found], mean: Found | None,
    notes: tuple[str, ...],
) -> Stability:  # fmt: skip
    case, scale = asking.case, asking.question.model.scale
    own = np.asarray(case.sites.ids.isin(plan.open))
    stands = [asking.sites_of(each.chosen) for each in found if each.chosen is not None]
    counted = _Counted.of(asking, np.array([own, *stands]), weights)
    bounds = np.array([(each.bound or 0) / scale for each in found])
    own_best = np.diagonal(counted.worth[1:])
    return Stability(
        table=_table(asking, plan, counted.plans),
        draws=len(found),
        worth=counted.worth[0],
        bounds=np.maximum(bounds, own_best),
        best=own_best,
        coverage=counted.coverage[0],
        keeps=counted.keeps,
        plans=tuple(tuple(sorted(map(str, case.sites.ids[each]))) for each in counted.plans[1:]),
        drawn=(),
        cvar=_cvar(case, counted, bounds),
        regret=_regret(case, counted, own_best, None if mean is None or mean.bound is None else mean.bound / scale),
        notes=notes,
    )


def _worst(values: FloatArray) -> FloatArray:
    """Return the mean of the worst fifth of the last axis, one value at least."""
    count = max(1, math.ceil(WORST * values.shape[-1]))
    return np.asarray(np.sort(values, axis=-1)[..., :count].mean(axis=-1))


def _cvar(case: Case, counted: _Counted, bounds: FloatArray) -> Choice:
    values = _worst(counted.worth)
    at = int(values.argmax())
    return _choice(case, counted.plans[at], values[[at, 0]], float(_worst(bounds)))


def _regret(case: Case, counted: _Counted, best: FloatArray, most_on_average: float | None) -> Choice:
    values = (best - counted.worth).max(axis=1)
    at = int(values.argmin())
    bound = None if most_on_average is None else max(0.0, float(best.mean()) - most_on_average)
    return _choice(case, counted.plans[at], values[[at, 0]], bound)


def _choice(case: Case, stands: BoolArray, values: FloatArray, bound: float | None) -> Choice:
    ids = tuple(sorted(map(str, case.sites.ids[stands])))
    return Choice(open=ids, value=float(values[0]), plan_value=float(values[1]), bound=bound)


def _table(asking: Asking, plan: Plan, plans: BoolArray) -> pd.DataFrame:
    """Return a row a site at which a station stands or stood, or stands in the plan of some draw."""
    case, question = asking.case, asking.question
    does = dict(zip(plan.actions["site_id"], plan.actions["action"], strict=True))
    does |= {origin: "give" for origin in plan.actions["from_site_id"] if origin}
    chosen = question.chosen(plan.actions)
    known = _known(asking, plans)
    exchanges = Exchanges.of(question, plans[0])
    rows = []
    for site in np.flatnonzero(plans.any(axis=0) | case.standing):
        name, stands = str(case.sites.ids[site]), bool(plans[0, site])
        like = int((plans[1:, site] == (stands or name not in does)).sum())
        partners = stand_ins(question, exchanges, chosen, int(site), most=1) if stands else []
        least, most = _refused(asking, chosen, int(site), known, partners) if stands else (np.nan, np.nan)
        action, next_best = does.get(name, ""), partners[0] if partners else ("", np.nan)
        rows.append((name, action, like, like / (len(plans) - 1), least, most, *next_best))
    return pd.DataFrame(sorted(rows), columns=list(COLUMNS))


def _known(asking: Asking, plans: BoolArray) -> list[tuple[BoolArray, float]]:
    """Return the plans found that keep all limits as the demand stands, and what they are worth less than this one."""
    case = asking.case
    weight = case.demand.weight
    kept = [each for each in plans[1:] if keeps_floors(case, weight, case.coverage.counted(each))]
    counted = _Counted.of(asking, np.array([plans[0], *kept]), [weight])
    return [(each, float(counted.worth[0, 0] - counted.worth[at, 0])) for at, each in enumerate(kept, start=1)]


def _refused(
    asking: Asking,
    chosen: BoolArray,
    site: int,
    known: list[tuple[BoolArray, float]],
    partners: list[tuple[str, float]],
) -> tuple[float, float]:
    """Return what the best plan without a station is worth less, at least and at most."""
    majorised, scale = asking.majorised, asking.question.model.scale
    one = np.zeros(len(asking.case.sites), dtype=np.bool_)
    one[site] = True
    bound = None if majorised is None else majorised.without(asking.columns_at(one))
    least = np.nan if bound is None else max(0.0, asking.question.worth(chosen) - bound / scale)
    losses = [less for plan, less in known if not plan[site]] + [less for _, less in partners]
    return least, max(min(losses), 0.0) if losses else np.nan
