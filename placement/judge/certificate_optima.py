r"""What an accepted certificate says of every optimum, so that equal plans can be compared among few columns.

With the bound ``U`` and the reduced values :math:`\rho` of a price set at a node, a plan there is worth at most ``U``
less :math:`|\rho_k|` for every free column ``k`` chosen the other way than the sign of :math:`\rho_k` says: all plans
there that are worth ``v`` agree in the columns with :math:`U - |\rho_k| < S v`, and there is none where ``U < S v``.
Of a ray, whose ``U`` is below 0 where nothing is feasible, the same holds with 0 in the place of ``S v``. Only this is
used, node by node; what the certificate itself fixes, and its dominated columns, rest on weaker rules.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from placement.judge.certificate_bound import Prices, sums_of_positive
from placement.judge.certificate_classes import RowClasses, exact_sum
from placement.judge.certificate_shape import children_of
from placement.values import Certificate, CoverageProgram
from placement.values.certificate import SCALE

State = NDArray[np.int8]

_FREE = -1
_MOST = 2**63 - 1


def agreed(program: CoverageProgram, classes: RowClasses, certificate: Certificate) -> State:
    """Return (columns,) 1 or 0 where every plan worth the certificate's objective has a column or none has, else -1.

    Parameters
    ----------
    program, classes
        The program and its classes as the checker derived them.
    certificate
        One that :func:`placement.judge.check_certificate` accepted, with a plan as good as its bound.
    """
    root = np.full(program.n_columns, _FREE, dtype=np.int8)
    root[program.required] = 1
    root[program.excluded] = 0
    sets, children = _Sets(Prices(program, classes, certificate), certificate), children_of(program, certificate)
    leaves: list[State] = []
    waiting: list[tuple[int, State, frozenset[int]]] = [(0, root, frozenset((0,)))]
    while waiting:
        node, state, path = waiting.pop()
        if not sets.narrow(node, state, path):
            continue
        pair = children[node]
        if pair is None:
            leaves.append(state)
            continue
        for child in pair:
            below = _below(certificate, child, state)
            if below is not None:
                waiting.append((child, below, path | {child}))
    common = leaves[0] if leaves else root
    for other in leaves[1:]:
        common = np.where(common == other, common, _FREE).astype(np.int8)
    return common


class _Sets:
    """The price sets that a certificate uses at each node."""

    def __init__(self, prices: Prices, certificate: Certificate) -> None:
        self._prices, self._least = prices, SCALE * certificate.objective
        self._at: list[list[int]] = [[] for _ in range(certificate.node_parent.size)]
        for nodes, numbers in (
            (certificate.fixing_node, certificate.fixing_prices),
            (certificate.leaf_node, certificate.leaf_prices),
        ):
            for node, number in zip(nodes.tolist(), numbers.tolist(), strict=True):
                self._at[node].append(number)

    def narrow(self, node: int, state: State, path: frozenset[int]) -> bool:
        """Fix in `state` what all optima at a node agree in; return whether there may be one."""
        for number in self._at[node]:
            terms = self._prices.terms(number)
            constant, reduced = self._prices.with_branchings(terms, number, set(path), node)
            free = state == _FREE
            upper = constant + exact_sum(reduced[state == 1]) + sums_of_positive(reduced[free])
            spare = upper - (0 if terms.is_ray else self._least)
            if spare < 0:
                return False
            decided = free & (np.abs(reduced) > min(spare, _MOST))
            state[decided] = reduced[decided] > 0
        return True


def _below(certificate: Certificate, child: int, state: State) -> State | None:
    """Return the state where a child begins; None where no optimum is there."""
    state = state.copy()
    if certificate.node_kind[child] == 1:
        column, value = int(certificate.node_index[child]), int(certificate.node_value[child])
        if state[column] not in {_FREE, value}:
            return None
        state[column] = value
    return state
