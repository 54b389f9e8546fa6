"""The plan whose worst district is covered most: halving over floors of all districts, each refused by a proof."""

from __future__ import annotations

from fractions import Fraction

from placement.analysis.asking import Asking
from placement.case import Case, measure
from placement.errors import InputError, NoSolutionError
from placement.plan.optimise import optimise
from placement.progress import FRONTIER, Listener, Progress
from placement.values import Coverages, Policy
from placement.values.checks import is_number, shown
from placement.values.floor_price import Fairest
from placement.values.objectives import LEAST_COST

TOLERANCE = Fraction(1, 1000)
"""How far the share that is reached may be from one that is refused."""
_ANY_PLAN = 0.5
"""Gap at which the search ends while any plan under a floor is looked for."""


def fairest(
    case: Case, *, tolerance: Fraction | float = TOLERANCE, progress: Listener | Progress | None = None
) -> Fairest:
    """Return the plan whose worst district is covered most, then what the policy's objective makes best.

    The floors of all districts are raised together, to whole multiples of the tolerance: a floor under which a plan is
    found is raised to what the plan reaches, one that is proven to be too high is the end. The policy's own floors and
    limits hold throughout; a district that asks for more keeps that.

    Parameters
    ----------
    case
        What plans are made from.
    tolerance
        A share above 0, at most 1: `at_most` less `share` of the result is so much where all is proven in time.
    progress
        Called with a :class:`~placement.progress.Step` whenever there is something to tell.

    Raises
    ------
    InputError
        If the tolerance is none, or the objective is the least cost.
    InfeasibleError, NoSolutionError
        As :func:`placement.plan.optimise` does for the policy as it stands.
    """
    if not is_number(tolerance) or not 0 < tolerance <= 1:
        raise InputError.single("fairest", f"tolerance is {shown(tolerance)}", remedy="give a share above 0")
    if case.policy.objective == LEAST_COST:
        problem = "the least cost of a target leaves nothing to be shared out"
        raise InputError.single("policy", problem, row="objective", remedy='ask with objective = "coverage"')
    step, telling = Fraction(str(tolerance)), Progress.of(progress, (FRONTIER,))
    telling.stage(FRONTIER, "any plan")
    first = _reached(case)
    if first is None:
        first = _worst(optimise(case).after)  # says why there is no plan
    low, high, proven = first // step, 1 // step + 1, False
    while low + 1 < high:
        middle = (low + high) // 2
        telling.stage(FRONTIER, f"every district by {float(middle * step):.2%}")
        try:
            reached = _reached(case.but(policy=_raised(case, middle * step)))
        except NoSolutionError:
            break
        if reached is None:
            high, proven = middle, True
        else:
            low = max(middle, reached // step)
    share = low * step
    telling.stage(FRONTIER, f"the best plan with {float(share):.2%} in every district")
    policy = _raised(case, share)
    at_most = high * step if proven else Fraction(1)
    return Fairest(share=share, at_most=at_most, policy=policy, plan=optimise(case, policy))


def _raised(case: Case, share: Fraction) -> Policy:
    """Return the policy with a floor of so much in every district, or its own where that is more."""
    own, parents = case.policy.district_floors, sorted(set(case.demand.points["parent"]))
    return case.policy.but(district_floors={str(name): max(share, own.get(str(name), Fraction(0))) for name in parents})


def _reached(case: Case) -> Fraction | None:
    """Return the least share of any district that some plan of a case covers; None where it is proven to have none."""
    asking = Asking.of(case)
    found = asking.best(gap=max(case.options.gap, _ANY_PLAN))
    if found.chosen is None:
        return None
    return _worst(measure(case, asking.sites_of(found.chosen)))


def _worst(covered: Coverages) -> Fraction:
    """Return the least share of any district, a little less than it is counted to be: floors count in whole units."""
    shares = [part.share for part in covered.district.values() if part.all > 0]
    return max(Fraction(0), Fraction(min(shares, default=1.0)) - Fraction(1, 10**6))
