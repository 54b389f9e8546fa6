"""Whether a certificate has the shape its format promises: types, lengths, indices in range, a tree that is one.

Everything here is checked before any number is used, so that the rest of the checker may index freely. Python would
read index -1 as "the last" and a float as a number; a certificate with either is refused, not interpreted.
"""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import numpy as np

from placement.errors import CertificateError
from placement.values import Certificate, CoverageProgram
from placement.values.arrays import IntArray
from placement.values.certificate import SCALE, PriceSets

_TWO_DIMENSIONAL = ("dominated", "prices.linear", "prices.floor")


def check_shape(program: CoverageProgram, certificate: Certificate, n_classes: int) -> None:
    """Raise :class:`CertificateError` unless every part has the right type, length and range.

    Parameters
    ----------
    n_classes
        Number of row classes of the program.
    """
    _check_types(certificate)
    sets = _check_prices(program, certificate, n_classes)
    nodes = certificate.node_parent.size
    _check_csr("cut", certificate.cut_indptr, certificate.cut_class, n_classes)
    _check_increasing("cut", certificate.cut_indptr, certificate.cut_class)
    sizes = np.diff(certificate.cut_indptr)
    if ((sizes < 3) | (sizes % 2 == 0)).any():
        number = int(np.flatnonzero((sizes < 3) | (sizes % 2 == 0))[0])
        raise CertificateError(f"cut {number} has {sizes[number]} classes, not an odd number of at least 3")
    _check_knapsacks(program, certificate)
    _check_csr("group", certificate.group_indptr, certificate.group_column, program.n_columns)
    _check_increasing("group", certificate.group_indptr, certificate.group_column)
    _check_range("dominated", certificate.dominated.ravel(), program.n_columns)
    for name, size in (("node_kind", nodes), ("node_index", nodes), ("node_value", nodes), ("node_limit", nodes)):
        _check_length(name, getattr(certificate, name), size)
    _check_length("leaf_prices", certificate.leaf_prices, certificate.leaf_node.size)
    _check_length("fixing_prices", certificate.fixing_prices, certificate.fixing_node.size)
    _check_length("fixing_indptr", certificate.fixing_indptr, certificate.fixing_node.size + 1)
    _check_length("fixing_value", certificate.fixing_value, certificate.fixing_column.size)
    for name in ("leaf_node", "fixing_node"):
        _check_range(name, getattr(certificate, name), nodes)
    for name in ("leaf_prices", "fixing_prices"):
        _check_range(name, getattr(certificate, name), sets)
    _check_csr("fixing", certificate.fixing_indptr, certificate.fixing_column, program.n_columns)
    _check_range("fixing_value", certificate.fixing_value, 2)


def _check_knapsacks(program: CoverageProgram, certificate: Certificate) -> None:
    cuts, bases = certificate.knapsack_base.size, certificate.base_floor.size
    _check_length("knapsack_divisor", certificate.knapsack_divisor, cuts)
    _check_length("knapsack_indptr", certificate.knapsack_indptr, cuts + 1)
    _check_range("knapsack_base", certificate.knapsack_base, bases)
    _check_csr("knapsack", certificate.knapsack_indptr, certificate.knapsack_column, program.n_columns)
    _check_increasing("knapsack", certificate.knapsack_indptr, certificate.knapsack_column)
    _check_length("base_indptr", certificate.base_indptr, bases + 1)
    _check_csr("base", certificate.base_indptr, certificate.base_row, len(program.linear))
    _check_increasing("base", certificate.base_indptr, certificate.base_row)
    _check_length("base_times", certificate.base_times, certificate.base_row.size)
    _check_range("base_floor", certificate.base_floor + 1, len(program.floors) + 1)
    _check_length("base_site_indptr", certificate.base_site_indptr, bases + 1)
    _check_csr("base_site", certificate.base_site_indptr, certificate.base_site, program.n_sites)
    _check_increasing("base_site", certificate.base_site_indptr, certificate.base_site)


def children_of(program: CoverageProgram, certificate: Certificate) -> list[tuple[int, int] | None]:
    """Return the two children of each node, None for a leaf; raise unless the nodes form a tree of such pairs."""
    parent = certificate.node_parent
    if not parent.size or int(parent[0]) != -1 or int(certificate.node_kind[0]) != 0:
        raise CertificateError("node 0 is not a root")
    if ((parent[1:] < 0) | (parent[1:] >= np.arange(1, parent.size))).any():
        raise CertificateError("a node does not come after its parent")
    found: list[list[int]] = [[] for _ in range(parent.size)]
    for node, above in enumerate(parent.tolist()):
        if node:
            found[above].append(node)
    leaves = np.bincount(certificate.leaf_node, minlength=parent.size)
    for node, pair in enumerate(found):
        if len(pair) not in {0, 2} or int(leaves[node]) != int(not pair):
            raise CertificateError(
                f"node {node} has {len(pair)} children and {leaves[node]} leaf entries, not 2 and 0 or 0 and 1"
            )
        if pair:
            _check_pair(program, certificate, pair)
    return [(pair[0], pair[1]) if pair else None for pair in found]


