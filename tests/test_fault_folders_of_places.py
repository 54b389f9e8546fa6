"""The fault folders of places and streets end as they should."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from placement.errors import InputError, ShiftedWarning
from placement.pipeline.prepare import prepare_inputs
from placement.study import read_study

FOLDERS = Path(__file__).resolve().parents[1] / ".." / "shared" / "data" / "faults"
pytestmark = pytest.mark.skipif(not FOLDERS.is_dir(), reason="the fault folders are not part of the project")


def test_web_mercator_is_refused_and_its_zone_is_right():
    with pytest.raises(InputError, match=r"study\.crs\]: EPSG:3857 does not fit.*use EPSG:32650") as caught:
        prepare_inputs(read_study(FOLDERS / "02_webmercator"))
    assert len(caught.value.faults) == 1
    assert prepare_inputs(read_study(FOLDERS / "02_ref_utm")).times.n_pairs == 172


def test_kilometres_are_refused():
    with pytest.raises(InputError, match=r"n0-n1\]: length_m is 0\.215695, but its ends lie 215\.8 m.*kilometres\?"):
        prepare_inputs(read_study(FOLDERS / "03_edges_km"))
    notes = prepare_inputs(read_study(FOLDERS / "03_edges_ref")).notes
    assert not [note for note in notes if note.startswith("streets")]


def test_alaska_is_taken():
    assert prepare_inputs(read_study(FOLDERS / "04_alaska_albers")).times.n_pairs == 41


def test_declared_shifts_count_for_csv_and_geojson_and_undeclared_ones_are_noticed(tmp_path):
    pairs = [prepare_inputs(read_study(FOLDERS / f"05_gcj02_{kind}")).times.n_pairs for kind in ("csv", "geojson")]
    assert pairs == [41, 41]
    for kind in ("csv", "geojson"):
        folder = tmp_path / kind
        shutil.copytree(FOLDERS / f"05_gcj02_{kind}", folder)
        text = (folder / "study.toml").read_text(encoding="utf-8").replace(', coordinates = "gcj02"', "")
        (folder / "study.toml").write_text(text, encoding="utf-8")
        with pytest.warns(ShiftedWarning, match="stations, candidates together look shifted"):
            prepare_inputs(read_study(folder))


def test_a_motorroad_is_not_walked():
    pytest.importorskip("osmium")
    times = [prepare_inputs(read_study(FOLDERS / name)).times for name in ("10_motorroad", "10_foot_no")]
    assert [found.n_pairs for found in times] == [1, 1]
