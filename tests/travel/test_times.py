from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from placement.errors import AlignmentError, InputError
from placement.travel import TravelTimes
from placement.travel.archive import load_times, save_times
from tests.effort import cases


def times_of(rows, **options) -> TravelTimes:
    frame = pd.DataFrame(rows, columns=["demand_id", "site_id", "metres"])
    return TravelTimes.from_table(frame, **options)


TABLE = [("a", "S", 0.0), ("a", "T", 1170.0), ("b", "T", 1170.001)]


def test_within_is_exact_in_integers():
    times = times_of(TABLE)
    # 900 s at 1.3 m/s are 1,170,000 mm exactly; b is one millimetre beyond.
    assert times.within(900, speed_m_s=1.3).toarray().tolist() == [[True, True], [False, False]]
    assert times.within_metres(1170).toarray().tolist() == [[True, True], [False, False]]
    assert times.within_metres(1170.001).toarray().tolist() == [[True, True], [False, True]]


@settings(deadline=None, max_examples=cases(60), derandomize=True)
@given(
    st.lists(st.integers(0, 3_000_000), min_size=1, max_size=20),
    st.integers(0, 1_500_000),
    st.sampled_from([900, 1000, 1300, 1111]),
)
def test_within_equals_the_integer_rule(millimetres, threshold_ms, speed_mm_s):
    rows = [(f"p{k:02}", "S", mm / 1000) for k, mm in enumerate(millimetres)]
    covered = times_of(rows).within(threshold_ms / 1000, speed_m_s=speed_mm_s / 1000).toarray()[:, 0]
    assert covered.tolist() == [mm * 1000 <= threshold_ms * speed_mm_s for mm in millimetres]


def test_seconds_store_what_is_reachable():
    seconds = times_of(TABLE, speed_m_s=1.3).seconds
    assert seconds.nnz == 3
    assert seconds.toarray().tolist() == [[0.0, 900.0], [0.0, 1170001 / 1300]]


def test_beyond_the_cutoff_is_refused():
    times = times_of(TABLE, cutoff_s=900, speed_m_s=1.3)
    assert times.within(900).nnz == 2
    assert times.within(1300, speed_m_s=0.9).nnz == 2
    assert times.within_metres(1170).nnz == 2
    for ask in (
        lambda: times.within(901),
        lambda: times.within(1301, speed_m_s=0.9),
        lambda: times.within(900, speed_m_s=1.4),
        lambda: times.within_metres(1170.001),
    ):
        with pytest.raises(InputError, match="raise the cutoff"):
            ask()
    for bad in (-1, np.nan, np.inf):
        with pytest.raises(InputError):
            times.within(bad)
    with pytest.raises(InputError, match="speed"):
        times_of(TABLE).within(900)
    with pytest.raises(InputError, match="no speed_m_s"):
        times_of(TABLE, cutoff_s=900)


def test_times_of_a_known_speed_follow_in_proportion():
    frame = pd.DataFrame({"demand_id": ["a", "b"], "site_id": ["S", "S"], "seconds": [900.0, 900.001]})
    times = TravelTimes.from_table(frame, speed_m_s=1.3, cutoff_s=1000)
    # 900 s at 1.3 m/s are 1,300 s at 0.9 m/s, to the millisecond.
    assert times.within(1300, speed_m_s=0.9).toarray().tolist() == [[True], [False]]
    assert times.within(1299.999, speed_m_s=0.9).nnz == 0
    assert times.within(900, speed_m_s=1.3).nnz == times.within(900).nnz == 1
    with pytest.raises(InputError, match=r"900 s at 1\.5 m/s was asked, .* up to 1000 s at 1\.3"):
        times.within(900, speed_m_s=1.5)


def test_seconds_table_keeps_milliseconds():
    frame = pd.DataFrame({"demand_id": ["a", "b"], "site_id": ["S", "S"], "seconds": [900.0004, 900.001]})
    times = TravelTimes.from_table(frame)
    assert times.matrix.data.tolist() == [900_000, 900_001]
    assert times.within(900).toarray().tolist() == [[True], [False]]
    assert times.mode == "given matrix (seconds)"
    with pytest.raises(InputError, match="no distances"):
        times.within_metres(5)
    with pytest.raises(InputError, match="one speed"):
        times.within(900, speed_m_s=0.9)


