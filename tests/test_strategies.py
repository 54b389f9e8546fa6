"""What is drawn shrinks: of all programs with a property, hypothesis shows a small one."""

import numpy as np
from hypothesis import find, settings

from tests.strategies import programs
from tests.there import there

THOROUGH = settings(max_examples=500, deadline=None, derandomize=True, database=None)


def test_a_program_that_wins_weight_shrinks_to_one_site_and_one_row():
    def wins(program):
        return bool((np.diff(program.covers.indptr) * program.weights).any())

    program = find(programs(), wins, settings=THOROUGH)
    assert program.n_sites == 1
    assert there(program.weights).tolist() == [1]
