from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from placement.errors import AlignmentError
from placement.travel import TimesStream, TravelTimes, vehicle_run, walking_run
from placement.travel import search as _search
from placement.values import CoverageProgram
from tests.travel.networks import random_points, random_streets, stored


def runs(rng: np.random.Generator):
    streets = random_streets(rng, oneway=True, elevation=True)
    points, sites = random_points(rng, streets, 25, "p"), random_points(rng, streets, 7, "s")
    yield walking_run(streets, points, sites, cutoff_s=200, speed_m_s=1.3)
    yield walking_run(streets, points, sites, cutoff_s=200, speed_m_s=1.3, slope="tobler", direction="from_sites")
    yield vehicle_run(streets, points, sites, cutoff_s=60, speeds_m_s={"*": 6.0}, mode="driving")


@pytest.mark.parametrize("seed", range(15))
def test_blocks_are_the_rows_of_the_whole(seed, monkeypatch):
    rng = np.random.default_rng(seed)
    monkeypatch.setattr(_search, "PAIRS_A_BLOCK", int(rng.integers(1, 40)))
    for run in runs(rng):
        whole, stream = run.times(), run.stream()
        assert isinstance(stream, TimesStream)
        for _ in range(2):  # a second pass starts again at the first row
            blocks = list(stream.blocks())
            assert pd.Index(np.concatenate([block.point_ids for block in blocks])).equals(whole.point_ids)
            joined = sparse.vstack([block.matrix for block in blocks], format="csr")
            np.testing.assert_array_equal(joined.indptr, whole.matrix.indptr)
            np.testing.assert_array_equal(joined.indices, whole.matrix.indices)
            np.testing.assert_array_equal(joined.data, whole.matrix.data)
            assert {(block.unit, block.mode, block.cutoff_s, block.speed_m_s) for block in blocks} == {
                (whole.unit, whole.mode, whole.cutoff_s, whole.speed_m_s)
            }
        assert stream.n_pairs == whole.n_pairs <= stream.most_pairs
        assert stream.whole().fingerprint() == whole.fingerprint()
        assert stream.snaps.equals(whole.snaps)


@pytest.mark.parametrize("seed", range(15))
def test_some_sites_alone(seed):
    rng = np.random.default_rng(100 + seed)
    for run in runs(rng):
        whole = run.times()
        few = whole.site_ids[rng.permutation(7)[: rng.integers(0, 7)]]
        expected = {pair: cost for pair, cost in stored(whole).items() if pair[1] in few}
        for times in (whole.to_sites(few), run.stream().to_sites(few)):
            assert isinstance(times, TravelTimes)
            assert times.site_ids.equals(few)
            assert stored(times) == expected
            assert times.matrix.has_canonical_format
    with pytest.raises(AlignmentError, match=r"\[nowhere\]: has no travel times"):
        whole.to_sites(pd.Index(["s1", "nowhere"]))


def test_held_where_few_and_streamed_where_many():
    run = next(runs(np.random.default_rng(1)))
    most = run.stream().most_pairs
    assert isinstance(run.held_or_stream(most_pairs=most), TravelTimes)
    assert isinstance(run.held_or_stream(most_pairs=most - 1), TimesStream)
    assert repr(run.stream()) == (
        "TimesStream: walking along streets, 25 points x 7 sites, up to 200 s, made block by block"
    )


def test_a_stream_can_be_kept_once_it_is_whole(tmp_path):
    run = next(runs(np.random.default_rng(1)))
    assert isinstance(run.held_or_stream(most_pairs=0, cache=tmp_path), TimesStream)
    assert not list(tmp_path.iterdir())
    run.times(cache=tmp_path)
    assert isinstance(run.held_or_stream(most_pairs=0, cache=tmp_path), TravelTimes)


def test_other_weights_on_the_same_rows():
    covers = sparse.csr_array([[1, 0], [1, 1], [0, 1]])
    held = CoverageProgram.from_covers(covers, [5, 7, 9], [2, 1], 1)
    blocks = [(covers[:2], np.array([5, 7])), (covers[2:], np.array([9]))]
    streamed = CoverageProgram.from_covers(blocks, None, [2, 1], 1)
    assert streamed.row_weights().tolist() == held.row_weights().tolist() == [5, 7, 9]
    other = np.array([1, 0, 2])
    changed = streamed.with_weights(other)
    assert changed.fingerprint() == held.with_weights(other).fingerprint() != held.fingerprint()
    assert changed.row_weights().tolist() == [1, 0, 2]
    assert changed.with_weights(np.array([5, 7, 9])).fingerprint() == held.fingerprint()
