"""Row classes derived by the checker."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
from scipy import sparse

from placement.errors import CertificateError
from placement.judge import check_certificate
from placement.judge.certificate_classes import derive_classes
from placement.values import CoverageProgram, Floor
from tests.judge.by_hand import (
    one_station,
    one_station_draft,
)
from tests.judge.reference import classes_of, fingerprint_of


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("chunk", [1, 7, 2**23])
def test_classes_equal_a_dictionary(seed, chunk, monkeypatch):
    monkeypatch.setattr("placement.judge.certificate_classes._CHUNK_ENTRIES", chunk)
    rng = np.random.default_rng(seed)
    rows = 60
    covers = sparse.csr_array((rng.random((rows, 4)) < 0.4).astype(np.int8))
    floors = tuple(Floor(name=str(f), rows=np.flatnonzero(rng.random(rows) < 0.4), minimum=0) for f in range(seed % 3))
    program = replace(CoverageProgram.from_covers(covers, rng.integers(0, 5, rows), [1, 1, 1, 1], 2), floors=floors)
    found, expected = derive_classes(program), classes_of(program)
    assert [tuple(found.sites[a:b]) for a, b in itertools.pairwise(found.indptr)] == [each.sites for each in expected]
    assert found.weights.tolist() == [each.weight for each in expected]
    of_class = [tuple(found.floor_index[a:b]) for a, b in itertools.pairwise(found.floor_indptr)]
    assert of_class == [each.floors for each in expected]


def test_two_sets_that_meet_in_one_sum_stay_apart(monkeypatch):
    real, seeds = np.random.default_rng, []

    class Colliding:
        def __init__(self, seed):
            seeds.append(seed)
            self.seed = seed

        def integers(self, low, high, size, dtype):
            return np.ones(size, dtype=dtype) if self.seed == 0 else real(self.seed).integers(low, high, size, dtype)

    program = CoverageProgram.from_covers(sparse.csr_array([[1, 0], [0, 1], [1, 0]]), [1, 2, 4], [1, 1], 1)
    monkeypatch.setattr("placement.judge.certificate_classes.np.random.default_rng", Colliding)
    assert derive_classes(program).weights.tolist() == [5, 2]
    assert 1 in seeds


def in_blocks(program, sizes):
    edges = np.concatenate([[0], np.cumsum(sizes)])
    blocks = [(program.covers[a:b], program.weights[a:b]) for a, b in itertools.pairwise(edges.tolist())]
    return replace(program, covers=blocks, weights=None)


def test_blocks_give_the_same_proof():
    whole = one_station_draft()
    program = in_blocks(one_station(), [2, 0, 1])
    assert check_certificate(program, np.array([True, False]), whole.seal()) == 9


def test_blocks_with_repeated_unsorted_entries():
    covers = sparse.csr_array((np.ones(3), [1, 0, 1], [0, 3]), shape=(1, 2))
    program = replace(one_station(), covers=[(covers, np.array([4]))], weights=None)
    assert derive_classes(program).sites.tolist() == [0, 1]


@pytest.mark.parametrize(
    ("block", "message"),
    [
        ((sparse.csr_array((1, 3)), np.array([1])), "does not fit"),
        ((sparse.csr_array((1, 2)), np.array([1, 2])), "does not fit"),
        ((sparse.csr_array((1, 2)), np.array([1.5])), "does not fit"),
        ((sparse.csr_array((1, 2)), np.array([-1])), "weight outside"),
        ((sparse.csr_array((1, 2)), np.array([2**42])), "weight outside"),
        ((sparse.csr_array((2, 2)), np.array([2**41, 2**41])), "reach 2\\*\\*42"),
    ],
)
def test_blocks_no_certificate_can_speak_about(block, message):
    program = replace(one_station(), covers=[block], weights=None)
    with pytest.raises(CertificateError, match=message):
        derive_classes(program)


def test_the_fingerprint_is_that_of_the_classes():
    program = one_station()
    other = CoverageProgram.from_covers(sparse.csr_array([[1, 0], [1, 1], [0, 1]]), [5, 4, 2], [1, 1], 1)
    assert fingerprint_of(program) != fingerprint_of(other)
    with pytest.raises(CertificateError, match="another program"):
        check_certificate(other, np.array([True, False]), one_station_draft().seal())
