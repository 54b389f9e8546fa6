r"""What publicity does to demand: of those who do not know the service, the share that each level reaches.

Today :math:`A_0` of an area's residents know the service, and a level leads to :math:`A`. It reaches the share

.. math:: \rho = \frac{A - A_0}{1 - A_0}, \qquad A_0 = \frac{\sum_{i,k} P_{i,a(k)} A_{ik}}{\sum_{i,k} P_{i,a(k)}}

of those who do not know it, whatever their age: at point i and segment k awareness becomes
:math:`A_{ik} + \rho (1 - A_{ik})`. P are residents of the segment's age group. Need and uptake stay as they are; the
learned use the service as much as those who know it today.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

import numpy as np

from placement.errors import Fault
from placement.values import Demand
from placement.values.arrays import FloatArray, IntArray
from placement.values.publicity import Guides, Level, Publicity


def area_of_points(demand: Demand, publicity: Publicity) -> IntArray:
    """Return (points,) the area that each demand point lies in, numbered in order of names; -1: in none."""
    numbers = {name: number for number, name in enumerate(publicity.areas)}
    places = zip(demand.points["district"], demand.points["parent"], strict=True)
    return np.array([numbers.get(own, numbers.get(parent, -1)) for own, parent in places], dtype=np.int64)


def awareness_of_areas(demand: Demand, area: IntArray, count: int) -> FloatArray:
    """Return (areas,) share of the residents who know the service today; 1 where nobody lives."""
    people = demand.people[:, [demand.age_groups.index(segment.age_group) for segment in demand.segments]]
    aware, everyone = (people * demand.awareness).sum(axis=1), people.sum(axis=1)
    known = [float(aware[area == number].sum()) for number in range(count)]
    all_of = [float(everyone[area == number].sum()) for number in range(count)]
    return np.array([of / whole if whole else 1.0 for of, whole in zip(known, all_of, strict=True)])


def reached_shares(demand: Demand, publicity: Publicity) -> FloatArray:
    """Return (areas, levels) share of those who do not know the service that each level reaches.

    An area with fewer levels repeats its last.
    """
    today = awareness_of_areas(demand, area_of_points(demand, publicity), len(publicity.areas))
    most = max(len(levels) for levels in publicity.by_area.values())
    shares = np.zeros((len(publicity.areas), most))
    for number, levels in enumerate(publicity.by_area.values()):
        own = [share_reached(level.awareness, float(today[number])) for level in levels]
        shares[number] = own + [own[-1]] * (most - len(own))
    return shares


def share_reached(awareness: float, today: float) -> float:
    """Return the share of those who do not know the service that learns of it."""
    return (float(awareness) - today) / (1.0 - today) if today < 1.0 else 0.0


def informed(awareness: FloatArray, reached: FloatArray) -> FloatArray:
    """Return awareness after a share of those who do not know the service has learned of it."""
    return awareness + reached * (1.0 - awareness)


def publicity_faults(demand: Demand, publicity: Publicity) -> Iterator[Fault]:
    """Yield levels of areas that there are not or that lie in one another, and that bring nothing."""
    points = demand.points
    parents, own = set(points["parent"]), set(points["district"])
    within = dict(zip(points["district"], points["parent"], strict=True))
    for area in publicity.areas:
        if area not in parents | own:
            yield _fault(area, "is no district or survey area of the population", "name one of it")
        elif area not in parents and within[area] in publicity.areas:
            yield _fault(area, f"lies in {within[area]}, which has levels of its own", "give one of both")
    if demand.need_share == 1:
        yield _fault(
            "", "has no effect where need is all that counts: need_share is 1", "lower it, or remove publicity"
        )
    today = awareness_of_areas(demand, area_of_points(demand, publicity), len(publicity.areas))
    for known, (area, levels) in zip(today.tolist(), publicity.by_area.items(), strict=True):
        first = levels[0]
        if area not in parents | own:
            continue
        if first.awareness <= known:
            problem = f"awareness {first.awareness:g} for {_yuan(first)} yuan is not above today's {known:.4f}"
            yield _fault(area, problem, "give what it rises to")
        elif len(levels) > 1 and not first.package and _steeper(known, levels):
            problem = f"a fen brings more after {_yuan(first)} yuan than before: awareness is {known:.4f} today"
            yield _fault(area, problem, "give falling gains, or packages")


def guide_faults(demand: Demand, guides: Guides) -> Iterator[Fault]:
    """Yield an age group that there is not, and an uptake by which nobody would come more often."""
    if guides.age_group not in demand.age_groups:
        known = ", ".join(demand.age_groups)
        problem = f"age_group {guides.age_group} is none of the demand"
        yield Fault(table="guides", row="age_group", problem=problem, remedy=f"known: {known}")
        return
    if demand.need_share == 1:
        problem = "have no effect where need is all that counts: need_share is 1"
        yield Fault(table="guides", row="", problem=problem, remedy="lower it, or remove guides")
    here = [segment.age_group == guides.age_group for segment in demand.segments]
    if not (demand.uptake[:, here] < guides.uptake).any():
        least = float(demand.uptake[:, here].min()) if any(here) else 1.0
        problem = f"uptake {guides.uptake:g} is not above today's, {least:.4f} at least"
        yield Fault(table="guides", row="uptake", problem=problem, remedy="give what it rises to")


def _steeper(today: float, levels: tuple[Level, ...]) -> bool:
    first, second = levels[0], levels[1]
    rise = Fraction(str(second.awareness)) - Fraction(str(first.awareness))
    return (first.awareness - today) * (second.spend_fen - first.spend_fen) < float(rise) * first.spend_fen


def _yuan(level: Level) -> str:
    return f"{level.spend_fen / 100:,.2f}"


def _fault(area: str, problem: str, remedy: str) -> Fault:
    return Fault(table="publicity", row=area, problem=problem, remedy=remedy)
