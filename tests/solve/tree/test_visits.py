"""Single visits to nodes, worked by hand: what is fixed, closed, bounded, found and asked next."""

from dataclasses import replace

import numpy as np
import pytest

from placement.solve.bounds.prices import Prices
from placement.solve.deadline import NEVER
from placement.solve.lp.relaxation import CutRelaxation
from placement.solve.program.incumbent import Incumbent
from placement.solve.program.problem import FREE, ONE, ZERO
from placement.solve.settings import DEFAULTS
from placement.solve.tree.cut_visitor import CutVisitor, Tries
from placement.solve.tree.first_order_visitor import FirstOrderVisitor
from placement.solve.tree.node import Visit, fixed_by_prices, is_searched
from placement.solve.tree.questions import simple_question
from placement.solve.tree.tools import NOTHING_ALLOWED
from placement.values.certificate import SCALE
from tests.solve.instances import random_relocation
from tests.solve.tools import root_of, three_singles, tools_of, triangle
from tests.there import there


def priced(tools, theta):
    """The root with all rows priced in full and `theta` a unit of money: 6 theta plus what columns gain beyond it."""
    none = np.empty(0, dtype=np.int64)
    of_rows = np.array([theta * SCALE, 0])  # the budget, and how many are chosen
    prices = Prices(objective=1, rows=np.full(3, 10 * SCALE), cuts=none, theta=of_rows, phi=none)
    node = root_of(tools)
    bound, rho = tools.bound(prices, node.domain)
    return replace(node, prices=prices, bound=bound), rho


def test_reduced_values_fix_what_the_other_choice_of_would_be_too_bad():
    tools = three_singles()
    node, rho = priced(tools, 2)
    assert node.bound == (2 * 6 + 4 + 2) * SCALE
    assert (rho // SCALE).tolist() == [4, 2, 0]
    assert fixed_by_prices(tools, node, 13).fixings == []
    visit = fixed_by_prices(tools, node, 14)  # without the first column 18 - 4 = 14 is left
    ((prices, columns, values),) = visit.fixings
    assert (prices, columns.tolist(), values.tolist()) == (node.prices, [0], [1])
    assert visit.node.domain.status.tolist() == [ONE, FREE, FREE]
    assert node.domain.status.tolist() == [FREE, FREE, FREE]


def test_what_rows_decide_is_a_fixing_with_its_ray_and_a_broken_row_closes():
    tools = three_singles()
    node = root_of(tools)
    visit = Visit(node=replace(node, domain=node.domain.fixed(np.array([0]), np.array([1]))))
    assert visit.propagate(tools)
    ((ray, columns, values),) = visit.fixings
    assert (ray.objective, ray.theta.tolist(), columns.tolist(), values.tolist()) == (0, [1, 0], [1, 2], [0, 0])
    broken = Visit(node=replace(node, domain=node.domain.fixed(np.array([0, 1]), np.array([1, 1]))))
    assert not broken.propagate(tools)
    assert there(broken.closing).theta.tolist() == [1, 0]
    bound, _ = tools.bound(broken.closing, broken.node.domain)
    assert bound < 0


def test_a_visit_keeps_the_best_plan_and_closes_at_what_it_reaches():
    visit = Visit(node=replace(root_of(three_singles()), bound=20 * SCALE + 5))
    assert not visit.close_if_reached(19)
    visit.found(Incumbent(np.zeros(3, dtype=bool), 20))
    visit.found(None)
    visit.found(Incumbent(np.zeros(3, dtype=bool), 12))
    assert visit.reach(19) == 20
    assert visit.reach(25) == 25
    assert visit.close_if_reached(19)
    assert visit.closing is visit.node.prices


def test_first_order_steps_come_down_to_the_relaxation_and_find_the_plan():
    # 10 (x0 + x1 + x2) with 3 x0 + 4 x1 + 5 x2 <= 6: the first whole and three quarters of the second, 17.5
    tools = three_singles()
    visit = FirstOrderVisitor(tools, NEVER).visit(root_of(tools), NOTHING_ALLOWED, 0)
    assert 17.5 <= visit.node.bound / SCALE < 17.6
    assert there(visit.incumbent).value == 10
    assert visit.closing is None
    first, second = there(visit.branches)
    assert (first.group, first.index, first.value + second.value) == (second.group, second.index, 1)
    assert (visit.value, visit.effort) == (None, 0)


def test_a_bound_within_what_is_allowed_closes():
    tools = three_singles()
    visit = FirstOrderVisitor(tools, NEVER).visit(root_of(tools), 17, 5)
    assert visit.closing is visit.node.prices
    assert visit.branches is None


def cut_visitor(tools):
    relaxation = CutRelaxation(tools.problem, root_of(tools).domain, tools.pool)
    return CutVisitor(tools, NEVER, relaxation=relaxation, improver=None)


def test_cut_rounds_bring_a_triangle_from_thirty_to_twenty_five():
    tools = triangle()
    visit = cut_visitor(tools).tighten(root_of(tools), NOTHING_ALLOWED, 1)
    assert visit.node.bound / SCALE == pytest.approx(30, abs=0.01)
    visit = cut_visitor(tools).tighten(root_of(tools), NOTHING_ALLOWED, 10)
    assert visit.node.bound / SCALE == pytest.approx(25, abs=0.01)
    assert visit.value == pytest.approx(25)
    assert tools.pool.count >= 1


def test_a_visit_by_simplex_steps_hands_back_value_effort_plan_and_question():
    tools = triangle()
    visitor = cut_visitor(tools)
    visit = visitor.visit(root_of(tools), NOTHING_ALLOWED, 0)
    assert visit.incumbent.value == 20
    assert visit.effort == visitor.relaxation.effort > 0
    assert visit.closing is not None or len(visit.branches) == 2
    closed = visitor.visit(root_of(tools), 25, 1)
    assert closed.closing is not None
    assert closed.effort == visitor.relaxation.effort - visit.effort


def test_what_is_done_in_vain_becomes_rarer_and_success_begins_anew():
    tries, done = Tries(wait=0), []
    for node in range(1, 20):
        if tries.is_due():
            done.append(node)
            tries.tried(in_vain=node != 15)
    assert done == [1, 3, 7, 15, 16, 18]


def test_plans_are_looked_for_at_the_first_nodes_and_then_at_every_tenth():
    searched = [turn for turn in range(45) if is_searched(DEFAULTS.tree, turn)]
    assert searched == [*range(20), 20, 30, 40]


def test_kinds_of_decisions_are_asked_about_before_single_columns():
    tools = tools_of(random_relocation(3, with_floors=False))
    node = root_of(tools)
    group = next(k for k, columns in enumerate(tools.groups[: tools.problem.n_kinds]) if columns.size > 1)
    x = np.zeros(tools.problem.n_columns)
    x[tools.groups[group][0]] = 0.5
    asked = simple_question(tools, replace(node, x=x))
    assert [(each.group, each.value, each.limit) for each in there(asked)] == [(True, 0, 0), (True, 1, 0)]
    assert tools.groups[group][0] in tools.groups[there(asked)[0].index]


def test_where_the_number_is_whole_a_column_is_asked_about_and_nothing_where_all_is_decided():
    tools = three_singles()
    node = root_of(tools)
    asked = simple_question(tools, replace(node, x=np.array([0.0, 0.5, 0.5])))
    assert [(each.index, each.value) for each in there(asked)] == [(1, 1), (1, 0)]
    decided = node.domain.fixed(np.arange(3), np.array([1, 0, 0]))
    assert decided.status.tolist() == [ONE, ZERO, ZERO]
    assert simple_question(tools, replace(node, domain=decided)) is None