def _check_pair(program: CoverageProgram, certificate: Certificate, pair: list[int]) -> None:
    kind, index, limit, value = (
        getattr(certificate, name)[pair].tolist() for name in ("node_kind", "node_index", "node_limit", "node_value")
    )
    if kind[0] != kind[1] or index[0] != index[1] or limit[0] != limit[1] or sorted(value) != [0, 1]:
        raise CertificateError(f"nodes {pair[0]} and {pair[1]} do not split their parent in two")
    groups = certificate.group_indptr.size - 1
    size = {1: program.n_columns, 2: groups}.get(kind[0])
    if size is None or not 0 <= index[0] < size or (kind[0] == 1 and limit[0] != 0):
        raise CertificateError(f"nodes {pair[0]} and {pair[1]} branch on nothing the format knows")


def _check_types(certificate: Certificate) -> None:
    for name in ("scale", "bound", "objective"):
        if type(getattr(certificate, name)) is not int:
            raise CertificateError(f"{name} is not an integer")
    for name in ("infeasible", "has_plan"):
        if type(getattr(certificate, name)) is not bool:
            raise CertificateError(f"{name} is not true or false")
    if certificate.scale != SCALE:
        raise CertificateError(f"the scale is {certificate.scale}, not {SCALE}")
    texts = ("fingerprint", "digest")
    scalars = ("scale", "bound", "objective", "infeasible", "has_plan", "prices", *texts)
    for name in texts:
        if type(getattr(certificate, name)) is not str:
            raise CertificateError(f"{name} is not text")
    if type(certificate.prices) is not PriceSets:
        raise CertificateError("prices are not price sets")
    arrays = {each.name: getattr(certificate, each.name) for each in fields(certificate) if each.name not in scalars}
    arrays |= {f"prices.{each.name}": getattr(certificate.prices, each.name) for each in fields(PriceSets)}
    for name, array in arrays.items():
        _check_array(name, array)


def _check_array(name: str, array: Any) -> None:
    dtype = np.dtype(np.bool_ if name == "chosen" else np.int64)
    dimensions = 2 if name in _TWO_DIMENSIONAL else 1
    if type(array) is not np.ndarray or array.dtype != dtype or array.ndim != dimensions:
        raise CertificateError(f"{name} is not a {dimensions}-dimensional array of {dtype}")
    if name == "dominated" and array.shape[1] != 2:
        raise CertificateError("dominated does not hold pairs")


def _check_prices(program: CoverageProgram, certificate: Certificate, n_classes: int) -> int:
    prices = certificate.prices
    sets, knapsack = prices.objective.size, certificate.knapsack_base.size
    for name, indptr, index, price, size in (
        ("row", prices.row_indptr, prices.row_index, prices.row_price, n_classes),
        ("cut", prices.cut_indptr, prices.cut_index, prices.cut_price, certificate.cut_indptr.size - 1),
        ("knapsack", prices.knapsack_indptr, prices.knapsack_index, prices.knapsack_price, knapsack),
        ("branch", prices.branch_indptr, prices.branch_node, prices.branch_price, certificate.node_parent.size),
    ):
        _check_length(f"prices.{name}_indptr", indptr, sets + 1)
        _check_length(f"prices.{name}_price", price, index.size)
        _check_csr(f"prices.{name}", indptr, index, size)
    for name, table, width in (("linear", prices.linear, program.linear), ("floor", prices.floor, program.floors)):
        if table.shape != (sets, len(width)):
            raise CertificateError(f"prices.{name} has shape {table.shape}, not {(sets, len(width))}")
    return int(sets)


def _check_csr(name: str, indptr: IntArray, index: IntArray, size: int) -> None:
    whole = indptr.size > 0 and int(indptr[0]) == 0 and int(indptr[-1]) == index.size
    if not whole or (indptr[1:] < indptr[:-1]).any():
        raise CertificateError(f"{name}_indptr does not cut its entries into pieces")
    _check_range(name, index, size)


def _check_increasing(name: str, indptr: IntArray, index: IntArray) -> None:
    """Refuse a piece in which an index does not grow: a set holds each of its members once."""
    grows = np.ones(index.size + 1, dtype=np.bool_)
    grows[1:-1] = index[1:] > index[:-1]
    grows[indptr] = True
    if not grows.all():
        raise CertificateError(f"the indices of a {name} are not increasing")


def _check_range(name: str, index: IntArray, size: int) -> None:
    if index.size and not 0 <= int(index.min()) <= int(index.max()) < size:
        raise CertificateError(f"{name} has an index outside 0..{size - 1}")


def _check_length(name: str, array: IntArray, size: int) -> None:
    if array.size != size:
        raise CertificateError(f"{name} has {array.size} entries, not {size}")
