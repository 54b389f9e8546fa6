"""What is drawn shrinks: of all towns and programs with a property, hypothesis shows a small one."""

import numpy as np
from hypothesis import find, settings
from scipy import sparse

from tests.strategies import programs, towns
from tests.there import there

THOROUGH = settings(max_examples=500, deadline=None, derandomize=True, database=None)


def test_a_town_in_which_a_move_would_win_somebody_shrinks_to_two_sites_and_two_points_at_most():
    def worth_moving(town):
        covers, standing = (
            sparse.csr_array(town.coverage.covers).toarray(),
            town.sites.table["existing"].to_numpy(dtype=bool),
        )
        reached = covers[:, standing].any(axis=1)
        return standing.any() and bool((covers[:, ~standing].any(axis=1) & ~reached).any())

    town = find(towns(), worth_moving, settings=THOROUGH)
    assert len(town.sites) <= 2
    assert len(town.demand.ids) <= 2


def test_a_program_that_wins_weight_shrinks_to_one_site_and_one_row():
    def wins(program):
        return bool((np.diff(program.covers.indptr) * program.weights).any())

    program = find(programs(), wins, settings=THOROUGH)
    assert program.n_sites == 1
    assert there(program.weights).tolist() == [1]