def test_rows_align_by_id_not_by_order():
    times = times_of(TABLE, point_ids=pd.Index(["b", "a"]), site_ids=pd.Index(["T", "S"]))
    assert times.matrix.toarray().tolist() == [[1_170_001, 0], [1_170_000, 0]]
    assert times.within(0, speed_m_s=1).toarray().tolist() == [[False, False], [False, True]]


def test_both_mismatch_lists_are_shown():
    with pytest.raises(AlignmentError) as caught:
        times_of(TABLE, point_ids=pd.Index(["a", "c"]), site_ids=pd.Index(["S", "T", "U"]))
    assert {(fault.row, fault.problem) for fault in caught.value.faults} == {
        ("b", "demand_id is only in the travel table"),
        ("c", "demand_id of the study has no row"),
        ("U", "site_id of the study has no row"),
    }
    lone = times_of(TABLE, point_ids=pd.Index(["a", "b", "c"]), missing="unreachable")
    assert lone.within_metres(1e6).toarray().tolist() == [[True, True], [False, True], [False, False]]


def test_faults_of_the_table_are_listed_at_once():
    rows = [("a", "S", 1.0), ("a", "S", 2.0), ("b", "S", -2.0), ("c", "S", None), ("d", "S", "x"), ("e", "S", 1e9)]
    with pytest.raises(InputError) as caught:
        times_of(rows)
    assert {(fault.row, fault.problem) for fault in caught.value.faults} == {
        ("a, S", "the pair is repeated"),
        ("b, S", "metres is -2.0"),
        ("c, S", "metres is empty"),
        ("d, S", "metres is x"),
        ("e, S", "metres is 1000000000.0"),
    }
    with pytest.raises(InputError, match="column site_id is missing") as caught:
        TravelTimes.from_table(pd.DataFrame({"demand_id": ["a"], "metres": [1.0], "seconds": [1.0]}))
    assert "both metres and seconds" in str(caught.value)
    with pytest.raises(InputError, match="neither metres nor seconds"):
        TravelTimes.from_table(pd.DataFrame({"demand_id": ["a"], "site_id": ["S"]}))


def test_r5py_frame():
    frame = pd.DataFrame({"from_id": ["a", "b"], "to_id": ["S", "S"], "travel_time": [14.0, np.nan]})
    times = TravelTimes.from_table(frame)
    assert times.within(840).toarray().tolist() == [[True], [False]]


def test_save_and_load(tmp_path):
    times = times_of(TABLE, cutoff_s=900.5, speed_m_s=1.3, mode="漫步")
    save_times(times, tmp_path / "t.npz")
    again = load_times(tmp_path / "t.npz")
    assert again.fingerprint() == times.fingerprint()
    assert (again.cutoff_s, again.speed_m_s, again.mode, again.unit) == (900.5, 1.3, "漫步", "mm")
    assert again.matrix.nnz == 3
    assert again.point_ids.tolist() == ["a", "b"]
    assert [path.name for path in tmp_path.iterdir()] == ["t.npz"]
    whole = (tmp_path / "t.npz").read_bytes()
    for name, content in (("cut.npz", whole[: len(whole) // 2]), ("text.npz", b"hello"), ("empty.npz", b"")):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(InputError, match="cannot be read"):
            load_times(tmp_path / name)
    with pytest.raises(InputError, match="cannot be read"):
        load_times(tmp_path / "absent.npz")


def test_fingerprint_follows_the_content():
    first = times_of(TABLE)
    assert first.fingerprint() == times_of(TABLE[::-1]).fingerprint()
    assert first.fingerprint() != times_of(TABLE, speed_m_s=1.3).fingerprint()
    assert first.fingerprint() != times_of([*TABLE[:2], ("b", "T", 1170.002)]).fingerprint()


def test_frozen():
    times = times_of(TABLE)
    with pytest.raises(ValueError, match="read-only"):
        times.matrix.data[0] = 5
    with pytest.raises(AlignmentError, match="repeated"):
        TravelTimes(point_ids=["a", "a"], site_ids=["S"], matrix=sparse.csr_array((2, 1), dtype=np.int32), mode="x")
    with pytest.raises(AlignmentError, match="shape"):
        TravelTimes(point_ids=["a"], site_ids=["S"], matrix=sparse.csr_array((2, 1), dtype=np.int32), mode="x")
