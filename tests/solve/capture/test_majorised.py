"""One program in place of one that counts visits: what its prices say of all plans, against all plans of a town."""

import itertools
from dataclasses import replace

import numpy as np
import pytest

from placement.solve.capture.majorised import Majorised
from placement.solve.deadline import NEVER
from placement.solve.settings import DEFAULTS
from tests.solve.capture.towns import best_of_all, random_town
from tests.there import there


@pytest.mark.parametrize("seed", range(12))
def test_no_plan_is_worth_more_than_prices_say(seed):
    """Of all plans, of those that choose a column, and of those that choose none of two."""
    town = random_town(seed)
    town = replace(town, aim=replace(town.aim, floor=None, least=None))
    best = best_of_all(town)
    found = Majorised.of(town.program, town.capture, town.aim, until=NEVER, threads=1, settings=DEFAULTS)
    if best is None or found is None or found.bound is None:
        assert best is None or town.aim.weight
        return
    assert found.bound >= best
    assert not found.refuted
    free = np.flatnonzero(there(found.prices).free)
    for column in free.tolist():
        with_it = np.arange(town.program.n_columns) == column
        asked = replace(town, program=replace(town.program, required=town.program.required | with_it))
        most = best_of_all(asked)
        assert most is None or there(found.choosing(np.array([column]))) >= most
    for pair in itertools.pairwise(free):
        gone = np.isin(np.arange(town.program.n_columns), pair)
        asked = replace(town, program=replace(town.program, excluded=town.program.excluded | gone))
        most = best_of_all(asked)
        assert most is None or there(found.without(np.array(pair))) >= most
