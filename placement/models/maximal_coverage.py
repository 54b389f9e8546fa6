r"""Keep, move, close, open: maximal coverage under budgets.

Sets: sites :math:`J`, of which stations stand today at :math:`E`; rows :math:`r` = (demand point, segment) with weight
:math:`w_r` and cover set :math:`N(r)`. Where the standard has steps, a demand point and segment has a row for each of
them (:mod:`placement.values.steps`): the step's cover set, and what it counts beyond the next step. Decisions, all
binary:

===============  ==============================================================  =======================
column           meaning                                                         provides coverage at
===============  ==============================================================  =======================
``keep`` e       the station at e stays                                          e
``give`` e       the station at e moves away                                     --
``open`` j       a new station is bought for j                                   j
``move_in`` j    a station moves to j                                            j
===============  ==============================================================  =======================

A station that is neither kept nor gives its machines away is closed.

.. math::

    \max \sum_r w_r z_r \quad \text{s.t.}\quad
    & z_r \le \sum_{k:\,\mathrm{site}(k) \in N(r)} x_k,\; 0 \le z_r \le 1 \\
    \text{station } e:\;& keep_e + give_e \le 1 \\
    \text{site } j:\;& open_j + move_j \le 1 \quad (= 1 \text{ where required}) \\
    \text{tokens}:\;& \sum_j move_j - \sum_e give_e = 0 \\
    \text{each line of the budget}:\;& \sum_j f_j\, open_j + \sum_j m_j\, move_j + \sum_e d_e (1 - keep_e - give_e)
        + \sum_e c_e\, keep_e + \sum_j c_j (open_j + move_j) \le B \\
    \text{max\_stations}:\;& \sum_e keep_e + \sum_j (open_j + move_j) \le N \\
    \text{max\_moves}:\;& \sum_j move_j \le M \\
    \text{max\_opens}:\;& \sum_j open_j \le O \\
    \text{max\_closes}:\;& \sum_e (1 - keep_e - give_e) \le L \\
    \text{max\_changes}:\;& \sum_j (open_j + move_j) + \sum_e (1 - keep_e - give_e) \le A \\
    \text{floors}:\;& \sum_{r \in d} w_r z_r \ge \lceil \alpha_d \sum_{r \in d} w_r \rceil

:math:`f, m, d, c` are what opening, moving, closing and a standing station add to the line, taken from the table in
:mod:`placement.economics.lines`. Limits that go by what a site is (host, chain, neighbours, fixed actions):
:mod:`placement.models.site_limits`. With ``max_machines`` columns and rows of :mod:`placement.models.machines` take the
place of those above, but of lines, counts and floors. Weights are rounded to whole thousandths of a visit a month.
With a backup share or outages :math:`w_r z_r` gives way to what the stations within reach count together
(:mod:`placement.models.reserve`); floors stay as they are. Guides at stations are columns and rows more
(:mod:`placement.models.guides`), and what publicity adds to rows is beside the program
(:mod:`placement.models.publicity`); floors see neither.

The order of the tables means nothing: sites are numbered, and rows stand within each segment, by their ids.

Source: Church & ReVelle (1974), The maximal covering location problem; Church & Roberts (1983), Generalized coverage
models and public facility location, for steps; relocation rows as in design section 7.
"""

from __future__ import annotations

from dataclasses import replace

from placement.case import Case
from placement.models.guides import guide_rows, guided_program, with_guides
from placement.models.machine_layers import by_machine
from placement.models.machines import MachineColumns, beyond_room, machine_columns, machine_rows, station_rows
from placement.models.model import Columns, Formulated
from placement.models.parts import (
    columns_of,
    count_rows,
    covering_program,
    line_rows,
    site_rows,
    token_row,
    whole_weights,
)
from placement.models.site_limits import site_limit_rows
from placement.values import LinearRow


def maximal_coverage(case: Case) -> Formulated:
    """Return the relocation program of the module's docstring.

    Columns stand in the order keep, give, open, move_in, each by site id; ``give`` and ``move_in`` exist only where a
    station stands today. Rows stand segment by segment, within it step by step, each by demand id; where travel times
    come block by block, in the order of the points.

    Raises
    ------
    InputError
        If need adds up to more than integer weights can hold.
    """
    columns, decided = _decisions(case)
    rows = (
        *decided,
        *line_rows(columns, case),
        *count_rows(columns, case),
        *site_limit_rows(columns, case, whole_weights(case, case.coverage.by_ids().points)),
        *guide_rows(columns, case),
    )
    program = covering_program(columns, rows, case)
    if isinstance(columns, MachineColumns):
        program = replace(program, excluded=program.excluded | beyond_room(columns, case))
        program = by_machine(program, columns, case)
    program = guided_program(program, columns, case)
    return Formulated(program=program, columns=columns, costs=case.costs)


def _decisions(case: Case) -> tuple[Columns, tuple[LinearRow, ...]]:
    """Return the columns and the rows that say what they mean: of stations, or of stations and their machines."""
    if case.policy.max_machines is not None:
        machines = machine_columns(case)
        return machines, (*machine_rows(machines, case), *station_rows(machines, case))
    moves = case.sites.table["existing"].any()
    columns = columns_of(case, standing=("keep", "give"), vacant=("open", "move_in") if moves else ("open",))
    columns = with_guides(columns, case)
    return columns, (*site_rows(columns, case), *token_row(columns))
