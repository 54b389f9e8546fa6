"""Majorants of visits, from best replies to whole numbers and rows: against every set of stations of small captures."""

import itertools
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from placement.solve.capture.idle import hopeless, too_few
from placement.solve.capture.majorants import joined, mixture
from placement.solve.capture.replies import best_reply, rows_of
from placement.solve.capture.rows import floor_row, idle_row, times, valued
from placement.values import CoverageProgram
from placement.values.capture import Capture
from placement.values.whole_capture import WholeCapture
from tests.effort import cases

SITES = 4
EVERY_SET = np.array(list(itertools.product([False, True], repeat=SITES)))
ROW = st.tuples(st.integers(0, 60), st.lists(st.sampled_from([0.0, 0.1, 1.0, 5.0]), min_size=SITES, max_size=SITES))


@st.composite
def captures(draw):
    """Draw visits of up to four rows; some pull nowhere, some sites have people at their doors."""
    rows = draw(st.lists(ROW, min_size=1, max_size=4))
    door = draw(st.lists(st.sampled_from([0.0, 3.0]), min_size=SITES, max_size=SITES))
    capture = Capture(
        site_ids=pd.Index([f"s{k}" for k in range(SITES)]), door=np.array(door),
        mass=np.array([float(mass) for mass, _ in rows]), pull=sparse.csr_array(np.array([pull for _, pull in rows])),
    )  # fmt: skip
    return WholeCapture.of(capture, np.arange(SITES))


POINT = st.lists(st.sampled_from([0.0, 0.3, 0.5, 1.0]), min_size=SITES, max_size=SITES).map(np.array)


@settings(max_examples=cases(100), deadline=None)
@given(capture=captures(), point=POINT, threshold=st.sampled_from([0.3, 0.5, 1.0]))
def test_no_set_of_stations_sees_more_than_a_best_reply_says(capture, point, threshold):
    rows = rows_of(capture, 2)
    groups = int(rows.group.max(initial=-1)) + 1
    reply = best_reply(rows, point, np.array([threshold]), groups)
    for standing in EVERY_SET:
        says = reply.constant.sum() + (reply.coefficient @ standing).sum()
        seen = capture.total(standing) - capture.door[standing].sum()
        assert says >= seen - 2.0
        if (standing == point).all():  # the tangent at a set is tight there
            assert says <= seen + 2.0


@settings(max_examples=cases(100), deadline=None)
@given(capture=captures(), points=st.tuples(POINT, POINT), share=st.integers(0, 4))
def test_whole_majorants_hold_and_become_rows_and_values(capture, points, share):
    rows = rows_of(capture, 2)
    groups = int(rows.group.max(initial=-1)) + 1
    replies = [best_reply(rows, point, np.array([0.5]), groups) for point in points]
    mixed = mixture(capture, rows.group, replies, [np.full(groups, share / 4), np.full(groups, 1 - share / 4)])
    both = joined(SITES, [mixed, mixed])
    assert both.constant.tolist() == [mixed.constant] * 2
    program = CoverageProgram.from_covers(sparse.csr_array(np.eye(SITES)), [1] * SITES, [1] * SITES, SITES)
    third = valued(program, Fraction(1, 3), mixed.coefficient)
    floor = int(capture.total(np.ones(SITES, dtype=bool))) // 2
    row = floor_row(program, mixed.constant, mixed.coefficient, floor, "floor")
    for standing in EVERY_SET:
        most = mixed.constant + int(mixed.coefficient[standing].sum())
        assert most >= capture.total(standing)
        assert int(third.column_values[standing].sum()) * 3 >= int(mixed.coefficient[standing].sum())
        assert (int(row.coefficients[standing[row.columns]].sum()) <= row.limit) == (most >= floor)


def test_a_part_of_an_amount_is_rounded_up():
    assert [times(Fraction(1, 3), amount) for amount in (-4, -3, 0, 3, 4)] == [-1, -1, 0, 1, 2]


@settings(max_examples=cases(60), deadline=None)
@given(capture=captures(), least=st.integers(0, 30_000), chosen=st.lists(st.booleans(), min_size=4, max_size=4))
def test_who_keeps_a_new_station_idle_is_named_and_no_one_in_vain(capture, least, chosen):
    """Sites 0 and 1 are new. The row that is made forbids the plan at hand, and no plan that keeps the rule."""
    program = CoverageProgram.from_covers(sparse.csr_array(np.eye(SITES)), [1] * SITES, [1] * SITES, SITES)
    new, plan = np.array([True, True, False, False]), np.array(chosen)

    def sees(site, standing):
        return capture.station(site, np.asarray(standing, dtype=bool))

    assert [each.site for each in hopeless(program, capture, new, least)] == [
        site for site in (0, 1) if sees(site, np.zeros(SITES)) < least
    ]
    found = too_few(program, capture, new, least, plan)
    assert [each.site for each in found] == [site for site in (0, 1) if plan[site] and sees(site, plan) < least]
    for each in found:
        beside = np.isin(np.arange(SITES), each.beside)
        assert sees(each.site, beside) < least
        for other in each.beside:
            assert sees(each.site, beside & (np.arange(SITES) != other)) >= least
        row = idle_row(program, new, each.site, np.array(each.beside, dtype=np.int64), "idle")
        for standing in EVERY_SET:
            forbidden = int(standing[row.columns].sum()) > row.limit
            assert not forbidden or sees(each.site, standing) < least
        assert int(plan[row.columns].sum()) > row.limit


def test_rows_of_one_group_are_summed():
    pull = sparse.csr_array([[1.0, 0, 0, 0], [0, 1.0, 0, 0]])
    capture = WholeCapture.of(
        Capture(site_ids=["a", "b", "c", "d"], mass=np.array([10.0, 30.0]), pull=pull, door=np.zeros(4)), np.arange(4)
    )
    reply = best_reply(rows_of(capture, 1), np.array([1.0, 1.0, 0, 0]), np.empty(0), 1)
    # at pull 1 half of 40 visits come, and the next would be worth a quarter of each mass
    assert reply.choice.tolist() == [0, 0]
    assert reply.coefficient[0].tolist() == pytest.approx([2_500, 7_500, 0, 0])
    assert reply.constant.tolist() == pytest.approx([10_000])
