r"""A proof that no plan of a coverage program beats a stated bound, checkable in integer arithmetic without a solver.

**Classes.** Rows of the program with weight 0 and rows that no site covers are dropped. The others are grouped by
equal cover set *and* equal set of floors they belong to, those that count in floors alone apart, and those that count
once; classes are numbered by first appearance in row order. Class ``c`` has sites ``N(c)`` (increasing), floors
``F(c)`` (increasing), the summed weight ``w_c`` and ``o_c``, 0 where it counts in floors alone, else 1.

**Linear rows.** Coefficients of a repeated column are added up. Then every ``<=`` row whose coefficients are not all
zero is divided by the greatest common divisor of the absolute coefficients, its limit rounded down (valid since the
columns are binary). Equalities stay as they are. ``A`` and ``g`` are the rows after that step.

**Prices.** All are integers, scaled by ``S = scale = 2**20``. A price set holds ``lambda_c >= 0`` for classes,
``nu_K >= 0`` for odd-set cuts, ``pi_m >= 0`` for knapsack cuts, ``theta_l`` for linear rows (``>= 0`` for ``<=``, free
for ``=``), ``phi_f >= 0`` for floors, ``kappa_n >= 0`` for group branchings (below) and a flag: ``objective = 1``
prices the objective, ``objective = 0`` makes the set a *ray*, which proves that nothing is feasible. Prices not stored
are 0.

**Odd-set cuts.** A cut is a set ``K`` of an odd number (at least 3) of distinct classes. It stands for

.. math:: \sum_{c \in K} z_c \le \tfrac{|K|-1}{2} + \sum_k \lceil |K \cap j(k)| / 2 \rceil\, x_k ,

where ``j(k)`` is the site of column ``k`` and ``K ∩ j`` are the classes of ``K`` that ``j`` covers (0 for site -1).
Valid for every binary ``x``: add the cover rows and the rows ``z <= 1`` of ``K``, halve, round (Caprara & Fischetti
1996).

**Bases.** A base is a row ``sum of B_k x_k <= b`` that every plan keeps: the sum of some linear rows, each ``t`` times
(a whole number, ``t >= 1`` for ``<=``, not 0 for ``=``), and of one floor ``f`` over a set ``T`` of sites at most. With
``F(T)`` the weight of the classes in ``f`` that a site of ``T`` covers, and ``G_j`` the weight of those in ``f`` that
``j`` covers and no site of ``T`` does, that floor says

.. math:: -\sum_k G_{j(k)}\, x_k \le F(T) - m_f

with ``G = 0`` for site -1. Valid for every plan: in ``f`` it covers ``m_f`` or more, and no more than ``T`` does and
the ``G`` of every chosen column together.

**Knapsack cuts.** A cut ``m`` is a base, a divisor ``d`` with ``1 <= d <= max |B_k|``, and a set ``C`` of columns with
``B_k != 0``. With ``y_k = 1 - x_k`` for ``k`` in ``C`` and ``y_k = x_k`` for the others the base says
``sum a_k y_k <= g'``, where ``a_k = -B_k`` in ``C``, ``B_k`` elsewhere and ``g' = b - sum of B_k over C``. Let
``r = g' mod d`` (0 to ``d - 1``) and ``F(a) = (d - r) floor(a / d) + max(0, a mod d - r)``. The cut is

.. math:: \sum_k F(a_k)\, y_k \le (d - r) \lfloor g' / d \rfloor ,

written in ``x`` as ``sum of e_mk x_k <= h_m`` and divided by the greatest common divisor of its coefficients
``e_mk``, ``h_m`` rounded down. Valid for every binary ``x``: let ``P`` be the columns with ``a_k mod d > r``, ``v`` the
whole number ``sum of floor(a_k / d) y_k`` plus ``sum of y_k over P``, and ``w = sum of (d - a_k mod d) y_k over P``, so
that ``d v - w <= sum a_k y_k <= d floor(g' / d) + r``. The left side of the cut is ``(d - r) v - w``. If
``v <= floor(g' / d)``, it is at most ``(d - r) floor(g' / d)`` since ``w >= 0``; else it is so since
``w >= d (v - floor(g' / d)) - r >= (d - r) (v - floor(g' / d))``.
These are the mixed-integer rounding cuts of a row (Nemhauser & Wolsey 1990; Marchand & Wolsey 2001). The cover
inequalities are among them, lifted (Balas 1975; Wolsey 1975): let ``C`` hold all columns with ``B_k < 0`` and a
minimal cover, that is, others whose ``B_k`` add up to more than ``b`` less the negative ones, but not without any
of them. With ``d`` the largest of the cover, ``g' < 0`` is so small that every member counts ``d - r = -g'``; divided
by that, the cut says that not all are chosen, and every column as heavy as ``d`` counts as one more member at least.
Of a floor that ``T`` misses by ``R = m_f - F(T)`` it says, with nothing complemented and ``d`` the largest ``G``, that
the smaller ones of ``G`` and ``R`` add up to ``R`` (Carr, Fleischer, Leung & Phillips 2000).

**The bound.** With ``o`` the flag, the bound of a price set at a node whose fixings are ``x_k = 1`` for ``k`` in
``P``, ``x_k = 0`` for ``k`` in ``Q`` and whose path carries the group branchings ``n`` is ``U`` with

.. math::
    U = & \sum_c \max\bigl(0,\; o o_c S w_c + w_c \sum_{f \in F(c)} \varphi_f - \lambda_c - \sum_{K \ni c} \nu_K\bigr)
          + \sum_K \nu_K \tfrac{|K|-1}{2} + \sum_m \pi_m h_m + \sum_l \theta_l g_l - \sum_f \varphi_f m_f \\
        & + \sum_n \kappa_n h_n + \sum_{k \in P} \rho_k + \sum_{k \notin P \cup Q} \max(0, \rho_k) \\
    \rho_k = & \; o S b_k + \sum_{c:\, j(k) \in N(c)} \lambda_c + \sum_K \nu_K \lceil |K \cap j(k)| / 2 \rceil
          - \sum_m \pi_m e_{mk} - \sum_l \theta_l A_{lk} - \sum_n \kappa_n e_{nk} .

A group branching ``sum of x over E <= r`` has ``h = r`` and ``e_k = 1`` for ``k`` in ``E``; its sibling
``sum of x over E >= r + 1`` has ``h = -(r + 1)`` and ``e_k = -1``. Every feasible plan at the node is worth at most
``floor(U / S)`` (``o = 1``); with ``o = 0`` and ``U < 0`` there is no feasible plan at the node.

**Layers** (:mod:`placement.values.layers`): the first, ``g_1``, takes the place of ``S`` in ``o o_c S w_c``, and each
other adds ``sum over c of max(0, o o_c w_c g_i - lambda_c)`` to ``U``. A class that counts once has, in place of all
these, the one layer `once_worth`. `dominated` is then empty.

**Unit.** Where there are rows that count in floors alone, and every class does, values of plans are whole multiples of
``u``, the greatest common divisor of the ``b_k`` (1 where all are 0); else ``u = 1``.

**The claim.** ``bound`` is at least the value of every feasible plan, or, with ``infeasible``, no plan is feasible.
A price set *closes* a node if it is a ray with ``U < 0``, or, unless ``infeasible``, ``u floor(U / (u S)) <= bound``.

**How it is proven** (what a checker does, in this order):

1. `digest` equals :meth:`Certificate.content_digest`; `fingerprint` equals :func:`classes_fingerprint` of the classes
   the checker derived itself; `chosen` is the plan at hand, feasible and worth `objective`, and ``objective <= bound``
   (skipped with ``infeasible``, and where `has_plan` is false: then `chosen` is empty of choices).
2. At the root the required columns are in ``P`` and the excluded ones in ``Q``; a column that is both closes the root.
3. `dominated`, pairs ``(j, k)`` of columns in order: ``j`` joins ``Q`` (some best plan does without it). Needed:
   ``j != k``, both free so far; every class covered by ``j``'s site is covered by ``k``'s (trivially where ``j`` has
   site -1); ``b_j <= b_k`` and ``b_j <= 0``; in every ``<=`` row ``A_lj >= A_lk`` and ``A_lj >= 0``; in every ``=`` row
   ``A_lj = A_lk = 0``. (If ``k`` is chosen too, drop ``j``; else put ``k`` in its place: no worse either way, and
   floors gain as well.)
4. The tree. Node 0 is the root, a parent precedes its children. A node has either no child and exactly one leaf
   entry, or exactly two children and no leaf entry: ``node_kind`` 1 (both branch on the same column, free at the
   parent after its fixings, values 0 and 1) or ``node_kind`` 2 (both on the same group with the same ``node_limit``
   ``r``; value 0 means ``<= r``, value 1 means ``>= r + 1``; no column changes sides). The root has kind 0.
5. Fixing entries of a node, in stored order, apply to it and its descendants, and come before its children are looked
   at. With ``U`` and ``rho`` of the entry's price set at the node as fixed so far, a *free* column ``k`` may be fixed
   to 0 if forcing 1, that is ``U - max(0, rho_k) + rho_k``, closes the node, and to 1 if forcing 0, that is
   ``U - max(0, rho_k)``, does. All columns of one entry use the same ``U`` and ``rho``.
6. Every leaf's price set closes its node.

A price set may only carry ``kappa_n`` for group nodes ``n`` on the path from the root to the node where it is used.
Numbers of one class or one column are to be guarded against overflow of 64 bits: a certificate in which one could
overflow is refused. Sums over classes and columns are taken without limit.

**Infeasible programs.** Farkas' lemma: where the relaxation is infeasible, multipliers of its rows are a ray that
closes the root, so that the tree is a single leaf. Rays have no unit; the larger they are, the less is lost where the
multipliers are rounded to integers.

Sources: Church & ReVelle (1974) for the program; weak LP duality for the bound; Caprara & Fischetti (1996),
{0, 1/2}-Chvatal-Gomory cuts, Mathematical Programming 74, 221-235, for the odd sets; Nemhauser & Wolsey (1990), A
recursive procedure to generate all cuts for 0-1 mixed integer programs, Mathematical Programming 46, 379-390, Marchand
& Wolsey (2001), Aggregation and mixed integer rounding to solve MIPs, Operations Research 49, 363-371, Balas (1975),
Facets of the knapsack polytope, and Wolsey (1975), Faces for a linear inequality in 0-1 variables, Mathematical
Programming 8, 146-164 and 165-178, for the knapsack cuts; Nemhauser & Wolsey (1981), Maximizing submodular set
functions, Annals of Discrete Mathematics 11, 279-301, and Carr, Fleischer, Leung & Phillips (2000), Strengthening
integrality gaps for capacitated network design and covering problems, SODA, for those of floors.
"""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from placement.errors import CertificateError
from placement.values.arrays import BoolArray, IntArray, frozen_array
from placement.values.immutable import immutable
from placement.values.shown import Shown

