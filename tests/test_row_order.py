"""The order of rows and columns in the files of a study means nothing: same plan, same bytes."""

import numpy as np
import pandas as pd
import pytest

from placement.pipeline.prepare import prepare_inputs
from placement.pipeline.recommend import recommend
from placement.report import plan_record
from placement.study import read_study
from placement.tables import read_tables
from tests.doorstep import write_doorstep
from tests.there import there
from tests.written import data_of

TABLES = ("population", "footfall", "survey", "stations", "candidates", "usage", "nodes", "edges")


def shuffle(spoiled, seed):
    rng = np.random.default_rng(seed)
    for name in TABLES:
        frame = spoiled.frame(name)
        frame = frame.iloc[rng.permutation(len(frame)), rng.permutation(len(frame.columns))]
        spoiled.write(name, frame)


def with_usage(spoiled):
    rng = np.random.default_rng(1)
    rows = [(f"S0{at}", f"2025-0{month}", int(rng.integers(50, 300))) for at in range(4) for month in (1, 2, 3)]
    spoiled.write("usage", pd.DataFrame(rows, columns=["site_id", "month", "transactions"]))
    spoiled.setting("survey = {", 'usage = "usage.csv"\nsurvey = {')


def record(spoiled):
    outcome = recommend(read_study(spoiled.folder))
    found = plan_record(data_of(outcome, spoiled.folder / "out"))
    return {key: value for key, value in found.items() if key != "inputs"}


def test_the_plan_and_its_certificate_are_the_same(spoiled):
    with_usage(spoiled)
    before = recommend(read_study(spoiled.folder))
    first = record(spoiled)
    shuffle(spoiled, 7)
    after = recommend(read_study(spoiled.folder))
    assert record(spoiled) == first
    proofs = (before.plan.certificate, after.plan.certificate)
    assert proofs[0] is not None
    assert proofs[1] is not None
    assert proofs[0].to_bytes() == proofs[1].to_bytes()


def test_predicted_visits_are_the_same(tmp_path):
    file = write_doorstep(tmp_path)
    first = there(recommend(read_study(file)).plan.visits)
    for name in ("population", "stations", "usage"):
        frame = pd.read_csv(tmp_path / f"{name}.csv", dtype=str)
        frame.iloc[::-1].to_csv(tmp_path / f"{name}.csv", index=False)
    again = there(recommend(read_study(file)).plan.visits)
    pd.testing.assert_frame_equal(again.stations, first.stations)
    assert again.change_interval == first.change_interval


@pytest.mark.parametrize("seed", range(3))
def test_all_tables_are_the_same(spoiled, seed):
    with_usage(spoiled)
    before = read_tables(read_study(spoiled.folder))
    shuffle(spoiled, seed)
    after = read_tables(read_study(spoiled.folder))
    for name in ("population", "footfall"):
        pd.testing.assert_frame_equal(pd.DataFrame(getattr(after, name)), pd.DataFrame(getattr(before, name)))
    pd.testing.assert_frame_equal(pd.DataFrame(after.sites.table), pd.DataFrame(before.sites.table))
    for name in ("survey", "usage"):
        left, right = getattr(after, name), getattr(before, name)
        pd.testing.assert_frame_equal(left.reset_index(drop=True), right.reset_index(drop=True))


def test_stations_first_then_candidates_each_by_id(spoiled):
    with_usage(spoiled)
    shuffle(spoiled, 5)
    sites = read_tables(read_study(spoiled.folder)).sites
    names = list(sites.ids)
    assert names == sorted(names[:4]) + sorted(names[4:])
    assert sites.table["existing"].tolist() == [True] * 4 + [False] * (len(names) - 4)


def test_questionnaires_in_any_order_are_the_same_survey(spoiled):
    rng = np.random.default_rng(2)
    rows = [(str(rng.choice(["west-1", "east-1"])), str(rng.choice(["yes", "no"])), "no") for _ in range(40)]
    spoiled.write("survey", pd.DataFrame(rows, columns=["district", "heard", "used"]))
    before = prepare_inputs(read_study(spoiled.folder))
    spoiled.write("survey", spoiled.frame("survey").iloc[::-1])
    after = prepare_inputs(read_study(spoiled.folder))
    assert (after.demand.expected_use == before.demand.expected_use).all()
    assert after.notes == before.notes
