"""Whatever is done to a study's files, it is read or refused: no traceback, no hang, no growth without bounds."""

from __future__ import annotations

import sys

import pytest

from placement.errors import PlacementError
from placement.pipeline.prepare import open_study, prepare_inputs, read_inputs
from tests.fuzz.bases import BASES
from tests.fuzz.cases import run
from tests.fuzz.kept import each_file_once, untouched
from tests.fuzz.mutations import case

CASES, CHUNK = 2000, 250

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="limits of time and memory are Linux's")


@pytest.mark.parametrize("start", range(0, CASES, CHUNK))
def test_mutated_studies_are_read_or_refused(start):
    broken, accepted = run(range(start, start + CHUNK))
    assert not broken, "\n".join(str(each) for each in broken[:3]) + f"\n{len(broken)} in all"
    assert 0 < accepted < CHUNK, "all alike: the mutations do not test anything"


@pytest.mark.parametrize("seed", [236, 1182, 609578, 3007675, 3010598, 3011574])
def test_cases_that_broke_once(seed):
    """OSM places that are none; a list as a district; a raster that GDAL cannot describe; a polygon at 1e308."""
    assert run(range(seed, seed + 1))[0] == []


def told(folder):
    """Return what is said of a study: its faults, or its notes and tables."""
    try:
        tables, streets = read_inputs(open_study(folder))
    except PlacementError as error:
        return str(error)
    kept = [getattr(tables, name) for name in ("population", "footfall", "survey", "usage", "travel", "districts")]
    return repr([tables.notes, tables.ignored, tables.sites.table.to_dict(), streets and streets.describe()]) + repr(
        [None if frame is None else frame.to_dict() for frame in kept]
    )


@pytest.mark.filterwarnings("ignore")
def test_what_is_kept_of_untouched_files_is_what_is_read(tmp_path):
    """Twice with what is kept, the second time with all of it, and once without."""
    refused = 0
    for seed in range(100, 128):
        base, files, _ = case(seed)
        for name, content in files.items():
            (tmp_path / name).write_bytes(content)
        answers = [told(tmp_path)]
        for _ in range(2):
            with each_file_once(base, untouched(files, BASES[base]())):
                answers.append(told(tmp_path))
        assert answers[1:] == answers[:1] * 2, seed
        refused += not answers[0].startswith("[")
        for name in files:
            (tmp_path / name).unlink()
    assert 0 < refused < 28


@pytest.mark.parametrize("base", BASES)
def test_the_bases_themselves_are_in_order(base, tmp_path):
    for name, content in BASES[base]().items():
        (tmp_path / name).write_bytes(content)
    assert prepare_inputs(open_study(tmp_path), cached=False).demand.weight.sum() > 0