SCALE = 2**20
"""Prices are integers, this many to one unit of weight."""

FORMAT = 3
"""Version of the format, part of the digest."""


@immutable
@dataclass(frozen=True, kw_only=True, eq=False)
class PriceSets:
    """Dual prices, several sets of them; see the module for their meaning. All integers, scaled by ``SCALE``.

    Parameters
    ----------
    objective
        (sets,) 1 where the set prices the objective, 0 where it is a ray.
    row_indptr, row_index, row_price
        CSR over classes: set ``s`` has the prices ``row_price[row_indptr[s]:row_indptr[s + 1]]``.
    cut_indptr, cut_index, cut_price
        CSR over odd-set cuts.
    knapsack_indptr, knapsack_index, knapsack_price
        CSR over knapsack cuts.
    linear
        (sets, linear rows).
    floor
        (sets, floors).
    branch_indptr, branch_node, branch_price
        CSR over tree nodes of kind 2 (group branchings).
    """

    objective: IntArray
    row_indptr: IntArray
    row_index: IntArray
    row_price: IntArray
    cut_indptr: IntArray
    cut_index: IntArray
    cut_price: IntArray
    knapsack_indptr: IntArray
    knapsack_index: IntArray
    knapsack_price: IntArray
    linear: IntArray
    floor: IntArray
    branch_indptr: IntArray
    branch_node: IntArray
    branch_price: IntArray

    def __post_init__(self) -> None:
        for each in fields(self):
            object.__setattr__(self, each.name, frozen_array(getattr(self, each.name), np.int64))

    @property
    def count(self) -> int:
        """Number of price sets."""
        return int(self.objective.size)

    def _shown(self) -> Shown:
        rays = int((self.objective == 0).sum())
        return f"PriceSets: {self.count:,} sets, {rays:,} of them rays, {self.row_price.size:,} prices of classes", ()


