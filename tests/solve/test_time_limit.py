"""The time limit holds while rows are read, while steps are taken, and for what sealing the proof takes."""

import time
from dataclasses import replace

import numpy as np
import pytest
from scipy import sparse

from placement.errors import NoSolutionError
from placement.solve import maximise_coverage
from placement.solve.deadline import NEVER, Deadline
from placement.solve.program.aggregate import aggregate
from placement.solve.settings import EngineSettings
from placement.solve.tree.first_order_visitor import FirstOrderVisitor
from placement.solve.tree.tools import NOTHING_ALLOWED
from placement.values import CoverageProgram
from tests.solve.test_large_networks import network
from tests.solve.test_many_sites import many_sites
from tests.solve.tools import root_of, three_singles, tools_of
from tests.there import there


class SlowBlocks:
    """Blocks of two rows, each of which takes its time to come; there is no end to them."""

    def __init__(self, pause_s):
        self.pause_s, self.given = pause_s, 0

    def __iter__(self):
        while True:
            time.sleep(self.pause_s)
            self.given += 1
            yield sparse.csr_array(np.eye(2, dtype=bool)), np.array([3, 4])


def test_rows_are_read_only_as_long_as_there_is_time():
    blocks = SlowBlocks(0.02)
    program = CoverageProgram.from_covers(blocks, None, [1, 1], 1)
    block = next(iter(blocks))
    maximise_coverage(CoverageProgram.from_covers([block, block], None, [1, 1], 1))  # compiling is in no time limit
    begun = time.perf_counter()
    solution = maximise_coverage(program, time_limit_s=0.3)
    assert time.perf_counter() - begun < 5.0, "of a machine that may be busy"
    assert blocks.given <= 17
    assert (solution.status, solution.proof, solution.certificate) == ("no_solution", "none", None)
    assert not solution.chosen.any()
    assert solution.bound >= 2**42, "no program is worth more"


def test_aggregation_says_how_far_it_came():
    program = CoverageProgram.from_covers(SlowBlocks(0.0), None, [1, 1], 1)
    with pytest.raises(NoSolutionError, match="when 0 rows were read"):
        aggregate(program, until=Deadline.after(0.0))


def test_covers_in_memory_are_there_at_once():
    program = three_singles().program
    assert aggregate(program, until=Deadline.after(0.0)).classes.count == 3


def test_how_often_the_clock_is_looked_at_changes_no_price():
    program = many_sites(3, 80, 8, unit=False, n_points=300)
    found = []
    for entries, seconds in ((1, 1e-9), (10**12, 1e9), (300_000, 0.01)):
        settings = EngineSettings.of({"tree": {"pulse_entries": entries, "pulse_s": seconds}})
        tools = tools_of(program, settings=settings)
        found.append(FirstOrderVisitor(tools, NEVER).look(root_of(tools), NOTHING_ALLOWED, 500, search=False).node)
    assert found[0].bound == found[1].bound == found[2].bound
    for other in found[1:]:
        assert other.prices.rows.tolist() == found[0].prices.rows.tolist()
        assert other.x.tolist() == found[0].x.tolist()


def test_evidence_that_cannot_be_sealed_in_time_is_not_taken():
    settings = EngineSettings.of({"tree": {"rehearse_after_s": 1e-9, "rehearse_doubt": 1e15}})
    tools = tools_of(network(150, 40, 300, capital=3000), settings=settings)
    node = root_of(tools)
    first = replace(node.prices, rows=np.ones_like(node.prices.rows))
    tools.log.add_fixing(0, first, node.domain.limits, np.array([0]), np.array([1]))
    tools.log.look_ahead()
    count = len(node.prices.rows)
    many = [(replace(node.prices, rows=np.arange(k, k + count)), np.array([k % 7]), np.array([1])) for k in range(400)]
    assert tools.log.seals_within(many, 60.0)
    assert not tools.log.seals_within(many, 1e-9)
    assert tools.log.seals_within([], 0.0)
    begun = time.perf_counter()
    for prices, columns, values in many:
        tools.log.add_fixing(0, prices, node.domain.limits, columns, values)
    tools.log.certificate(bound=0, infeasible=False, objective=0, chosen=None)
    assert tools.log.seals_within(many[:1], 10 * (time.perf_counter() - begun))


@pytest.mark.parametrize("limit_s", [0.05, 0.3])
def test_what_is_handed_over_at_the_end_of_a_short_time_is_proven(limit_s):
    from placement.judge import check_certificate

    program = network(600, 100, 900)
    solution = maximise_coverage(program, time_limit_s=limit_s)
    assert solution.status in {"optimal", "feasible"}
    assert check_certificate(program, solution.chosen, there(solution.certificate)) == solution.bound
