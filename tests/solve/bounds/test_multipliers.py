"""Multipliers of merged rows and prices of classes, there and back: nothing of a bound is lost on the way."""

import numpy as np
import pytest
from scipy import sparse

from placement.solve.bounds.class_prices import ClassPrices
from placement.solve.bounds.multipliers import multipliers
from placement.solve.bounds.prices import Prices, scaled_bound, to_prices
from placement.solve.cuts.pool import CutPool
from placement.solve.program.domain import Domain
from placement.values import CoverageProgram
from placement.values.certificate import SCALE
from tests.solve.tools import tools_of


def merged():
    """Return a problem and what is left once the last site is shut: classes of 3 and 5 become one row of 8.

    Row 0 (weight 3) is covered by sites 0 and 1, row 1 (5) by those and site 3, row 2 (7) by sites 1 and 2, row 3 (4)
    by 0 and 2.
    """
    covers = sparse.csr_array([[1, 1, 0, 0], [1, 1, 0, 1], [0, 1, 1, 0], [1, 0, 1, 0]])
    problem = tools_of(CoverageProgram.from_covers(covers, [3, 5, 7, 4], [2, 2, 2, 3], 3)).problem
    domain = Domain.of(problem).fixed(np.array([3]), np.array([0]))
    work = domain.restricted(problem)
    assert sorted(work.weights.tolist()) == [4, 7, 8]
    return problem, domain, work


def test_a_merged_row_takes_the_share_of_what_its_classes_are_worth():
    problem, _, work = merged()
    weights = problem.covers.weights
    prices = Prices(
        objective=1, rows=np.where(weights == 3, 1, np.where(weights == 5, 3, 7)) * SCALE,
        cuts=np.empty(0, dtype=np.int64), theta=np.zeros(problem.low.size, dtype=np.int64),
        phi=np.zeros(0, dtype=np.int64),
    )  # fmt: skip
    found = dict(zip(work.weights.tolist(), multipliers(problem, work, prices).tolist(), strict=True))
    assert found == pytest.approx({8: (1 + 3) / (3 + 5), 7: 1.0, 4: 1.0})  # 7 for a class of 4 counts as all of it
    back = to_prices(problem, work, multipliers(problem, work, prices), np.zeros(work.side_rows.size), np.zeros(0))
    assert back.rows[weights == 3].tolist() == [SCALE * 3 // 2]
    assert back.rows[weights == 5].tolist() == [SCALE * 5 // 2]


def test_prices_of_rows_and_sets_are_split_so_that_no_class_gets_more_than_it_is_worth():
    problem, domain, work = merged()
    row = {weight: at for at, weight in enumerate(work.weights.tolist())}
    pool = CutPool(problem.covers)
    translator = ClassPrices(problem, work, pool)
    theta = np.zeros(problem.low.size, dtype=np.int64)
    theta[0] = 2 * SCALE
    of_rows = np.array([{8: 6.5, 7: 4.0, 4: 0.0}[weight] for weight in work.weights.tolist()])
    for of_set in (0.0, 2.5, 4.0):
        prices = translator.prices(of_rows, [tuple(sorted(row.values()))], np.array([of_set]), theta, np.zeros(0))
        weights = problem.covers.weights
        assert prices.rows[np.isin(weights, [3, 5])].sum() + of_set * SCALE == min(6.5 + of_set, 8.0) * SCALE
        assert prices.rows[weights == 7].tolist() == [min(4.0, 7 - of_set) * SCALE]
        assert prices.cuts.sum() == of_set * SCALE
        used = prices.rows.copy()
        for number, price in enumerate(prices.cuts.tolist()):
            used[list(pool.classes_of(number))] += price
        assert (used <= weights * SCALE).all()
        bound, _ = scaled_bound(problem, pool.cuts(), prices, domain)
        assert bound >= 15 * SCALE  # money for one site of three, which covers 8 + 7 at most
