"""The fault folders of counts, rasters, polygons and travel tables end as they should."""

from __future__ import annotations

from pathlib import Path

import pytest

from placement.errors import InputError
from placement.pipeline.prepare import prepare_inputs
from placement.pipeline.sources import counter_averages
from placement.study import read_study
from tests.there import there, whole_times

FOLDERS = Path(__file__).resolve().parents[1] / ".." / "shared" / "data" / "faults"
pytestmark = pytest.mark.skipif(not FOLDERS.is_dir(), reason="the fault folders are not part of the project")


@pytest.mark.parametrize(
    ("name", "people"),
    # The quarters of the last were rounded each by itself: its rows add up to 8,002 a day.
    [("06_counts_ref", 7998), ("06_counts_offset", 7998), ("07_quarter_hours", 8002)],
)
def test_counts(name, people):
    ready = prepare_inputs(read_study(FOLDERS / name))
    counter = there(counter_averages(ready.study, ready.tables)[0]).loc["F1"]
    assert counter["people_per_day"] == people
    assert counter["night_share"] == pytest.approx(0.217, abs=5e-4)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("14_raster_overlap", r"districts \[west-1\]: overlaps east-1 by 556,392 m2"),
        ("14_raster_2bands", r"pop\.tif: has the bands 1, 2 -> name one"),
        ("22_poly_bowtie", r"population \[P1\]: is not a valid polygon"),
    ],
)
def test_faults(name, words):
    pytest.importorskip("rasterio")
    with pytest.raises(InputError, match=words):
        prepare_inputs(read_study(FOLDERS / name))


def test_the_raster_without_a_fault():
    pytest.importorskip("rasterio")
    assert prepare_inputs(read_study(FOLDERS / "14_raster_ref")).population["people"].sum() == pytest.approx(960)


def test_slivers_and_travel_tables():
    ready = prepare_inputs(read_study(FOLDERS / "03_sliver"))
    assert ready.population["people"].sum() == pytest.approx(2000)
    assert "population: 1 pair of polygons overlap by slivers (97.7 m2 in all" in ready.notes[0]
    minutes = prepare_inputs(read_study(FOLDERS / "06_travel_minutes")).times
    assert whole_times(minutes).within(600).nnz == 1
    assert whole_times(minutes).within(599).nnz == 0
    unreached = prepare_inputs(read_study(FOLDERS / "15_travel_unreached"))
    assert "travel: no site is reached from 1 demand point: N" in unreached.notes
