"""What is drawn shrinks: of all towns and programs with a property, hypothesis shows a small one."""

import numpy as np
from hypothesis import find, settings

from tests.plan.brute_force import best_actions
from tests.strategies import programs, towns
from tests.there import there

THOROUGH = settings(max_examples=2000, deadline=None, derandomize=True, database=None)


def test_a_town_in_which_a_station_moves_shrinks_to_two_sites_and_two_points_at_most():
    def moves(town):
        best = best_actions(town)
        return best is not None and "move" in best[1]

    town = find(towns(), moves, settings=THOROUGH)
    assert len(town.sites) <= 2
    assert len(town.demand.ids) <= 2


def test_a_program_that_wins_weight_shrinks_to_one_site_and_one_row():
    program = find(
        programs(), lambda program: (np.diff(program.covers.indptr) * program.weights).any(), settings=THOROUGH
    )
    assert program.n_sites == 1
    assert there(program.weights).tolist() == [1]
