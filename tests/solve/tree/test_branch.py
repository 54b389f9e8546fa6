"""Branch and bound with visitors that follow a script: what is visited, by whom, what stands in for what fails."""

import numpy as np

from placement.judge import check_certificate
from placement.solve.deadline import NEVER, Deadline
from placement.solve.program.incumbent import Incumbent
from placement.solve.program.limits import Branch
from placement.solve.tree.branch import BranchAndBound, Stage, Tree
from placement.solve.tree.node import Visit
from tests.solve.tools import root_of, three_singles
from tests.there import there

PLAN = Incumbent(np.array([False, False, True]), 10)


class InOrder:
    """Asks about one column after the other; prices of the root close what is decided, or a row that is broken."""

    def __init__(self, tools):
        self.tools, self.visited = tools, []

    def visit(self, node, allowed, turn):
        self.visited.append((node.number, turn))
        visit = Visit(node=node)
        if not visit.propagate(self.tools):
            return visit
        free = np.flatnonzero(visit.node.domain.free)
        if free.size:
            first = int(free[0])
            visit.branches = (Branch(group=False, index=first, value=1), Branch(group=False, index=first, value=0))
            return visit
        visit.look_for_plan(self.tools, visit.node.domain.restricted(self.tools.problem))
        visit.closing = full_prices(self.tools, node)
        return visit


class Fails:
    def visit(self, node, allowed, turn):
        raise RuntimeError("the solver is gone")


def full_prices(tools, node):
    from dataclasses import replace

    return replace(node.prices, rows=tools.problem.covers.weights * 2**20)


def certificate(tools, tree):
    return tools.log.certificate(
        bound=tree.bound, infeasible=False, objective=tree.objective, chosen=tree.incumbent.chosen
    )


def test_a_scripted_visitor_closes_the_tree_and_the_log_proves_it():
    tools = three_singles()
    visitor = InOrder(tools)
    search = BranchAndBound(tools, NEVER, (Stage(make=lambda: visitor, at_once=1),), without_solver=Fails())
    tree = search.run(root_of(tools), None)
    assert (tree.objective, tree.bound, tree.finished) == (10, 10, True)
    assert tree.status(0.0) == "optimal"
    assert [turn for _, turn in visitor.visited] == list(range(tree.nodes))
    assert check_certificate(tools.program, there(tree.incumbent).chosen, certificate(tools, tree)) == 10


def test_the_next_stage_takes_over_after_so_many_nodes_and_its_turns_begin_anew():
    tools = three_singles()
    first, second = InOrder(tools), InOrder(tools)
    stages = (Stage(make=lambda: first, at_once=1, most_nodes=2), Stage(make=lambda: second, at_once=1))
    BranchAndBound(tools, NEVER, stages, without_solver=Fails()).run(root_of(tools), None)
    assert len(first.visited) == 2
    assert second.visited[0][1] == 0


def test_another_visitor_stands_in_for_one_that_fails_or_cannot_be_made():
    def cannot():
        raise RuntimeError("no licence")

    for make in (Fails, cannot):
        tools = three_singles()
        other = InOrder(tools)
        search = BranchAndBound(tools, NEVER, (Stage(make=make, at_once=1),), without_solver=other)
        assert search.run(root_of(tools), None).objective == 10
        assert other.visited


def test_without_time_nothing_is_visited_and_the_bound_is_that_of_the_root():
    tools = three_singles()
    visitor = InOrder(tools)
    over = Deadline.after(0.0)
    search = BranchAndBound(tools, over, (Stage(make=lambda: visitor, at_once=2),), without_solver=visitor)
    tree = search.run(root_of(tools), PLAN)
    assert (tree.objective, tree.bound, tree.finished, tree.nodes) == (10, 30, False, 0)
    assert tree.status(0.0) == "feasible"
    assert tree.status(0.7) == "optimal"
    assert check_certificate(tools.program, PLAN.chosen, certificate(tools, tree)) == 30


def test_nodes_within_the_asked_gap_are_closed_unvisited():
    tools = three_singles(gap=0.7)  # (30 - 10) / 30 is less
    visitor = InOrder(tools)
    tree = BranchAndBound(tools, NEVER, (Stage(make=lambda: visitor, at_once=2),), without_solver=visitor).run(
        root_of(tools), PLAN
    )
    assert (tree.nodes, tree.finished, tree.bound) == (0, True, 30)


def test_what_is_known_of_a_tree():
    nothing = Tree(incumbent=None, bound=-5, finished=True, nodes=3)
    assert (nothing.objective, nothing.status(0.0)) == (0, "infeasible")
    assert Tree(incumbent=None, bound=9, finished=False, nodes=3).status(0.0) == "no_solution"
    tree = Tree(incumbent=Incumbent(PLAN.chosen, 98), bound=98, finished=True, nodes=3)
    assert tree.proven_bound(0.02, fixed=False) == 98
    assert tree.proven_bound(0.02, fixed=True) == 100  # columns fixed by what the gap allows prove no more
    assert tree.proven_bound(0.0, fixed=True) == 98