@immutable
@dataclass(frozen=True, kw_only=True, eq=False)
class Certificate:
    """A proof of an upper bound; the module says what each part means and how to check it.

    Parameters
    ----------
    fingerprint
        :func:`classes_fingerprint` of the program.
    scale
        Always ``SCALE``.
    bound
        The claim: no plan is worth more. Meaningless with `infeasible`.
    infeasible
        The claim is that no plan is feasible.
    has_plan
        Whether `chosen` is a plan.
    objective
        Value of `chosen`.
    chosen
        (columns,) bool, the plan this certificate was issued with.
    dominated
        (pairs, 2) columns: the first is fixed to 0 since the second does no worse.
    cut_indptr, cut_class
        CSR of odd sets of classes, increasing within a cut.
    knapsack_base, knapsack_divisor
        (knapsack cuts,) base and divisor of each.
    knapsack_indptr, knapsack_column
        CSR of the columns they complement, increasing within a cut.
    base_indptr, base_row, base_times
        CSR of the linear rows of each base, increasing within a base, and how many times each is added.
    base_floor
        (bases,) floor of each, -1 for none.
    base_site_indptr, base_site
        CSR of the sites ``T`` of each base, increasing within a base; none where there is no floor.
    group_indptr, group_column
        CSR of sets of columns for group branchings, increasing within a group.
    node_parent, node_kind, node_index, node_value, node_limit
        (nodes,) the tree. The root has parent -1, kind 0; kind 1 branches on column ``node_index`` (limit 0), kind 2
        on group ``node_index`` at ``node_limit``.
    leaf_node, leaf_prices
        (leaves,) node and index of the price set that closes it.
    fixing_node, fixing_prices
        (entries,) node and index of the price set.
    fixing_indptr, fixing_column, fixing_value
        CSR of the columns each entry fixes, and to which value.
    prices
        The price sets.
    digest
        SHA-256 of everything above, so that no single change goes unnoticed.
    """

    fingerprint: str
    scale: int
    bound: int
    infeasible: bool
    has_plan: bool
    objective: int
    chosen: BoolArray
    dominated: IntArray
    cut_indptr: IntArray
    cut_class: IntArray
    knapsack_base: IntArray
    knapsack_divisor: IntArray
    knapsack_indptr: IntArray
    knapsack_column: IntArray
    base_indptr: IntArray
    base_row: IntArray
    base_times: IntArray
    base_floor: IntArray
    base_site_indptr: IntArray
    base_site: IntArray
    group_indptr: IntArray
    group_column: IntArray
    node_parent: IntArray
    node_kind: IntArray
    node_index: IntArray
    node_value: IntArray
    node_limit: IntArray
    leaf_node: IntArray
    leaf_prices: IntArray
    fixing_node: IntArray
    fixing_prices: IntArray
    fixing_indptr: IntArray
    fixing_column: IntArray
    fixing_value: IntArray
    prices: PriceSets
    digest: str

    def __post_init__(self) -> None:
        for each in fields(self):
            value = getattr(self, each.name)
            if isinstance(value, np.ndarray):
                dtype = np.bool_ if each.name == "chosen" else np.int64
                object.__setattr__(self, each.name, frozen_array(value, dtype))

    @classmethod
    def seal(cls, **parts: Any) -> Certificate:
        """Return a certificate of `parts` (all fields but `scale` and `digest`) with its digest filled in."""
        unsealed = cls(**parts, scale=SCALE, digest="")
        return cls(**parts, scale=SCALE, digest=unsealed.content_digest())

    def content_digest(self) -> str:
        """Return the SHA-256 of all fields but `digest`."""
        digest = hashlib.sha256(f"placement certificate {FORMAT}".encode())
        for name, array in _parts(self).items():
            digest.update(f"{name} {array.shape}".encode() + array.tobytes())
        return digest.hexdigest()

    def save(self, path: str | Path) -> None:
        """Write to an ``.npz`` file that needs no pickle to read; equal certificates give equal content."""
        Path(path).write_bytes(self.to_bytes())

    def to_bytes(self) -> bytes:
        """Return the content of the file that :meth:`save` writes."""
        arrays: dict[str, Any] = dict(_parts(self))
        arrays["digest"] = np.frombuffer(self.digest.encode(), dtype=np.uint8)
        buffer = io.BytesIO()
        np.savez_compressed(buffer, **arrays)
        return buffer.getvalue()

    @classmethod
    def load(cls, path: str | Path) -> Certificate:
        """Return the certificate in the file at `path`.

        Raises
        ------
        CertificateError
            If the file is not a certificate of this format. What it claims is not checked here.
        """
        try:
            return cls.from_bytes(Path(path).read_bytes())
        except OSError as error:
            raise CertificateError(f"{path} is not a certificate: {error}") from error

    @classmethod
    def from_bytes(cls, content: bytes) -> Certificate:
        """Return the certificate that a file of this content holds; raises as :meth:`load` does."""
        try:
            with np.load(io.BytesIO(content), allow_pickle=False) as file:
                return _assemble({name: file[name] for name in file.files})
        except (KeyError, ValueError, OSError, EOFError, UnicodeDecodeError) as error:
            raise CertificateError(f"it is not a certificate: {error}") from error

    def _shown(self) -> Shown:
        claim = "no plan is feasible" if self.infeasible else f"no plan is worth more than {self.bound:,}"
        rows = [
            ("plan", f"worth {self.objective:,}, {self.chosen.sum():,} columns" if self.has_plan else "none"),
            ("tree", f"{self.node_parent.size:,} nodes, {self.leaf_node.size:,} leaves"),
            ("cuts", f"{self.cut_indptr.size - 1:,} odd sets, {self.knapsack_base.size:,} knapsacks"),
            ("prices", f"{self.prices.count:,} sets"),
            ("digest", self.digest[:16]),
        ]
        return f"Certificate: {claim}", rows


