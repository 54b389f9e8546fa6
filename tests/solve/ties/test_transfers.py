"""Lengths of moves in a set of plans: the least assignment, and the model that says the same, against every pairing."""

import itertools

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from placement.solve.backends.highs import solve_mip
from placement.solve.program.aggregate import aggregate
from placement.solve.ties.plan_space import PlanSpace
from placement.solve.ties.transfers import Transfers, paired
from tests.effort import cases
from tests.solve.test_relocate import two_stations
from tests.there import there

GIVING, RECEIVING = np.array([2, 3]), np.array([6, 7])
"""Of :func:`two_stations`: give A, give B; move to C, move to D."""


def transfers(lengths):
    table = np.array(lengths)
    return Transfers(
        giving=GIVING, receiving=RECEIVING, lengths=lambda some, others: table[np.ix_(some - 2, others - 6)]
    )


def plan(*columns):
    chosen = np.zeros(8, dtype=bool)
    chosen[list(columns)] = True
    return chosen


def test_each_machine_goes_where_all_together_go_least_far():
    moves = transfers([[1, 2], [2, 9]])
    assert moves.total(plan(0, 1)) == 0
    assert moves.total(plan(2, 1, 7)) == 2
    assert moves.total(plan(2, 3, 6, 7)) == 4  # 2 + 2, not 1 + 9


def test_lengths_that_are_held_are_asked_for_once_and_only_among_what_may_be_chosen():
    asked = []
    table = np.array([[1, 2], [2, 9]])

    def lengths(some, others):
        asked.append((some.tolist(), others.tolist()))
        return table[np.ix_(some - 2, others - 6)]

    all_of_them = Transfers(giving=GIVING, receiving=RECEIVING, lengths=lengths)
    held = there(all_of_them.held(~plan(3), 2))
    assert held.giving.tolist() == [2]
    assert [held.total(plan(2, 1, to)) for to in (6, 7)] == [1, 2]
    assert asked == [([2], [6, 7])]
    assert all_of_them.held(np.ones(8, dtype=bool), 3) is None


@settings(max_examples=cases(20), deadline=None)
@given(lengths=st.lists(st.lists(st.integers(0, 9), min_size=2, max_size=2), min_size=2, max_size=2))
def test_the_model_finds_the_shortest_of_the_best_plans(lengths):
    """With money for one move four plans stand: A or B gives to C or D; with that for two also both to both."""
    moves = transfers(lengths)
    for capital, some in ((9, [(2, 1, 6), (2, 1, 7), (0, 3, 6), (0, 3, 7)]), (18, [(2, 3, 6, 7)])):
        program = two_stations(capital=capital)
        space = PlanSpace.of(aggregate(program)).counting(RECEIVING, len(some[0]) // 2, len(some[0]) // 2)
        pairs = there(paired(space, moves, 99, 4))
        least = min(moves.total(plan(*each)) for each in some)
        model = pairs.shortest().model
        values = there(solve_mip(model, gap=0.0).values)
        assert round(-float(model.objective @ values)) == least
        chosen = np.asarray(values[:8] > 0.5)
        assert moves.total(chosen) == least
        if least:
            assert solve_mip(pairs.no_longer(least - 1).model, gap=0.0).values is None
        assert solve_mip(pairs.no_longer(least).model, gap=0.0).values is not None
    assert paired(space, moves, max(itertools.chain(*lengths)), 3) is None
