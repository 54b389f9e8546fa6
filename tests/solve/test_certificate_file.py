"""Certificates go to a file and back unchanged."""

import dataclasses

import numpy as np
import pytest

from placement.errors import CertificateError
from placement.values import Certificate, PriceSets

EMPTY = np.empty(0, dtype=np.int64)
ZERO = np.zeros(1, dtype=np.int64)


def small():
    prices = PriceSets(
        objective=np.array([1]),
        row_indptr=np.array([0, 1]),
        row_index=np.array([0]),
        row_price=np.array([7]),
        cut_indptr=np.array([0, 0]),
        cut_index=EMPTY,
        cut_price=EMPTY,
        knapsack_indptr=np.array([0, 1]),
        knapsack_index=np.array([0]),
        knapsack_price=np.array([5]),
        linear=np.array([[3]]),
        floor=np.zeros((1, 0), dtype=np.int64),
        branch_indptr=np.array([0, 0]),
        branch_node=EMPTY,
        branch_price=EMPTY,
    )
    return Certificate.seal(
        fingerprint="ab" * 32,
        bound=5,
        infeasible=False,
        has_plan=True,
        objective=5,
        chosen=[True, False],
        dominated=np.empty((0, 2)),
        cut_indptr=ZERO,
        cut_class=EMPTY,
        knapsack_base=[0],
        knapsack_divisor=[4],
        knapsack_indptr=[0, 2],
        knapsack_column=[0, 1],
        base_indptr=[0, 1],
        base_row=[2],
        base_times=[3],
        base_floor=[-1],
        base_site_indptr=ZERO.repeat(2),
        base_site=EMPTY,
        group_indptr=ZERO,
        group_column=EMPTY,
        node_parent=[-1],
        node_kind=[0],
        node_index=[0],
        node_value=[0],
        node_limit=[0],
        leaf_node=[0],
        leaf_prices=[0],
        fixing_node=EMPTY,
        fixing_prices=EMPTY,
        fixing_indptr=ZERO,
        fixing_column=EMPTY,
        fixing_value=EMPTY,
        prices=prices,
    )


def test_file_and_back(tmp_path):
    certificate = small()
    certificate.save(tmp_path / "certificate.npz")
    again = Certificate.load(tmp_path / "certificate.npz")
    assert again.digest == certificate.digest == again.content_digest()
    assert again.fingerprint == certificate.fingerprint
    assert (again.bound, again.objective, again.has_plan, again.infeasible) == (5, 5, True, False)
    assert again.chosen.tolist() == [True, False]
    assert again.prices.linear.tolist() == [[3]]
    assert again.prices.knapsack_price.tolist() == [5]
    assert (again.knapsack_base.tolist(), again.knapsack_divisor.tolist()) == ([0], [4])
    assert again.knapsack_column.tolist() == [0, 1]
    assert (again.base_row.tolist(), again.base_times.tolist(), again.base_floor.tolist()) == ([2], [3], [-1])
    assert again.prices.floor.shape == (1, 0)


def test_a_changed_part_changes_the_digest():
    certificate = small()
    for change in ({"bound": 6}, {"chosen": [False, True]}, {"leaf_prices": [1]}, {"fingerprint": "cd" * 32}):
        assert dataclasses.replace(certificate, **change).content_digest() != certificate.digest
    prices = dataclasses.replace(certificate.prices, linear=[[4]])
    assert dataclasses.replace(certificate, prices=prices).content_digest() != certificate.digest


def test_another_file_is_refused(tmp_path):
    path = tmp_path / "other.npz"
    np.savez(path, a=np.zeros(3))
    with pytest.raises(CertificateError, match="not a certificate"):
        Certificate.load(path)
    path.write_bytes(b"no zip")
    with pytest.raises(CertificateError, match="not a certificate"):
        Certificate.load(path)
