"""Who gains and who loses: the street by hand, and the doorstep study by the command."""

from __future__ import annotations

import json
from fractions import Fraction

import numpy as np
import pytest
from click.testing import CliRunner

import placement as pl
from placement.analysis.difference import difference
from placement.cli import main
from placement.errors import AlignmentError, InputError
from tests.doorstep import write_doorstep
from tests.test_case_from_frames import case


def test_by_hand():
    """From S to U: b and c (6 and 5) come within reach, d (4) gets out of it and then walks 900 m at 1 m/s to U."""
    asked = case()
    found = difference(asked, ["S"], ["U"])
    assert found.districts[["gains", "loses", "net"]].to_numpy().tolist() == [[11, 4, 7]]
    assert found.segments[["gains", "loses", "net"]].to_numpy().tolist() == [[11, 4, 7]]
    row = found.places.iloc[0]
    assert (row["demand_id"], row["loses"]) == ("d", 4)
    assert row["second_min"] == pytest.approx(15)
    weight = asked.demand.weight.sum()
    assert found.bands["first"].sum() == pytest.approx(weight)
    assert found.bands["second"].sum() == pytest.approx(weight)
    assert found.bands["change"].sum() == pytest.approx(0)
    back = difference(asked, ["U"], ["S"])
    np.testing.assert_allclose(back.districts["gains"], found.districts["loses"])
    same = difference(asked, ["U"], ["U"])
    assert same.places.empty
    assert same.districts["net"].tolist() == [0]
    with pytest.raises(AlignmentError, match="first"):
        difference(asked, ["nowhere"], ["U"])


def test_objectives_that_are_a_cost_are_refused():
    asked = case(
        policy=pl.Policy(
            objective="least_cost", district_floors=dict.fromkeys(case().demand.points["parent"], Fraction(0))
        )
    )
    with pytest.raises(InputError, match="the objective is the least cost"):
        pl.stability(asked, pl.optimise(case()))


def test_the_command(tmp_path):
    """In A S00 stays by a wish, in B it moves to C: 2,000 people gain, 1,000 lose, at 0.3 visits a month each."""
    write_doorstep(tmp_path / "study", policy="visits_weight = 0")
    for name, wish in (("a", ["--must-stay", "S00"]), ("b", [])):
        asked = ["recommend", str(tmp_path / "study"), "--out", str(tmp_path / name), "--quiet", *wish]
        assert CliRunner().invoke(main, asked).exit_code == 0
    said = CliRunner().invoke(main, ["compare", str(tmp_path / "a"), str(tmp_path / "b"), "--people", "--json"])
    assert said.exit_code == 0, said.output
    record = json.loads(said.output)
    (row,) = record["people"]["districts"]
    assert (row["people_gain"], row["people_lose"]) == (2000, 1000)
    assert (row["gains"], row["loses"]) == pytest.approx((600, 300))
    assert record["district"]["all"]["change"] == pytest.approx(300)
    (place,) = record["people"]["places"]
    assert (place["demand_id"], place["first_min"]) == ("D00", 1)
    words = CliRunner().invoke(main, ["compare", str(tmp_path / "a"), str(tmp_path / "b"), "--people"]).output
    assert "all: 600 visits a month come within reach, 300 get out of it (+300); 2,000 people gain, 1,000 lose" in words
    assert "hit hardest: D00 (all): 300.0 visits a month, 1 -> beyond minutes" in words
