"""What else would do: a street worked out on paper, and random towns all of whose plans are tried one by one."""

from __future__ import annotations

import itertools
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from scipy import sparse

import placement as pl
from placement.case import Case
from placement.errors import AlignmentError, InfeasibleError, InputError
from placement.values import Capture
from tests.effort import cases
from tests.plan.brute_force import STATION, VACANT, value_of
from tests.strategies import towns
from tests.test_case_from_frames import SITES_M, case


def test_by_hand():
    """One station: U covers 11 of 24, T 9, S 4. Within a fifth of U is T (9 >= 8.8), which may stand in for it."""
    asked = case(policy=pl.Policy(max_stations=1))
    plan = pl.optimise(asked)
    assert plan.open == ("U",)
    found = pl.alternatives(asked, plan, count=3, differ=2, within=0.2, gap=0)
    # From U to T and to S two sites differ; with no station anywhere else only one.
    assert [each.open for each in found.plans] == [("T",), ("S",)]
    assert found.losses()["loses"].tolist() == [2, 7]
    assert found.losses()["loses_at_least"].tolist() == [2, 7]
    assert found.notes == ("2 other plans: no further one keeps all limits and differs so much",)
    table = found.table.set_index("site_id")
    assert table.loc["U", ["verdict", "partners", "loses"]].tolist() == ["exchangeable", ("T",), 2]
    assert table.loc["S", "verdict"] == "firm", "S is given up in U as in T"
    assert found.close == 2
    near = pl.alternatives(asked, plan, count=1, differ=2, within=0.1, gap=0)
    assert near.sites("firm") == ("S", "U")
    assert near.lines[0] == "of plans worth at least 90.00% of this one:"
    assert near.lines[-1] == "plan 1: 2 visits a month less (18.18%; at least 2 proven): with T, without U"


def test_plans_may_be_asked_to_differ_at_named_sites():
    """Two stations: T and U cover 20, S and U 15, S and T 13. To differ at S alone S must stand."""
    asked = case(policy=pl.Policy(max_stations=2))
    found = pl.alternatives(asked, pl.optimise(asked), count=1, differ=1, among=["S"])
    assert [each.open for each in found.plans] == [("S", "U")]


def test_visits_count_as_the_objective_says():
    """Doors alone: S sees 40, U 10. One station is worth S 44, U 21, T 9."""
    capture = Capture(
        site_ids=list(SITES_M), mass=np.zeros(1), pull=sparse.csr_array((1, 3)), door=np.array([40.0, 0, 10])
    )
    asked = case(capture=capture, policy=pl.Policy(max_stations=1, visits_weight=Fraction(1)))
    plan = pl.optimise(asked)
    found = pl.alternatives(asked, plan, count=2, differ=2)
    assert found.worth == 44
    assert [(each.open, each.worth) for each in found.plans] == [(("U",), 21), (("T",), 9)]


def test_what_cannot_be_asked():
    asked = case()
    plan = pl.optimise(asked)
    with pytest.raises(InputError) as caught:
        pl.alternatives(asked, plan, count=-1, differ=0, within=2)
    assert [fault.row for fault in caught.value.faults] == ["count", "differ", "within"]
    with pytest.raises(AlignmentError, match="among"):
        pl.alternatives(asked, plan, among=["nowhere"])
    with pytest.raises(InputError, match="to differ in 6 of 1 sites"):
        pl.alternatives(asked, plan, among=["S"])


@settings(
    max_examples=cases(4),
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow],
)
@given(town=towns(), differ=st.integers(1, 3), within=st.sampled_from([0.02, 0.3]))
def test_every_answer_equals_all_plans_tried(town, differ, within):
    asked = Case(**town.stages())
    try:
        plan = pl.optimise(asked)
    except InfeasibleError:
        assume(False)
    ids = [str(each) for each in town.sites.ids]
    worths = _worths(town, ids)
    found = pl.alternatives(asked, plan, count=2, differ=differ, within=within, gap=0)
    taken = [set(plan.open)]
    for each in found.plans:
        allowed = [
            worth for sites, worth in worths.items() if all(len(set(sites) ^ other) >= differ for other in taken)
        ]
        assert round(each.worth * 1000) == max(allowed) == round(each.bound * 1000)
        assert worths[frozenset(each.open)] == max(allowed)
        taken.append(set(each.open))
    if len(found.plans) < 2:
        assert not any(all(len(sites ^ other) >= differ for other in taken) for sites in worths)
    target = round(plan.objective * 1000) * (1 - within)
    good = [sites for sites, worth in worths.items() if worth >= target - 1e-9]
    for row in found.table.to_dict("records"):
        firm = len({row["site_id"] in sites for sites in good}) == 1
        assert (row["verdict"] == "firm") == firm
        if row["verdict"] == "exchangeable":
            swapped = [(set(plan.open) - {row["site_id"]}) | {each} for each in row["partners"]]
            assert all(frozenset(sites) in good for sites in swapped)
    assert not any(set(found.never) & sites for sites in good)


def _worths(town, ids) -> dict[frozenset[str], int]:
    """Return what each set of stations that some actions allow is worth, thousandths."""
    choices = [STATION if existing else VACANT for existing in town.sites.table["existing"]]
    worths: dict[frozenset[str], int] = {}
    for actions in itertools.product(*choices):
        worth = value_of(town, actions)
        if worth is not None:
            stands = {"keep", "open", "move"}
            worths[frozenset(site for site, what in zip(ids, actions, strict=True) if what in stands)] = worth
    return worths
