"""Whatever is done to a study's files, it is read or refused: no traceback, no hang, no growth without bounds."""

from __future__ import annotations

import sys

import pytest

from tests.fuzz.bases import BASES
from tests.fuzz.cases import run

CASES, CHUNK = 2000, 250

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="limits of time and memory are Linux's")


@pytest.mark.parametrize("start", range(0, CASES, CHUNK))
def test_mutated_studies_are_read_or_refused(start):
    broken, accepted = run(range(start, start + CHUNK))
    assert not broken, "\n".join(str(each) for each in broken[:3]) + f"\n{len(broken)} in all"
    assert 0 < accepted < CHUNK, "all alike: the mutations do not test anything"


@pytest.mark.parametrize("seed", [236, 1182, 609578])
def test_cases_that_broke_once(seed):
    """Places in OSM files that are none; a list as a district of the outlines."""
    assert run(range(seed, seed + 1))[0] == []


@pytest.mark.parametrize("base", BASES)
def test_the_bases_themselves_are_in_order(base, tmp_path):
    from placement.pipeline.prepare import open_study, prepare_inputs

    for name, content in BASES[base]().items():
        (tmp_path / name).write_bytes(content)
    assert prepare_inputs(open_study(tmp_path), cached=False).demand.weight.sum() > 0
