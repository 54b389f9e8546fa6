"""Stages are functions from what is known at the root to what is known next; which of them are due."""

import numpy as np
import pytest

from placement.judge import check_certificate
from placement.solve.deadline import NEVER, Deadline
from placement.solve.program.incumbent import Incumbent
from placement.solve.root import Root, bounded, core, fixed, with_improver
from placement.solve.run import ask_solver, close_tree, first_bound, greedy, improved, polished, run_root
from placement.solve.settings import EngineSettings
from placement.values.certificate import SCALE
from tests.solve.instances import brute_force, random_relocation
from tests.solve.test_cut_saddle import random_town
from tests.solve.test_many_sites import many_sites
from tests.solve.tools import three_singles, tools_of, triangle
from tests.there import there

WIDE = EngineSettings.of({"root": {"many_columns": 5}})
LARGE = EngineSettings.of(
    {"root": {"many_columns": 2, "simplex_rows": 0}, "bounds": {"large_entries": 0}, "large": {"least_stage_s": 0.05}}
)


def test_trivial_prices_cover_everything():
    root = Root.of(three_singles().problem)
    assert (root.bound, root.incumbent, root.domain.n_free) == (30 * SCALE, None, 3)
    assert root.node.number == 0


def test_a_stage_leaves_the_root_it_was_given_as_it_was():
    tools = triangle()
    root = Root.of(tools.problem)
    planned = greedy(root, tools, NEVER)
    assert root.incumbent is None
    assert there(planned.incumbent).value == 20
    tight = first_bound(planned, tools, NEVER)
    assert planned.bound == 31 * SCALE
    assert 30 <= tight.bound / SCALE < 30.1
    assert not tight.is_closed(tools)


def test_what_the_gap_allows_closes_the_root():
    tools = three_singles(gap=0.5)  # (17.5 - 10) / 17.5 is less
    root = first_bound(greedy(Root.of(tools.problem), tools, NEVER), tools, NEVER)
    assert root.is_closed(tools)


def test_the_core_is_what_could_still_be_part_of_a_better_plan():
    tools = three_singles()
    root = bounded(greedy(Root.of(tools.problem), tools, NEVER), tools, NEVER, 2000)
    _, rho = tools.bound(root.prices, root.domain)
    inside = core(root, tools)
    assert inside[rho >= 0].all()
    assert (rho[~inside] < 0).all()


def test_later_searches_go_on_from_the_plans_of_earlier_ones():
    tools = tools_of(many_sites(3, 60, 6, unit=True, n_points=200))
    root = greedy(Root.of(tools.problem), tools, NEVER)
    root, first = with_improver(root, tools)
    assert root.improver is first
    best = first.improve(there(root.incumbent), NEVER, epochs=1)
    root, second = with_improver(root.better(best), tools)
    assert second is not first
    assert second._pool == first._pool


@pytest.mark.parametrize(
    ("tools", "stages"),
    [
        (three_singles, ["plans"]),
        (lambda: tools_of(many_sites(3, 60, 6, unit=True, n_points=200), settings=WIDE), ["root"]),  # closed by then
        (lambda: tools_of(random_town(4), deadline=Deadline.after(2.0), settings=WIDE), ["root", "plans"]),
        (lambda: triangle(deadline=Deadline.after(2.0), settings=LARGE), ["root", "plans"]),
        (lambda: tools_of(random_relocation(3, with_floors=False)), []),
    ],
)
def test_which_stages_are_due(tools, stages):
    made = tools()
    root, seconds = run_root(made)
    assert list(seconds) == stages
    assert (root.incumbent is not None) == bool(stages)
    assert root.bound <= Root.of(made.problem).bound


@pytest.mark.parametrize("stage", [improved, polished])
@pytest.mark.parametrize("settings", [WIDE, LARGE])
def test_plans_and_bounds_get_no_worse(stage, settings):
    tools = tools_of(many_sites(3, 40, 5, unit=True, n_points=100), deadline=Deadline.after(2.0), settings=settings)
    begun = first_bound(greedy(Root.of(tools.problem), tools, tools.deadline), tools, tools.deadline)
    root = stage(begun, tools, tools.deadline)
    assert root.incumbent.value >= there(begun.incumbent).value
    assert root.bound <= begun.bound
    assert root.bound // SCALE >= root.incumbent.value
    tree = close_tree(root, tools)
    made = tools.log.certificate(
        bound=tree.proven_bound(0.0, fixed=True), infeasible=False, objective=tree.objective,
        chosen=there(tree.incumbent).chosen,
    )  # fmt: skip
    assert check_certificate(tools.program, there(tree.incumbent).chosen, made) == tree.bound >= tree.objective


@pytest.mark.parametrize("seed", [1, 4, 7, 12])
def test_a_plan_that_highs_finds_is_taken_and_its_bound_is_kept(seed):
    program = random_relocation(seed)
    best, _ = brute_force(program)
    tools = tools_of(program, deadline=Deadline.after(60.0))
    root = ask_solver(Root.of(tools.problem), tools, tools.deadline)
    assert there(root.by_solver).status == ("infeasible" if best is None else "optimal")
    assert (None if root.incumbent is None else root.incumbent.value) == best
    tree = close_tree(root, tools)
    assert (tree.incumbent is None) == (best is None)
    assert best is None or tree.objective == best


def test_what_prices_and_plan_decide_is_logged():
    tools = three_singles()
    root = bounded(greedy(Root.of(tools.problem), tools, NEVER), tools, NEVER, 2000)
    assert not fixed(root, tools).domain.chosen.any()  # 17.5 - 2.5 is more than ten: nothing is decided
    enough = root.better(Incumbent(np.array([True, False, False]), 16))
    after = fixed(enough, tools)
    assert after.domain.n_free < 3
    assert tools.log.has_fixings
