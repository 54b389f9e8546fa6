"""Prices as integers: rounded to the nearest, kept within 61 bits, a label worth its floors' prices more."""

from dataclasses import replace

import numpy as np
from scipy import sparse

from placement.solve.program.scale import SAFE, label_scale, scaled
from placement.values import CoverageProgram, Floor
from placement.values.certificate import SCALE
from tests.solve.tools import tools_of


def test_prices_are_rounded_and_none_leaves_61_bits():
    prices = np.array([1.0, 1.4 / SCALE, 1.6 / SCALE, -1.0, 1e300, -1e300])
    assert scaled(prices).tolist() == [SCALE, 1, 2, -SCALE, int(SAFE), -int(SAFE)]


def test_a_row_in_two_floors_is_worth_the_prices_of_both_more():
    # rows 0 and 1 stand in the first floor, rows 1 and 2 in the second, row 3 in none
    program = CoverageProgram.from_covers(sparse.csr_array(np.eye(4, dtype=bool)), [1, 2, 3, 4], [1, 1, 1, 1], 2)
    floors = (
        Floor(name="first", rows=np.array([0, 1]), minimum=1),
        Floor(name="second", rows=np.array([1, 2]), minimum=1),
    )
    problem = tools_of(replace(program, floors=floors)).problem
    weights = problem.covers.weights.tolist()
    for objective in (0, 1):
        of_label = label_scale(problem, np.array([10, 200]), objective)
        worth = dict(zip(weights, of_label[problem.floors.label].tolist(), strict=True))
        base = objective * SCALE
        assert worth == {1: base + 10, 2: base + 210, 3: base + 200, 4: base}
