"""Exchanges: what a machine that leaves makes room for, worked by hand; plans are feasible and worth what is said."""

import numpy as np
import pytest
from scipy import sparse

from placement.solve.plans.relocate import relocation_plan
from placement.solve.plans.swaps import build_field
from placement.solve.plans.value import Finder
from placement.solve.program.aggregate import aggregate
from placement.solve.program.domain import Domain
from placement.solve.program.problem import build_problem
from placement.values import CoverageProgram, Floor, LinearRow
from tests.solve.instances import brute_force, is_feasible, random_relocation, value_of


def two_stations(*, capital, floors=()):
    """Return a program of stations A (10 people) and B (20), candidates C (100) and D (60); opening 80, moving 9.

    Columns: keep A, keep B, give A, give B, open C, open D, move to C, move to D.
    """
    rows = [
        LinearRow(name=f"one {k}", columns=np.array(pair), coefficients=np.array([1, 1]), limit=1)
        for k, pair in enumerate([(0, 2), (1, 3), (4, 6), (5, 7)])
    ]
    tokens = LinearRow(
        name="tokens", columns=np.array([6, 7, 2, 3]), coefficients=np.array([1, 1, -1, -1]), limit=0, equality=True
    )
    money = LinearRow(
        name="capital", columns=np.array([4, 5, 6, 7]), coefficients=np.array([80, 80, 9, 9]), limit=capital
    )
    return CoverageProgram(
        covers=sparse.csr_array(np.eye(4, dtype=bool)),
        weights=np.array([10, 20, 100, 60]),
        n_sites=4,
        column_site=np.array([0, 1, -1, -1, 2, 3, 2, 3]),
        column_values=np.zeros(8, dtype=np.int64),
        linear=(*rows, tokens, money),
        floors=floors,
        required=np.zeros(8, dtype=bool),
        excluded=np.zeros(8, dtype=bool),
    )


def found(program, x=None):
    problem = build_problem(aggregate(program))
    work = Domain.of(problem).restricted(problem)
    point = np.zeros(work.columns.size) if x is None else x[work.columns]
    return Finder(problem).from_point(work, Domain.of(problem), point)


@pytest.mark.parametrize(
    ("capital", "chosen"),
    [
        (0, [0, 1]),  # no money: both stay, 30
        (9, [2, 1, 6]),  # one move: the weaker station's machine goes to C, 20 + 100
        (18, [2, 3, 6, 7]),  # two moves: 160 beats 10 + 20 + ...
        (89, [2, 1, 4, 7]),  # C opens and A's machine goes to D: 100 + 60 + 20
    ],
)
def test_a_machine_goes_where_it_serves_most(capital, chosen):
    program = two_stations(capital=capital)
    plan = found(program)
    best, _ = brute_force(program)
    assert plan.value == best
    if capital != 89:
        assert np.flatnonzero(plan.chosen).tolist() == sorted(chosen)
    assert plan.value == sum({0: 10, 1: 20, 4: 100, 5: 60, 6: 100, 7: 60}.get(column, 0) for column in chosen)


def test_classes_in_missed_floors_come_to_weigh_more():
    # without the floor A's machine leaves; the floor wants A's ten people, so B's goes instead: 10 + 100
    program = two_stations(capital=9, floors=(Floor(name="A", rows=np.array([0]), minimum=10),))
    plan = found(program)
    assert (plan.value, plan.chosen[0], plan.chosen[3]) == (110, True, True)


def test_plans_are_feasible_worth_what_is_said_and_mostly_best():
    best_found = 0
    for seed in range(150):
        program = random_relocation(seed, with_floors=seed % 2 == 0)
        best, _ = brute_force(program)
        x = np.random.default_rng(seed).random(program.n_columns)
        plan = found(program, x)
        if plan is None:
            continue
        assert is_feasible(program, plan.chosen)
        assert plan.value == value_of(program, plan.chosen) <= best
        best_found += plan.value == best
    assert best_found > 75


@pytest.mark.parametrize("seed", range(3))
def test_what_the_search_says_a_plan_is_worth_is_what_it_is_worth(seed):
    program = two_stations(capital=18)
    problem = build_problem(aggregate(program))
    work = Domain.of(problem).restricted(problem)
    plan, value = relocation_plan(build_field(work), np.zeros(work.columns.size), seed)
    chosen = np.zeros(8, dtype=bool)
    chosen[work.columns] = plan
    assert is_feasible(program, chosen)
    assert value == value_of(program, chosen) == 160  # both machines move
