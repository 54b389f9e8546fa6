from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse

from placement.errors import AlignmentError, InputError
from placement.travel import search as _search
from placement.travel import walking_covers, walking_times
from placement.values import CoverageProgram
from tests.travel.networks import random_points, random_streets


@pytest.mark.parametrize("seed", range(30))
def test_blocks_hold_what_within_says(seed, monkeypatch):
    rng = np.random.default_rng(seed)
    monkeypatch.setattr(_search, "PAIRS_A_BLOCK", int(rng.integers(1, 40)))
    streets = random_streets(rng)
    points, sites = random_points(rng, streets, 40, "p"), random_points(rng, streets, 6, "s")
    weights = rng.integers(0, 9, (40, 2))
    stream = walking_covers(streets, points, sites, weights, thresholds_s=[200, 150], speeds_m_s=[1.3, 0.9])
    times = walking_times(streets, points, sites, cutoff_s=200, speed_m_s=1.3)
    whole = [times.within(200).toarray(), times.within(150, speed_m_s=0.9).toarray()]
    for _ in range(2):  # a second pass starts again at the first row
        rows, seen = [0, 0], 0
        for number, (covers, its_weights) in enumerate(stream):
            segment = number % 2
            start, end = rows[segment], rows[segment] + covers.shape[0]
            np.testing.assert_array_equal(covers.toarray(), whole[segment][start:end])
            np.testing.assert_array_equal(its_weights, weights[start:end, segment])
            rows[segment] = end
            seen += covers.shape[0]
        assert seen == 80


def test_the_program_is_the_same_as_from_one_matrix(monkeypatch):
    rng = np.random.default_rng(4)
    monkeypatch.setattr(_search, "PAIRS_A_BLOCK", 10)
    streets = random_streets(rng)
    points, sites = random_points(rng, streets, 30, "p"), random_points(rng, streets, 5, "s")
    weights = rng.integers(0, 9, 30)
    stream = walking_covers(streets, points, sites, weights, thresholds_s=[250], speeds_m_s=[1.0])
    costs = np.ones(5, dtype=int)
    streamed = CoverageProgram.from_covers(stream, None, costs, 2)
    covers = walking_times(streets, points, sites, cutoff_s=250, speed_m_s=1.0).within(250)
    held = CoverageProgram.from_covers(sparse.csr_array(covers), weights, costs, 2)
    assert streamed.fingerprint() == held.fingerprint()
    assert stream.n_sites == 5


def test_bad_weights():
    rng = np.random.default_rng(4)
    streets = random_streets(rng)
    points, sites = random_points(rng, streets, 3, "p"), random_points(rng, streets, 2, "s")
    with pytest.raises(AlignmentError, match="1 segments, thresholds 2, speeds 1"):
        walking_covers(streets, points, sites, [1, 2, 3], thresholds_s=[60, 90], speeds_m_s=[1.0])
    with pytest.raises(InputError, match="negative"):
        walking_covers(streets, points, sites, [1, -2, 3], thresholds_s=[60], speeds_m_s=[1.0])
