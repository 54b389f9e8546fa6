"""Networks in which closing what stands is beyond any budget: keeping all of it is a plan, and it is found first."""

from time import perf_counter

import numpy as np
import pytest
from scipy import sparse
from scipy.spatial import cKDTree

from placement.judge import check_certificate
from placement.solve import maximise_coverage
from placement.solve.plans.value import Finder
from placement.solve.program.aggregate import aggregate
from placement.solve.program.domain import Domain
from placement.solve.program.problem import build_problem
from placement.values import CoverageProgram, LinearRow
from tests.there import there


def network(stations, candidates, points, *, capital=20_000, close=50, seed=0):
    """A square of random places; keep, give, open, move in; money for hardly any closing; a hundred moves."""
    rng = np.random.default_rng(seed)
    sites = rng.random((stations + candidates, 2))
    people = rng.random((points, 2))
    near = cKDTree(people).query_ball_point(sites, 0.6 / np.sqrt(stations))
    columns = np.concatenate([np.asarray(each, dtype=np.int64) for each in near])
    at = np.repeat(np.arange(sites.shape[0]), [len(each) for each in near])
    covers = sparse.csr_array((np.ones(columns.size, dtype=bool), (columns, at)), shape=(points, sites.shape[0]))
    keep, give = np.arange(stations), stations + np.arange(stations)
    bought, moved = (2 * stations + turn * candidates + np.arange(candidates) for turn in (0, 1))
    pairs = [*zip(keep, give, strict=True), *zip(bought, moved, strict=True)]
    rows = [
        LinearRow(name=f"site {k}", columns=np.array(pair), coefficients=np.ones(2, dtype=np.int64), limit=1)
        for k, pair in enumerate(pairs)
    ]
    signs = np.repeat([1, -1], [candidates, stations])
    rows.append(
        LinearRow(name="tokens", columns=np.r_[moved, give], coefficients=signs, limit=0, equality=True),
    )
    money = np.repeat([-close, -close, 1500, 200], [stations, stations, candidates, candidates])
    rows.append(
        LinearRow(name="capital", columns=np.arange(money.size), coefficients=money, limit=capital - close * stations)
    )
    none = np.zeros(money.size, dtype=bool)
    return CoverageProgram(
        covers=covers,
        weights=rng.integers(1, 500, points),
        n_sites=sites.shape[0],
        column_site=np.r_[keep, np.full(stations, -1), stations + np.tile(np.arange(candidates), 2)],
        column_values=np.zeros(money.size, dtype=np.int64),
        linear=tuple(rows),
        required=none,
        excluded=none,
    )


@pytest.fixture(scope="module")
def large():
    return network(4000, 300, 6000)


def test_keeping_everything_is_found_although_nothing_chosen_breaks_the_budget(large):
    problem = build_problem(aggregate(large))
    work = Domain.of(problem).restricted(problem)
    found = Finder(problem).from_point(work, Domain.of(problem), np.zeros(work.columns.size))
    assert there(found).value > int(large.weights[large.covers[:, :4000].sum(axis=1) > 0].sum()), (
        "moves gain more than keeping all"
    )
    assert there(found).chosen[:4000].sum() > 3800


def test_a_large_network_has_a_plan_however_short_the_time(large):
    maximise_coverage(network(20, 5, 50), time_limit_s=5)
    begun = perf_counter()
    solution = maximise_coverage(large, time_limit_s=0.3)
    assert solution.status in {"optimal", "feasible"}
    assert perf_counter() - begun < 10, "the limit is kept but for what a busy machine adds"
    assert check_certificate(large, solution.chosen, there(solution.certificate)) == solution.bound


@pytest.mark.parametrize("seed", range(4))
def test_middling_networks_are_solved_to_the_end(seed):
    program = network(150, 40, 300, capital=3000, seed=seed)
    solution = maximise_coverage(program, time_limit_s=20)
    again = maximise_coverage(program, backend="highs", time_limit_s=20)
    assert solution.status == "optimal"
    assert solution.objective == again.objective
