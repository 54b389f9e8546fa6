r"""What a price set proves at a node, in exact integers (the formula of ``placement.values.certificate``).

With the fixings :math:`P, Q` and the group branchings of a node, a price set gives :math:`U` and :math:`\rho`:

.. math::

    U = D + \sum_n \kappa_n h_n + \sum_{k \in P} \rho_k + \sum_{k \text{ free}} \max(0, \rho_k) .

:math:`D` and the part of :math:`\rho` without :math:`\kappa` do not depend on the node; they are computed once a set.
Before any product or sum in 64 bits, the sum of the absolute values is estimated in floating point; a certificate
whose numbers could leave 64 bits is refused. Sums over columns and classes are then taken in halves, without limit.
"""

from __future__ import annotations

import math
import operator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from placement.errors import CertificateError
from placement.judge.certificate_bases import Base, base_rows
from placement.judge.certificate_classes import RowClasses, exact_sum
from placement.judge.certificate_knapsack import knapsack_cuts
from placement.values import Certificate, CoverageProgram, LinearRow
from placement.values.arrays import IntArray
from placement.values.certificate import SCALE

_LIMIT = 2.0**63 * (1 - 1e-9)
"""Sums whose absolute parts stay below this in floating point fit 64-bit integers."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Terms:
    """A price set without its group branchings: `constant` is D, `reduced` (columns,) is rho without kappa."""

    is_ray: bool
    constant: int
    reduced: IntArray
    magnitude: float


class Prices:
    """Evaluates the price sets of one certificate on one program.

    Parameters
    ----------
    program, classes
        The program and its classes as the checker derived them.
    certificate
        Checked for its shape already: indices in range, arrays of 64-bit integers.

    Raises
    ------
    CertificateError
        If a price has the wrong sign, or numbers could overflow.
    """

    def __init__(self, program: CoverageProgram, classes: RowClasses, certificate: Certificate) -> None:
        self._program, self._classes, self._certificate = program, classes, certificate
        members = (np.ones(classes.sites.size, dtype=np.int64), classes.sites, classes.indptr)
        self._covers = sparse.csr_array(members, shape=(classes.count, program.n_sites))
        self._site_classes = self._covers.T.tocsr()
        in_floor = (np.ones(classes.floor_index.size, dtype=np.int64), classes.floor_index, classes.floor_indptr)
        self._floor_classes = sparse.csr_array(in_floor, shape=(classes.count, len(program.floors)))
        self._cut_size = np.diff(certificate.cut_indptr)
        in_cut = (np.ones(certificate.cut_class.size, dtype=np.int64), certificate.cut_class, certificate.cut_indptr)
        self._cut_classes = sparse.csr_array(in_cut, shape=(self._cut_size.size, classes.count))
        self._cut_sites = _halves_rounded_up(self._cut_classes @ self._covers)
        self._rows = [normalised(row) for row in program.linear]
        self._minima = [whole(floor.minimum, f"the minimum of floor {floor.name}") for floor in program.floors]
        self.linear = _matrix(self._rows, program.n_columns)
        bases = self._bases()
        self._knapsack, self._knapsack_limits = knapsack_cuts(bases, certificate, program.n_columns)
        self.unit = _unit(program, classes)
        self._last: tuple[int, Terms] | None = None
        self._check_signs()

    def _bases(self) -> list[Base]:
        """Return what knapsack cuts are made of."""

        def beside(floor: int, sites: IntArray) -> tuple[int, IntArray]:
            """Return F(T), and (columns,) G."""
            opened = np.zeros(self._program.n_sites, dtype=np.int64)
            opened[sites] = 1
            weights = self._classes.weights * (self._floor_classes[:, [floor]].toarray()[:, 0] > 0)
            reached = self._covers @ opened > 0
            gains = np.append(self._site_classes @ (weights * ~reached), 0)
            return exact_sum(weights[reached]), gains[self._program.column_site]

        return base_rows(self._rows, self._minima, self._certificate, beside, self._program.n_columns)

    def classes_of_site(self, site: int) -> IntArray:
        """Return the classes that a site covers, increasing; none for site -1."""
        if site < 0:
            return np.zeros(0, dtype=np.int64)
        start, stop = self._site_classes.indptr[site : site + 2]
        return np.asarray(self._site_classes.indices[start:stop], dtype=np.int64)

    def is_equality(self) -> NDArray[np.bool_]:
        """Return (linear rows,) bool."""
        return np.array([row.equality for row in self._rows], dtype=np.bool_)

    def terms(self, number: int) -> Terms:
        """Return what price set `number` gives without group branchings."""
        if self._last is None or self._last[0] != number:
            self._last = (number, self._computed(number))
        return self._last[1]

    def with_branchings(self, terms: Terms, number: int, path: set[int], node: int) -> tuple[int, IntArray]:
        """Return (D, rho) with the group branchings that price set `number` prices.

        Parameters
        ----------
        path
            Nodes from the root to `node`, both included: only their branchings hold there.
        """
        certificate = self._certificate
        prices = certificate.prices
        start, stop = prices.branch_indptr[number : number + 2]
        if start == stop:
            return terms.constant, terms.reduced
        priced = prices.branch_price[start:stop]
        if terms.magnitude + _absolute(priced) >= _LIMIT:
            raise CertificateError("prices are so large that sums could leave 64 bits")
        constant, reduced = terms.constant, terms.reduced.copy()
        for branch, kappa in zip(prices.branch_node[start:stop].tolist(), priced.tolist(), strict=True):
            if branch not in path or int(certificate.node_kind[branch]) != 2:
                raise CertificateError(f"price set {number} prices the branching of node {branch} at node {node}")
            group, limit = int(certificate.node_index[branch]), int(certificate.node_limit[branch])
            columns = certificate.group_column[certificate.group_indptr[group] : certificate.group_indptr[group + 1]]
            if certificate.node_value[branch]:  # the sum is at least limit + 1
                constant -= kappa * (limit + 1)
                reduced[columns] += kappa
            else:
                constant += kappa * limit
                reduced[columns] -= kappa
        return constant, reduced

    def _check_signs(self) -> None:
        prices = self._certificate.prices
        if not np.isin(prices.objective, (0, 1)).all():
            raise CertificateError("a price set's objective flag is neither 0 nor 1")
        for name in ("row_price", "cut_price", "knapsack_price", "floor", "branch_price"):
            values = getattr(prices, name)
            if values.size and int(values.min()) < 0:
                raise CertificateError(f"a price in {name} is negative")
        signed = prices.linear[:, ~self.is_equality()]
        if signed.size and int(signed.min()) < 0:
            raise CertificateError("the price of a <= row is negative")

    def _computed(self, number: int) -> Terms:
        prices, program, classes = self._certificate.prices, self._program, self._classes
        flag = int(prices.objective[number])
        row = _scattered(prices.row_indptr, prices.row_index, prices.row_price, number, classes.count)
        cut = _scattered(prices.cut_indptr, prices.cut_index, prices.cut_price, number, self._cut_size.size)
        knapsack = _scattered(
            prices.knapsack_indptr, prices.knapsack_index, prices.knapsack_price, number, len(self._knapsack_limits)
        )
        linear, floor = prices.linear[number], prices.floor[number]
        magnitude = self._guard(flag, row, cut, knapsack=knapsack, linear=linear, floor=floor)
        first, *further = program.layers.tolist()
        layered, once = np.where(classes.once, 0, classes.gains), np.where(classes.once, classes.gains, 0)
        on_rows = flag * (first * layered + program.once_worth * once) + classes.weights * (self._floor_classes @ floor)
        slack = on_rows - row - self._cut_classes.T @ cut
        limits = sum(theta * g.limit for theta, g in zip(linear.tolist(), self._rows, strict=True))
        minima = sum(phi * least for phi, least in zip(floor.tolist(), self._minima, strict=True))
        halves = sum(nu * (size - 1) // 2 for nu, size in zip(cut.tolist(), self._cut_size.tolist(), strict=True) if nu)
        rounded = sum(pi * h for pi, h in zip(knapsack.tolist(), self._knapsack_limits, strict=True))
        at_site = np.append(self._site_classes @ row + self._cut_sites.T @ cut, 0)
        reduced = flag * SCALE * program.column_values + at_site[program.column_site]
        reduced = reduced - self.linear.T @ linear - self._knapsack.T @ knapsack
        constant = exact_sum(np.maximum(slack, 0)) + halves + rounded + limits - minima
        constant += sum(sums_of_positive(flag * share * layered - row) for share in further)
        return Terms(is_ray=flag == 0, constant=constant, reduced=reduced, magnitude=magnitude)

    def _guard(
        self, flag: int, row: IntArray, cut: IntArray, *, knapsack: IntArray, linear: IntArray, floor: IntArray
    ) -> float:
        """Return an upper estimate of every |rho|; refuse the set where a 64-bit sum could overflow."""
        cut_sum = _absolute(cut)
        floors = self._floor_classes.astype(np.float64) @ np.abs(floor.astype(np.float64))
        weights = self._classes.weights.astype(np.float64)
        # What a class is worth and what it is priced at are 0 or more, and one is taken from the other.
        worth, priced = weights * (flag * SCALE + floors), row.astype(np.float64) + cut_sum
        on_row = max(float(worth.max(initial=0.0)), float(priced.max(initial=0.0)))
        at_site = float((self._site_classes.astype(np.float64) @ row.astype(np.float64)).max(initial=0.0))
        widest = float(self._cut_sites.data.max(initial=0))
        values = np.abs(self._program.column_values.astype(np.float64)).max(initial=0.0)
        side = np.abs(self.linear.astype(np.float64)).T @ np.abs(linear.astype(np.float64))
        side = side + np.abs(self._knapsack.astype(np.float64)).T @ knapsack.astype(np.float64)
        on_column = flag * SCALE * float(values) + at_site + widest * cut_sum + float(side.max(initial=0.0))
        if max(on_row, on_column) >= _LIMIT:
            raise CertificateError("prices are so large that sums could leave 64 bits")
        return on_column


def closes(terms: Terms, upper: int, *, bound: int, infeasible: bool, unit: int = 1) -> bool:
    """Return whether `upper` (U, scaled) closes a node: a ray below 0, or a value that does not beat the claim.

    Values of plans are whole multiples of `unit`.
    """
    if terms.is_ray:
        return upper < 0
    return not infeasible and upper // (SCALE * unit) * unit <= bound


def _unit(program: CoverageProgram, classes: RowClasses) -> int:
    """Return what divides the value of every plan: columns alone make it where all rows count in floors alone."""
    if not program.floor_only.size or not classes.alone.all():
        return 1
    return math.gcd(*program.column_values.tolist()) or 1


def sums_of_positive(numbers: IntArray) -> int:
    """Return the exact sum of the numbers above 0."""
    return exact_sum(numbers[numbers > 0])


def whole(number: object, name: str) -> int:
    """Return a Python integer, which has no largest value, from any kind of integer; refuse everything else."""
    try:
        return operator.index(number)  # type: ignore[arg-type]
    except TypeError as error:
        raise CertificateError(f"{name} is not a whole number") from error


def normalised(row: LinearRow) -> LinearRow:
    """Return the row with repeated columns added up and, if ``<=``, divided by the common divisor of its coefficients.

    Examples
    --------
    >>> row = normalised(LinearRow(name="b", columns=[3, 1, 3], coefficients=[4, 6, 2], limit=11))
    >>> row.columns.tolist(), row.coefficients.tolist(), row.limit
    ([1, 3], [1, 1], 1)
    """
    sums: dict[int, int] = {}
    for column, coefficient in zip(row.columns.tolist(), row.coefficients.tolist(), strict=True):
        sums[column] = sums.get(column, 0) + coefficient
    divisor = 1 if row.equality else math.gcd(*sums.values()) or 1
    columns = sorted(sums)
    coefficients = [sums[column] // divisor for column in columns]
    if any(abs(coefficient) >= 2**63 for coefficient in coefficients):
        raise CertificateError(f"row {row.name} has coefficients beyond 64 bits")
    return LinearRow(
        name=row.name,
        columns=np.array(columns, dtype=np.int64),
        coefficients=np.array(coefficients, dtype=np.int64),
        limit=whole(row.limit, f"the limit of row {row.name}") // divisor,
        equality=row.equality,
    )


def _matrix(rows: list[LinearRow], n_columns: int) -> sparse.csr_array:
    none = np.zeros(0, dtype=np.int64)
    data = np.concatenate([none, *(row.coefficients for row in rows)])
    columns = np.concatenate([none, *(row.columns for row in rows)])
    starts = np.concatenate([[0], np.cumsum([row.columns.size for row in rows])]).astype(np.int64)
    return sparse.csr_array((data, columns, starts), shape=(len(rows), n_columns))


def _halves_rounded_up(counts: sparse.csr_array) -> sparse.csr_array:
    halves = sparse.csr_array(counts)
    halves.data = (halves.data + 1) // 2
    return halves


def _scattered(indptr: IntArray, index: IntArray, price: IntArray, number: int, size: int) -> IntArray:
    """Return the prices of one set in full; what is stored twice adds up, which is as valid as either."""
    start, stop = indptr[number], indptr[number + 1]
    sizes = np.bincount(index[start:stop], weights=np.abs(price[start:stop].astype(np.float64)), minlength=size)
    if sizes.max(initial=0.0) >= _LIMIT:
        raise CertificateError("prices are so large that sums could leave 64 bits")
    dense = np.zeros(size, dtype=np.int64)
    np.add.at(dense, index[start:stop], price[start:stop])
    return dense


def _absolute(numbers: IntArray) -> float:
    return float(np.abs(numbers.astype(np.float64)).sum())
