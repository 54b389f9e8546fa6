"""Aggregation against the definition, plan by plan."""

import itertools

import numpy as np
import pytest
from scipy import sparse

from placement.errors import InputError
from placement.solve.program.aggregate import aggregate, row_classes
from placement.values import CoverageProgram, Floor, LinearRow
from tests.effort import cases
from tests.solve.instances import is_feasible, random_budgeted, random_covers, random_relocation, value_of


def reduced_value(reduced, chosen):
    open_sites = np.zeros(reduced.n_sites, dtype=np.int64)
    sites = reduced.column_site[np.flatnonzero(chosen)]
    open_sites[sites[sites >= 0]] = 1
    covered = (reduced.covers.astype(np.int64) @ open_sites) > 0
    return int(reduced.weights[covered].sum() + reduced.column_values[chosen].sum()), covered


def reduced_feasible(reduced, chosen):
    if (reduced.required & ~chosen).any() or (reduced.excluded & chosen).any():
        return False
    for row in reduced.linear:
        total = int(row.coefficients @ chosen[row.columns].astype(np.int64))
        if total > row.limit or (row.equality and total != row.limit):
            return False
    _, covered = reduced_value(reduced, chosen)
    weight = reduced.weights * covered
    return all(int(weight[f.rows].sum() + f.column_gain[chosen].sum()) >= f.minimum for f in reduced.floors)


@pytest.mark.parametrize("seed", range(cases(40)))
def test_every_plan_keeps_its_value_and_its_feasibility(seed):
    program = random_relocation(seed) if seed % 2 else random_budgeted(seed)
    reduced = aggregate(program)
    for bits in itertools.product((False, True), repeat=program.n_columns):
        chosen = np.array(bits)
        assert reduced_feasible(reduced, chosen) == is_feasible(program, chosen)
        if is_feasible(program, chosen):
            assert reduced_value(reduced, chosen)[0] == value_of(program, chosen)


def test_classes_by_hand():
    # rows: {0} 5, {0,1} 1, nobody 9, {0,1} 2, {0} weight 0, {1} 7
    covers = sparse.csr_array([[1, 0], [1, 1], [0, 0], [1, 1], [1, 0], [0, 1]])
    program = CoverageProgram.from_covers(covers, [5, 1, 9, 2, 0, 7], [1, 1], 1)
    classes = row_classes(program)
    assert classes.weights.tolist() == [5, 3, 7]
    assert classes.indptr.tolist() == [0, 1, 3, 4]
    assert classes.sites.tolist() == [0, 0, 1, 1]
    assert (classes.n_rows, classes.n_entries, classes.total_weight) == (6, 7, 24)
    reduced = aggregate(program)
    assert reduced.weights.tolist() == [3]
    assert reduced.column_values.tolist() == [5, 7]


def test_rows_of_different_floors_stay_apart_and_folded_ones_count_in_theirs():
    covers = sparse.csr_array([[1, 1], [1, 1], [1, 1], [1, 0]])
    base = CoverageProgram.from_covers(covers, [1, 2, 4, 8], [1, 1], 1)
    floors = (Floor(name="a", rows=np.array([1, 2, 3]), minimum=3), Floor(name="b", rows=np.array([2]), minimum=1))
    program = CoverageProgram(
        covers=covers,
        weights=np.array([1, 2, 4, 8]),
        n_sites=2,
        column_site=base.column_site,
        column_values=np.array([0, 0]),
        linear=base.linear,
        floors=floors,
        required=base.required,
        excluded=base.excluded,
    )
    reduced = aggregate(program)
    assert reduced.classes.weights.tolist() == [1, 2, 4, 8]
    assert reduced.classes.floor_index.tolist() == [0, 0, 1, 0]
    assert [floor.rows.tolist() for floor in reduced.floors] == [[1, 2], [2]]
    assert reduced.floors[0].column_gain.tolist() == [8, 0]


def test_a_site_of_two_columns_is_folded_only_where_one_at_most_can_be_chosen():
    def program(limit):
        row = LinearRow(name="one", columns=np.array([0, 1]), coefficients=np.array([1, 1]), limit=limit)
        none = np.zeros(2, dtype=bool)
        return CoverageProgram(
            covers=sparse.csr_array([[1]]),
            weights=np.array([3]),
            n_sites=1,
            column_site=np.array([0, 0]),
            column_values=np.array([0, 0]),
            linear=(row,),
            required=none,
            excluded=none,
        )

    assert aggregate(program(1)).column_values.tolist() == [3, 3]
    assert aggregate(program(2)).column_values.tolist() == [0, 0]
    assert aggregate(program(2)).n_rows == 1


@pytest.mark.parametrize("sites", [40, 100, 128, 129, 300])
def test_blocks_threads_and_kernels_agree_with_a_dictionary(sites):
    rng = np.random.default_rng(sites)
    patterns = random_covers(rng, 50, sites, 0.1)
    covers = sparse.csr_array(patterns[rng.integers(0, 50, 3000)])
    weights = rng.integers(0, 9, 3000)
    expected: dict[tuple[int, ...], int] = {}
    for row in range(3000):
        key = tuple(covers.indices[covers.indptr[row] : covers.indptr[row + 1]].tolist())
        if key and weights[row]:
            expected[key] = expected.get(key, 0) + int(weights[row])
    blocks = [(covers[start : start + 400], weights[start : start + 400]) for start in range(0, 3000, 400)]
    costs = np.ones(sites, dtype=np.int64)
    for program in (
        CoverageProgram.from_covers(covers, weights, costs, 3),
        CoverageProgram.from_covers(blocks, None, costs, 3),
    ):
        for threads in (1, 3):
            classes = row_classes(program, threads=threads)
            found = [
                tuple(classes.sites[a:b].tolist()) for a, b in zip(classes.indptr[:-1], classes.indptr[1:], strict=True)
            ]
            assert found == list(expected)
            assert classes.weights.tolist() == list(expected.values())


def test_blocks_are_checked():
    costs = np.ones(2, dtype=np.int64)
    covers = sparse.csr_array([[1, 0]])
    for weights, fault in ((np.array([-1]), "negative"), (np.array([2**42]), "2\\*\\*42"), (np.array([1, 2]), "shape")):
        with pytest.raises(InputError, match=fault):
            aggregate(CoverageProgram.from_covers([(covers, weights)], None, costs, 1))
    halves = [(covers, np.array([2**41])), (covers, np.array([2**41]))]
    with pytest.raises(InputError, match="2\\*\\*42"):
        aggregate(CoverageProgram.from_covers(halves, None, costs, 1))


def test_inputs_stay_as_they_were():
    covers = sparse.csr_array((np.ones(4), np.array([1, 0, 0, 0]), np.array([0, 2, 4])), shape=(2, 2))
    before = covers.indices.copy()
    program = CoverageProgram.from_covers([(covers, np.array([1, 2]))], None, np.ones(2, dtype=np.int64), 1)
    assert aggregate(program).weights.tolist() == [1]
    assert aggregate(program).column_values.tolist() == [2, 0]
    assert (covers.indices == before).all()
