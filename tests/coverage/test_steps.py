"""A standard in steps, by hand: what counts, how it is rounded, what the rows of the program are."""

from fractions import Fraction
from typing import Any, cast

import geopandas as gpd
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse

import placement as pl
from placement.case import Case, measure
from placement.coverage import cover
from placement.errors import InfeasibleError, InputError
from placement.models import maximal_coverage
from placement.plan import optimise
from placement.values import Segment, Step
from placement.values.steps import counted_weights, stacked_weights
from tests.models.test_maximal_coverage import costs_of
from tests.there import there
from tests.towns import make_demand, make_sites, make_times

WALK = (Segment(age_group="general", period="all", service="all", speed_m_s=1.0),)
TEN_FIFTEEN_TWENTY = pl.Standard(
    steps=(
        Step(threshold_s=600),
        Step(threshold_s=900, share=Fraction("0.6")),
        Step(threshold_s=1200, share=Fraction("0.25")),
    )
)


def town(standard: pl.Standard, **policy: Any) -> Case:
    """Return three points, a station and a candidate; people walk a metre a second.

    ======  ======  =====  =====
    point   weight  to C0  to S0
    ======  ======  =====  =====
    D0          10  700 m  300 m
    D1           8  500 m 1100 m
    D2           5 1150 m     --
    ======  ======  =====  =====
    """
    sites = make_sites(1, 1)
    demand = make_demand(np.array([[10.0], [8.0], [5.0]]), ["north", "north", "south"], WALK)
    metres = np.array([[300.0, 700.0], [1100.0, 500.0], [np.nan, 1150.0]])
    times = make_times(metres, demand, sites)
    coverage = cover(demand, sites, times, standard)
    limits = pl.Policy(**policy)
    return Case(
        demand=demand, sites=sites, times=times, coverage=coverage, costs=costs_of(2), policy=limits, standard=standard
    )


def test_rows_written_out():
    """What a step counts beyond the next: D0 10 x (1 - 0.6), 10 x (0.6 - 0.25), 10 x 0.25, and so on."""
    program = maximal_coverage(town(TEN_FIFTEEN_TWENTY, district_floors={"south": Fraction(1, 5)})).program
    assert there(program.weights).tolist() == [4000, 3200, 2000, 3500, 2800, 1750, 2500, 2000, 1250]
    covers = sparse.csr_array(program.covers).toarray().astype(int).tolist()  # columns are C0, S0
    assert covers == [[0, 1], [1, 0], [0, 0], [1, 1], [1, 0], [0, 0], [1, 1], [1, 1], [1, 0]]
    floor = program.floors[0]
    assert (floor.rows.tolist(), floor.minimum) == ([2, 5, 8], 1000)


def test_the_better_of_two_places():
    """One station. At S0: 10 + 0.25 x 8 = 12. At C0: 0.6 x 10 + 8 + 0.25 x 5 = 15.25, so it moves."""
    case = town(TEN_FIFTEEN_TWENTY, max_stations=1)
    plan = optimise(case)
    assert (plan.open, plan.objective, plan.bound, plan.proof) == (("C0",), 15.25, 15.25, "certificate")
    assert (plan.before.total.covered, plan.after.total.covered, plan.after.total.all) == (12.0, 15.25, 23.0)
    assert plan.after.district["south"].covered == 1.25
    # Plainly: 8 within ten minutes, 18 within fifteen, all within twenty; ten people live at each point.
    assert [step.total.covered for step in plan.before.steps] == [10.0, 10.0, 18.0]
    assert [step.total.covered for step in plan.after.steps] == [8.0, 18.0, 23.0]
    assert [step.people["general/all"] for step in plan.after.steps] == [(10.0, 30.0), (20.0, 30.0), (30.0, 30.0)]
    assert plan.after.people == {"general/all": (30.0, 30.0)}
    said = " ".join(str(plan).split())
    assert "coverage by steps 52.2% -> 66.3%" in said
    assert "within 15 min 43.5% -> 78.3%, counted in full" in said


def test_the_threshold_of_the_last_step_alone_decides_otherwise():
    """Everything within twenty minutes counts in full: C0 has all of it, 23."""
    assert optimise(town(pl.Standard(threshold_s=1200), max_stations=1)).objective == 23.0


def test_floors_go_by_what_counts():
    """South gets at most 0.25 of its weight: a floor of a quarter can be kept, one above cannot."""
    assert optimise(town(TEN_FIFTEEN_TWENTY, district_floors={"south": Fraction(1, 4)})).objective == 20.25 - 1
    with pytest.raises(InfeasibleError, match=r"south asks 26\.00% of the weight, at most 25\.00% is possible"):
        optimise(town(TEN_FIFTEEN_TWENTY, district_floors={"south": Fraction("0.26")}))


def test_districts_may_have_thresholds_of_their_own_in_every_step():
    """In the south a step reaches twice as far: D2 is within its first step of C0."""
    near, far = ({"south": seconds} for seconds in (1200.0, 1800.0))
    standard = pl.Standard(
        steps=(
            Step(threshold_s=600, threshold_s_by_district=near),
            Step(threshold_s=900, share=Fraction(1, 2), threshold_s_by_district=far),
        )
    )
    covered = measure(town(standard), ["C0"])
    assert covered.total.covered == 5.0 + 8.0 + 5.0
    assert {name: part.covered for name, part in covered.district.items()} == {"north": 13.0, "south": 5.0}


def test_steps_in_metres():
    standard = pl.Standard(steps=(Step(threshold_m=300), Step(threshold_m=1150, share=0.5)))  # type: ignore[arg-type]
    assert measure(town(standard)).total.covered == 10.0 + 4.0
    assert "1 within 300 m, 0.5 within 1150 m" in repr(town(standard))


