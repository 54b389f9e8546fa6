r"""Years: what opens, moves and closes in which phase, decided together.

Sets as in :mod:`placement.models.maximal_coverage`; phases :math:`t = 1 \dots T`, a year each. Decisions are taken once
for all phases, by when they happen, so that no row has to say that what was opened stays:

==================  ==========================================  ==========================
column              meaning                                     stands after the phases
==================  ==========================================  ==========================
``keep`` e          the station at e stays                      :math:`1 \dots T`
``give`` e, t       it moves away in phase t                    :math:`1 \dots t - 1`
``close`` e, t      it closes in phase t > 1                    :math:`1 \dots t - 1`
``open`` j, t       a new station is bought for j in phase t    :math:`t \dots T`
``move_in`` j, t    a station moves to j in phase t             :math:`t \dots T`
==================  ==========================================  ==========================

A station with no column closes in phase 1. What comes to a site stays there.

.. math::

    \max \sum_t \sum_r w_{rt} z_{rt} \quad \text{s.t.}\quad
    & z_{rt} \le \sum_{k:\, \mathrm{site}(k) \in N(r),\, k \text{ stands after } t} x_k \\
    \text{site } j:\;& \text{at most one column } (= 1 \text{ where a vacant site is required}) \\
    \text{tokens } t:\;& \sum_j move_{jt} - \sum_e give_{et} = 0 \\
    \text{capital } t:\;& \sum_{u = s}^{t} \text{spent in } u \le \sum_{u = s}^{t} B_u \\
    \text{other lines, counts } t:\;& \text{as in one year, of what happens and stands in } t \\
    \text{all together}:\;& \text{lines spent once and counts of actions, of all phases, under the policy's own limits}

with :math:`w_{rt} = \lfloor w_r (1 + d)^{-(t - 1)} + \tfrac12 \rfloor`, whole thousandths, :math:`d` the discount
rate, and :math:`s` the first of the phases before t each of which carries its capital over to the next. What a line of
each year, `max_stations` and the limits by what a site is (:mod:`placement.models.site_limits`) ask of the policy holds
after each phase; floors after the last, counted in :math:`w_{rT}`. To the engine this is one coverage program: a site
has a number for each phase from which, or until which, a station stands there, and a row for each phase.

A phase sees the columns as those of one year (:func:`seen_in`): what comes later is nothing, what came before is kept.

Sources: the multi-period location problem of Warszawski & Peer (1973) and Wesolowsky & Truscott (1975), Management
Science 22, 57-65, by start period as in Van Roy & Erlenkotter (1982), Management Science 28, 1091-1105.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from placement.case import Case
from placement.models.model import LEAVE, STANDING, Columns, Decision, Formulated
from placement.models.parts import count_rows, floors_of, line_rows, site_rows, token_row, whole_weights
from placement.models.site_limits import fixed_row, kind_sets, reach_row, spacing_sets, standing_rows
from placement.values import CoverageProgram, Floor, LinearRow, Phase, Policy, WeightedBlocks
from placement.values.arrays import BoolArray, IntArray, frozen_array
from placement.values.immutable import immutable
from placement.values.limits import A_YEAR
from placement.values.phases import PHASE_COUNTS, PHASE_MONEY, factors

NOTHING = "nothing"
"""What a column is to a phase in which no station stands by it."""
_AFTER_EACH = ("max_stations", *(f"{line}_fen" for line in A_YEAR))
"""Limits of the policy that hold after each phase; the lesser of both counts."""
_DOES = {"keep": "keep", "give": LEAVE, "close": "close", "open": "open", "move_in": "move"}
_FIRST = {
    **{kind: Decision(does=does) for kind, does in _DOES.items()},
    "keep": Decision(does="keep", spares="close"),
    "give": Decision(does=LEAVE, spares="close"),
    NOTHING: Decision(does=NOTHING),
}
_LATER = {kind: replace(decision, spares=None) for kind, decision in _FIRST.items()}
_TOGETHER = {**_FIRST, "close": Decision(does="close", spares="close")}
"""What kinds do in the first phase, in a later one, and from today to the end."""


@immutable
@dataclass(frozen=True, kw_only=True, eq=False)
class PhasedProgram(Formulated):
    """A program over several phases, and what each of them sees of it.

    Parameters
    ----------
    when
        (columns,) the phase in which the column's action happens, from 0; the number of phases for ``keep``.
    row_phase
        (linear rows,) the phase from which a row holds, from 0; -1: always.
    limits
        The policy of each phase by itself.
    """

    when: IntArray
    row_phase: IntArray
    limits: tuple[Policy, ...]

    def __post_init__(self) -> None:
        for name in ("when", "row_phase"):
            object.__setattr__(self, name, frozen_array(getattr(self, name), np.int64))

    @property
    def giving(self) -> NDArray[np.int64]:
        """No columns: moves are paired phase by phase, and count nothing where plans are equal."""
        return np.zeros(0, dtype=np.int64)

    @property
    def receiving(self) -> NDArray[np.int64]:
        """No columns, as :attr:`giving`."""
        return np.zeros(0, dtype=np.int64)

    def seen(self, phase: int) -> Columns:
        """Return the columns as those of one year."""
        return seen_in(phase, self.columns, self.when)


def phased_coverage(case: Case) -> PhasedProgram:
    """Return the program of the module's docstring.

    Columns stand in the order keep, give, close, open, move_in, within each by phase, then by site id; rows phase by
    phase, within each as in :func:`~placement.models.maximal_coverage.maximal_coverage`.

    Raises
    ------
    InputError
        If need adds up to more than integer weights can hold.
    """
    columns, when = _columns(case)
    order, phases = case.coverage.by_ids(), case.policy.phases
    weights = whole_weights(case, order.points)
    counted = [discounted(weights, each) for each in factors(case.policy.discount_rate, len(phases))]
    limits = tuple(limits_in(case.policy, phase) for phase in phases)
    always = list(site_rows(columns, case))
    rows = [(-1, row) for row in always]
    sets = [*kind_sets(case), *spacing_sets(case)]
    for number, phase in enumerate(phases):
        seen, alone = seen_in(number, columns, when), case.but(policy=limits[number])
        of_phase = [*token_row(seen), *line_rows(seen, alone), *_capital(number, columns, when, case)]
        of_phase += [*count_rows(seen, alone), *standing_rows(seen, sets)]
        rows += [(number, replace(row, name=f"{row.name} in {phase.name}")) for row in of_phase]
    whole = case.but(policy=together(case.policy))
    rows += [(-1, row) for row in (*line_rows(columns, whole), *count_rows(columns, whole))]
    rows += [(len(phases) - 1, row) for row in fixed_row(columns, case)]
    rows += [(-1, row) for row in reach_row(columns, case, weights)]
    return PhasedProgram(
        program=_program(case, columns, when, counted, [row for _, row in rows]),
        columns=columns,
        costs=case.costs,
        when=when,
        row_phase=np.array([number for number, _ in rows], dtype=np.int64),
        limits=limits,
    )


def seen_in(phase: int, columns: Columns, when: IntArray) -> Columns:
    """Return columns as one phase sees them: what happens in it, what stands, and nothing of what is not there."""
    leaves = np.isin(columns.kinds, ("give", "close"))
    comes = np.isin(columns.kinds, ("open", "move_in"))
    kinds = np.where(when == phase, columns.kinds, NOTHING)
    stands = np.where(leaves, phase < when, comes & (phase > when)) | (columns.kinds == "keep")
    kinds = np.where(stands, "keep", kinds)
    return Columns(kinds=kinds, sites=columns.sites, decisions=_LATER if phase else _FIRST)


def limits_in(policy: Policy, phase: Phase) -> Policy:
    """Return the limits of one phase by itself; capital is left to what is carried over."""
    own = {name: getattr(phase, name) for name in (*PHASE_MONEY, *PHASE_COUNTS)}
    for name in _AFTER_EACH:
        both = [cap for cap in (own.get(name), getattr(policy, name)) if cap is not None]
        own[name] = min(both, default=None)
    return Policy(**{**own, "capital_fen": None})


def together(policy: Policy) -> Policy:
    """Return the limits of a policy that hold for all phases together."""
    each = dict.fromkeys(_AFTER_EACH)
    return policy.but(**each, phases=(), max_by_host={}, max_by_chain={}, spacing_m=None)


def discounted(weights: IntArray, factor: Fraction) -> IntArray:
    """Return whole weights that count less, rounded half up.

    Examples
    --------
    >>> discounted(np.array([10, 3]), Fraction(1, 4)).tolist()  # 2.5 and 0.75
    [3, 1]
    """
    if factor == 1:
        return weights
    above, below = 2 * factor.numerator, 2 * factor.denominator
    # Numerators of many years do not fit into 64 bits.
    each, at = np.unique(weights, return_inverse=True)
    rounded = [(weight * above + factor.denominator) // below for weight in each.tolist()]
    return np.array(rounded, dtype=np.int64)[at]


def _columns(case: Case) -> tuple[Columns, IntArray]:
    """Return the columns, and (columns,) when each happens."""
    stands, order = case.sites.table["existing"].to_numpy(dtype=bool), case.coverage.by_ids().sites
    stations, vacant, phases = order[stands[order]], order[~stands[order]], len(case.policy.phases)
    parts = [("keep", phases, stations)]
    parts += [("give", phase, stations) for phase in range(phases)]
    parts += [("close", phase, stations) for phase in range(1, phases)]
    parts += [("open", phase, vacant) for phase in range(phases)]
    parts += [("move_in", phase, vacant) for phase in range(phases)] if stations.size else []
    columns = Columns(
        kinds=np.concatenate([np.full(at.size, kind, dtype="U7") for kind, _, at in parts]),
        sites=np.concatenate([at for _, _, at in parts]),
        decisions=_TOGETHER,
    )
    return columns, np.concatenate([np.full(at.size, phase, dtype=np.int64) for _, phase, at in parts])


def _capital(number: int, columns: Columns, when: IntArray, case: Case) -> Iterator[LinearRow]:
    """Yield that what is spent once up to a phase, from where money was first carried over to it, is there."""
    phases = case.policy.phases
    if phases[number].capital_fen is None:
        return
    first = number
    while first and phases[first - 1].carry_over:
        first -= 1
    added, limit, base = np.zeros(columns.sites.size, dtype=np.int64), 0, 0
    for each in range(first, number + 1):
        alone = case.but(policy=Policy(capital_fen=phases[each].capital_fen))
        (row,) = line_rows(seen_in(each, columns, when), alone)
        added[row.columns] += row.coefficients
        limit, base = limit + row.limit, base + row.base
    listed = np.flatnonzero(added)
    yield replace(row, columns=listed, coefficients=added[listed], limit=limit, base=base)


@dataclass(frozen=True, eq=False)
class _Rows:
    """The rows of a coverage phase by phase, their columns the numbers that sites have."""

    covers: Iterable[sparse.csr_array]
    stands: tuple[sparse.csr_array, ...]

    def __iter__(self) -> Iterator[sparse.csr_array]:
        for each in self.stands:
            for block in self.covers:
                # An entry a row and number: at most one column of a site provides, so none is counted twice.
                rows = sparse.csr_array(block.astype(np.int8) @ each)
                rows.sort_indices()
                yield sparse.csr_array(rows, dtype=np.bool_)


def _program(
    case: Case, columns: Columns, when: IntArray, counted: Sequence[IntArray], rows: Sequence[LinearRow]
) -> CoverageProgram:
    order, table, phases = case.coverage.by_ids(), case.sites.table, len(counted)
    number = np.empty(len(table), dtype=np.int64)
    number[order.sites] = np.arange(len(table))
    at, status = columns.sites, table["status"].to_numpy()[columns.sites]
    stays = np.isin(columns.kinds, ("open", "move_in"))
    # A station that leaves in phase t has the number of the phase before, one that comes that of its own.
    place = np.where(stays, when, when - 1)
    provides = place >= 0
    last = list(floors_of(counted[-1], case, order.points))
    skipped = (phases - 1) * counted[-1].size
    return CoverageProgram(
        **_covers(case, counted),
        n_sites=len(table) * phases,
        column_site=np.where(provides, number[at] * phases + place, -1),
        column_values=np.zeros(at.size, dtype=np.int64),
        linear=tuple(rows),
        floors=tuple(Floor(name=each.name, rows=each.rows + skipped, minimum=each.minimum) for each in last),
        required=(columns.kinds == "keep") & (status == "required"),
        excluded=provides & (status == "excluded"),
        column_names=tuple(_names(columns, when, phases, table.index)),
    )


def _covers(case: Case, counted: Sequence[IntArray]) -> dict[str, Any]:
    """Return `covers` and `weights` of the program."""
    order, phases = case.coverage.by_ids(), len(counted)
    stands_today = case.sites.table["existing"].to_numpy(dtype=bool)[order.sites]
    n = stands_today.size
    one = case.coverage.weighted(counted[0], order)
    stands = []
    for phase in range(phases):
        ends, until = np.arange(phases), stands_today[:, None]
        here = np.where(until, phase <= ends, phase >= ends)
        site, end = np.nonzero(here)
        ones = np.ones(site.size, dtype=np.int8)
        stands.append(sparse.csr_array((ones, (site, site * phases + end)), shape=(n, n * phases)))
    weights = np.concatenate(counted)
    if isinstance(one["covers"], WeightedBlocks):
        rows = _Rows(covers=one["covers"].covers, stands=tuple(stands))
        return {"covers": WeightedBlocks(covers=rows, weights=weights), "weights": None}
    blocks = list(_Rows(covers=(one["covers"],), stands=tuple(stands)))
    return {"covers": sparse.vstack(blocks, format="csr"), "weights": weights}


def _names(columns: Columns, when: IntArray, phases: int, ids: Iterable[object]) -> Iterator[str]:
    """Yield ``keep S1``, ``open 2 C1`` for what happens in the second phase, and ``keep 2 S1`` for what stays until it.

    The last is what closes in that phase.
    """
    known = list(ids)
    for kind, site, phase in zip(columns.kinds.tolist(), columns.sites.tolist(), when.tolist(), strict=True):
        word = "keep" if kind == "close" else kind
        yield f"{word} {known[site]}" if phase == phases else f"{word} {phase + 1} {known[site]}"


def standing_after(model: PhasedProgram, chosen: BoolArray, phase: int) -> BoolArray:
    """Return (sites,) where a station stands after a phase."""
    seen = model.seen(phase)
    stands = np.zeros(len(model.costs), dtype=np.bool_)
    stands[seen.sites[chosen & seen.doing(STANDING)]] = True
    return stands