_PREFIX = "prices."
_TEXT = ("fingerprint",)
_SCALARS = ("scale", "bound", "infeasible", "has_plan", "objective")


def _parts(certificate: Certificate) -> dict[str, NDArray[Any]]:
    """Return every field but the digest as an array of fixed byte order, by name."""
    parts: dict[str, NDArray[Any]] = {}
    for each in fields(certificate):
        value = getattr(certificate, each.name)
        if each.name in _TEXT:
            parts[each.name] = np.frombuffer(value.encode(), dtype=np.uint8)
        elif each.name in _SCALARS:
            parts[each.name] = np.array([value], dtype="<i8")
        elif each.name == "prices":
            for inner in fields(value):
                parts[_PREFIX + inner.name] = np.ascontiguousarray(getattr(value, inner.name), dtype="<i8")
        elif each.name != "digest":
            dtype = np.uint8 if each.name == "chosen" else "<i8"
            parts[each.name] = np.ascontiguousarray(value, dtype=dtype)
    return parts


def _assemble(parts: dict[str, NDArray[Any]]) -> Certificate:
    prices = PriceSets(**{each.name: parts[_PREFIX + each.name] for each in fields(PriceSets)})
    values: dict[str, Any] = {"prices": prices}
    for each in fields(Certificate):
        if each.name in (*_TEXT, "digest"):
            values[each.name] = parts[each.name].tobytes().decode("ascii")
        elif each.name in _SCALARS:
            kind = bool if each.name in ("infeasible", "has_plan") else int
            values[each.name] = kind(parts[each.name][0])
        elif each.name != "prices":
            values[each.name] = parts[each.name]
    return Certificate(**values)
