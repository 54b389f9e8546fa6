"""Marks of idle stations: every row holds for every plan that marks its own, and plans are made light enough."""

import numpy as np
import pytest

from placement.solve.capture.marks import Marks, without_marks
from placement.solve.program.recount import open_sites
from tests.effort import cases
from tests.solve.capture.towns import town_of_few_idle


def marks_of(seed):
    town = town_of_few_idle(seed)
    return town, Marks.of(town.program, town.capture, town.aim)


@pytest.mark.parametrize("seed", range(cases(40)))
def test_rows_hold_for_all_plans_that_mark_their_idle_stations(seed):
    """Of one other, of points that are crossed, of plans with too many: none cuts a marked plan off."""
    town, marks = marks_of(seed)
    rng, program = np.random.default_rng(seed), marks.program
    points = [rng.random(program.n_columns) for _ in range(6)]
    plans = [marks.true(rng.random(program.n_columns) < share) for share in (0.3, 0.6, 0.9) for _ in range(20)]
    reasons = [*marks.pairs(), *(each for point in points for each in marks.crossed(point, 1e-3))]
    reasons += [each for plan in plans for each in marks.unmarked(plan)]
    rows = [marks.row(each) for each in reasons]
    placed = program.column_site >= 0
    at_once = [plan for plan in plans if np.bincount(program.column_site[plan & placed], minlength=1).max() <= 1]
    for row in rows:
        assert all(int(row.coefficients @ plan[row.columns]) <= row.limit for plan in at_once)
    (limit,) = [row for row in program.linear if row.name == "max_idle"]
    for plan in at_once:
        stands = open_sites(program, plan)
        idle = sum(town.capture.station(site, stands) < town.aim.idle_below for site in np.flatnonzero(stands).tolist())
        assert int(plan[limit.columns].sum()) == idle  # none is idle that has no mark and is not idle alone
        kept = marks.lightened(plan)
        assert marks.idle(kept).size <= marks.most or (program.required & placed).any()
        assert not (kept[: marks.first] & ~plan[: marks.first]).any()


def test_a_point_is_crossed_where_it_leaves_a_station_unmarked():
    """Some row of a town is crossed by the plan that it was made for, less its marks, and by no plan with them."""
    found = 0
    for seed in range(30):
        _, marks = marks_of(seed)
        for each in marks.pairs():
            row, bare = marks.row(each), np.zeros(marks.program.n_columns)
            columns = [np.flatnonzero(marks.program.column_site == site)[0] for site in (each.site, *each.beside)]
            bare[columns] = 1.0
            told = marks.true(bare > 0)
            assert row.coefficients @ bare[row.columns] == row.limit + 1
            assert row.coefficients @ told[row.columns] <= row.limit
            assert (each.site, each.beside) in [(one.site, one.beside) for one in marks.crossed(bare, 1e-3)]
            found += 1
    assert found > 5


def test_a_program_is_the_same_without_its_marks():
    town, marks = marks_of(3)
    assert without_marks(marks.program, marks.first).fingerprint() == town.program.fingerprint()