def test_one_step_is_the_plain_threshold():
    plain, one = town(pl.Standard(threshold_s=900)), town(pl.Standard(steps=(Step(threshold_s=900),)))
    programs = [maximal_coverage(case).program for case in (plain, one)]
    assert programs[0].fingerprint() == programs[1].fingerprint()
    for name in ("data", "indices", "indptr"):
        left, right = (getattr(program.covers, name) for program in programs)
        assert left.tobytes() == right.tobytes()
    assert there(programs[0].weights).tobytes() == there(programs[1].weights).tobytes()
    assert measure(plain) == measure(one)
    assert repr(plain) == repr(one)


SHARES = st.lists(st.integers(1, 9999), min_size=1, max_size=4, unique=True).map(
    lambda parts: [Fraction(1), *(Fraction(part, 10_000) for part in sorted(parts, reverse=True))]
)


@given(weights=st.lists(st.integers(0, 2**41), min_size=1, max_size=6), shares=SHARES)
def test_the_stack_of_a_point_adds_up_to_its_own_weight(weights, shares):
    steps = [Step(threshold_s=60.0 * (number + 1), share=share) for number, share in enumerate(shares)]
    whole = np.array(weights, dtype=np.int64)
    counted, stacked = counted_weights(whole, steps), stacked_weights(whole, steps)
    assert stacked.sum(axis=0).tolist() == weights
    assert (stacked >= 0).all()
    for number, share in enumerate(shares):
        exact = [(weight * share + Fraction(1, 2)).__floor__() for weight in weights]
        assert counted[number].tolist() == stacked[number:].sum(axis=0).tolist() == exact


def test_frames_of_ones_own():
    points = gpd.GeoDataFrame(
        {"weight": [10.0, 8.0]},
        index=["a", "b"],
        geometry=gpd.points_from_xy([500_000, 500_900], [3_400_000] * 2),
        crs="EPSG:32650",
    )
    sites = gpd.GeoDataFrame(
        index=["S", "T"], geometry=gpd.points_from_xy([500_000, 500_450], [3_400_000] * 2), crs="EPSG:32650"
    )
    standard = pl.Standard(steps=(pl.Step(threshold_s=300), pl.Step(threshold_s=600, share=Fraction(1, 2))))
    costs = {"purchase": 1}
    case = Case.from_frames(points, sites, standard=standard, detour=1.0, speed_m_s=1.0, costs=costs)
    assert measure(case, ["S"]).total.covered == 10.0
    assert measure(case, ["T"]).total.covered == 9.0


def steps(*pairs: tuple[float, float], **more: Any) -> pl.Standard:
    """Return a standard of (seconds, share) steps."""
    made = tuple(Step(threshold_s=seconds, share=share, **more) for seconds, share in pairs)  # type: ignore[arg-type]
    return pl.Standard(steps=made)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (
            lambda: steps((600, 0.9), (900, 0.5)),
            "the share of the first step is 0.9 -> the nearest step",
        ),
        (lambda: steps((600, 1), (900, 0.5), (800, 0.2)), "step 3 has the threshold 800 after 900 -> thresholds grow"),
        (lambda: steps((600, 1), (900, 0.5), (950, 0.5)), "step 3 has the share 0.5 after 0.5 -> shares fall"),
        (lambda: steps((600, 1), (900, 0)), "share is 0 -> give a share above 0, with at most four decimals"),
        (
            lambda: steps((600, 1), (900, 0.33333)),
            "share is 0.33333 -> give a share above 0, with at",
        ),
        (lambda: steps((600, 1), (900, 60)), "share is 60, not a share -> a percentage? then 0.6"),
        (lambda: steps((10, 1), (15, 0.6)), "threshold_s = 10 is below a minute -> minutes? then threshold_s = 600"),
        (
            lambda: pl.Standard(steps=(Step(threshold_s=600), Step(threshold_m=900, share=Fraction(1, 2)))),
            "times and some are",
        ),
        (lambda: pl.Standard(threshold_s=600, steps=(Step(threshold_s=600),)), "steps and threshold_s are both given"),
        (lambda: pl.Standard(steps=cast("Any", ({"threshold_s": 600},))), "give a sequence of Step(...)"),
        (lambda: pl.Standard(steps=()), "needs one standard -> give a threshold in seconds or in metres"),
        (
            lambda: pl.Standard(
                steps=(
                    Step(threshold_s=600, threshold_s_by_district={"a": 900}),
                    Step(threshold_s=900, share=Fraction(1, 2), threshold_s_by_district={"a": 800}),
                )
            ),
            "step 2 has the threshold 800 in a after 900",
        ),
        (
            lambda: pl.Standard(
                steps=(
                    Step(threshold_s=600, threshold_s_by_district={"a": 900}),
                    Step(threshold_s=900, share=Fraction(1, 2)),
                )
            ),
            "a district has a threshold of its own in some steps and not in others",
        ),
        (lambda: cover_in("x"), "threshold_s_by_district.x"),
    ],
)
def test_what_is_no_standard(make, said):
    with pytest.raises(InputError) as caught:
        make()
    assert said in str(caught.value)


def cover_in(district: str) -> object:
    """Return cover sets under steps that name a district."""
    own = ({district: 60.0}, {district: 70.0})
    return town(
        pl.Standard(
            steps=(
                Step(threshold_s=600, threshold_s_by_district=own[0]),
                Step(threshold_s=900, share=Fraction(1, 2), threshold_s_by_district=own[1]),
            )
        )
    )
