"""Tools and nodes of small programs, for tests of single stages and visitors."""

import numpy as np
from scipy import sparse

from placement.solve.deadline import NEVER
from placement.solve.program.aggregate import aggregate
from placement.solve.root import Root
from placement.solve.settings import DEFAULTS
from placement.solve.tree.tools import Tools
from placement.values import CoverageProgram


def three_singles(budget=6, gap=0.0, deadline=NEVER, settings=DEFAULTS):
    """Three sites, each alone before ten people, for 3, 4 and 5: money for one, while the relaxation affords 1.75."""
    program = CoverageProgram.from_covers(sparse.csr_array(np.eye(3, dtype=bool)), [10, 10, 10], [3, 4, 5], budget)
    return tools_of(program, gap=gap, deadline=deadline, settings=settings)


def triangle(deadline=NEVER, settings=DEFAULTS):
    """Three rows of ten, each covered by two of three sites for two each, money for three; one row of one beside.

    The relaxation opens every site by half and covers all thirty; the odd set of the rows says 25, and a plan covers
    two rows.
    """
    covers = sparse.csr_array([[1, 1, 0, 0], [0, 1, 1, 0], [1, 0, 1, 0], [0, 0, 0, 1]])
    program = CoverageProgram.from_covers(covers, [10, 10, 10, 1], [2, 2, 2, 3], 3)
    return tools_of(program, deadline=deadline, settings=settings)


def tools_of(program, *, gap=0.0, deadline=NEVER, settings=DEFAULTS, **asked):
    return Tools.of(aggregate(program), deadline, settings=settings, gap=gap, **asked)


def root_of(tools):
    """The root with trivial prices, as a node."""
    return Root.of(tools.problem).node
