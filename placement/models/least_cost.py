r"""Keep, move, close, open: a target of coverage at the least yearly cost.

The decisions and rows are those of :mod:`placement.models.maximal_coverage`; what is sought is, with :math:`c_k` what
column k adds to the running costs of a year (rent, network, maintenance, staff of a station that stands),

.. math:: \min \sum_k c_k x_k

under all its rows and floors: :math:`\sum_r w_r z_r \ge \lceil \kappa \sum_{r \in T} w_r \rceil`, where T are the
rows that today's stations cover (`keep_share`), or all (`coverage_floor`), those of a district, of an age group. Rows
count in floors alone, and the value of a plan is minus its cost, in fen.

Of plans that cost the same the one that covers most is taken (:mod:`placement.plan.least_cost`).

Source: Toregas, Swain, ReVelle & Bergman (1971), The location of emergency service facilities, Operations Research 19,
1363-1373, for least cost under coverage; the floors are partial coverage as in Daskin & Owen (1999), Two new location
covering problems: the partial p-center problem and the partial set covering problem, Geographical Analysis 31, 217-235.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from placement.case import Case
from placement.economics import RUNNING
from placement.models.maximal_coverage import maximal_coverage
from placement.models.model import Formulated

FEN_A_YUAN = 100


def least_cost(case: Case) -> Formulated:
    """Return the program of the module's docstring; a unit of a plan's value is a yuan a year that it costs."""
    covering = maximal_coverage(case)
    program = covering.program
    yearly = covering.columns.adds(lambda action: RUNNING.amounts(case.costs, action))
    return replace(
        covering,
        program=replace(program, column_values=-yearly, floor_only=np.arange(program.row_weights().size)),
        scale=-FEN_A_YUAN,
    )
