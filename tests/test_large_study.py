"""A study whose travel times come block by block gives the same plan, byte by byte, as one that holds them."""

from __future__ import annotations

import pytest

from placement.coverage import CoverRows
from placement.errors import InfeasibleError
from placement.judge import verify
from placement.pipeline.prepare import prepare_inputs
from placement.pipeline.recommend import recommend
from placement.study import read_study
from placement.travel import TimesStream, TravelTimes
from placement.travel import ask as run
from placement.travel import search as _search
from tests.written import write_outcome


def streamed(spoiled) -> None:
    spoiled.setting("[travel]\n", "[travel]\nstream = true\n")


def results(folder) -> dict[str, bytes]:
    """All files but those that name the study's own checksum, which the key `stream` changes."""
    names = ("actions.csv", "actions.geojson", "stations.csv", "districts.csv", "visits.csv", "certificate.npz")
    return {name: (folder / name).read_bytes() for name in names if (folder / name).exists()}


@pytest.mark.parametrize("pairs_a_block", [7, 60, 10**6])
def test_the_plan_is_the_same_held_or_block_by_block(spoiled, tmp_path, monkeypatch, pairs_a_block):
    spoiled.setting("[travel]\n", '[travel]\nthreshold_min_by_district = {"west" = 4}\n')
    held = recommend(read_study(spoiled.folder))
    write_outcome(held, tmp_path / "held")
    assert isinstance(held.case.prepared.times, TravelTimes)
    streamed(spoiled)
    monkeypatch.setattr(_search, "PAIRS_A_BLOCK", pairs_a_block)
    outcome = recommend(read_study(spoiled.folder))
    write_outcome(outcome, tmp_path / "blocks")
    assert isinstance(outcome.case.prepared.times, TimesStream)
    assert isinstance(outcome.case.coverage.covers, CoverRows)
    assert outcome.case.prepared.times.n_pairs == held.case.prepared.times.n_pairs
    assert outcome.plan.before == held.plan.before
    assert outcome.plan.after == held.plan.after
    assert results(tmp_path / "blocks") == results(tmp_path / "held")
    assert len(results(tmp_path / "held")) >= 3
    verdict = verify(tmp_path / "blocks")
    assert verdict.differences == ()
    assert verdict.proven


def test_why_no_plan_exists_is_the_same(spoiled):
    spoiled.setting("[policy.floors]\n", "[policy.floors]\ngeneral = 1.0\n")
    texts = []  # what a plan gets by with is looked for as long as there is time; what is proven is the same
    for change in (lambda: None, lambda: streamed(spoiled)):
        change()
        with pytest.raises(InfeasibleError) as caught:
            recommend(read_study(spoiled.folder))
        texts.append(str(caught.value).split(" is possible")[0])
    assert texts[0] == texts[1]
    assert "floor age general asks 100.00% of the weight" in texts[0]


def test_large_studies_stream_by_themselves(spoiled, monkeypatch):
    assert isinstance(prepare_inputs(read_study(spoiled.folder), cached=False).times, TravelTimes)
    most = run.TravelRun.held_or_stream
    monkeypatch.setattr(run.TravelRun, "held_or_stream", lambda self, **options: most(self, most_pairs=10, **options))
    assert isinstance(prepare_inputs(read_study(spoiled.folder), cached=False).times, TimesStream)
    spoiled.setting("[travel]\n", "[travel]\nstream = false\n")
    assert isinstance(prepare_inputs(read_study(spoiled.folder), cached=False).times, TravelTimes)
