"""Many studies side by side: one bad one does not stop the others."""

import multiprocessing
import os
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pandas as pd
import pytest

from placement import batch
from placement.batch import BatchRow, recommend_many
from placement.errors import InputError
from placement.judge import verify
from placement.report import read_plan
from placement.toy import write_study
from tests.doorstep import write_doorstep
from tests.poisoned import poisoned


def test_each_study_gets_its_folder_and_its_row(tmp_path):
    good = write_study(tmp_path / "north", seed=5)
    tight = write_study(tmp_path / "south", seed=6, max_stations=0)
    missing = tmp_path / "nowhere" / "study.toml"
    with ThreadPoolExecutor(1) as pool:
        table = recommend_many([good, tight.parent, missing], tmp_path / "out", executor=pool)
    assert table["status"].tolist() == ["optimal", "infeasible", "bad_input"]
    assert table["gap"].tolist()[0] == 0
    assert table[["visits_weight", "visits_before", "change_low", "idle_after"]].isna().all(axis=None)
    assert verify(tmp_path / "out" / "north").confirmed
    assert not (tmp_path / "out" / "south").exists()
    proof = tmp_path / "out" / "south.infeasible"
    assert table["message"][1].endswith(f"; the proof is in {proof}")
    assert verify(proof).confirmed
    assert "cannot be read" in table["message"][2]


def test_a_row_tells_both_goods_of_its_plan(tmp_path):
    """Row and file are two ways to the same figures; where nothing is predicted the row says nothing."""
    write_doorstep(tmp_path / "town")
    with ThreadPoolExecutor(1) as pool:
        table = recommend_many([tmp_path / "town"], tmp_path / "out", executor=pool)
    row, plan = table.iloc[0], read_plan(tmp_path / "out" / "town" / "plan.json")
    for when in ("before", "after"):
        total = plan["coverage"][when]["total"]
        assert row[f"coverage_{when}"] == pytest.approx(total["covered"] / total["all"])
    visits, change = plan["visits"], plan["visits"]["change"]
    assert (row["maximised"], row["objective"]) == ("coverage", plan["objective"])
    assert row["visits_weight"] == float(Fraction(plan["valued"]["weight"]))
    assert [row[f"visits_{name}"] for name in ("before", "after", "change")] == [
        visits[name]["expected"] for name in ("before", "after", "change")
    ]
    assert [row["change_low"], row["change_high"]] == [change["low"], change["high"]]
    assert [row["idle_before"], row["idle_after"]] == [visits["idle"]["before"], visits["idle"]["after"]]
    assert row["idle_before"] > 0
    written = pd.read_csv(tmp_path / "out" / "batch.csv", keep_default_na=False, na_values=[""])
    assert written.columns.tolist() == row.index.tolist()
    assert written["visits_after"].tolist() == table["visits_after"].tolist()


def test_a_proof_takes_no_other_study_s_folder(tmp_path):
    with pytest.raises(InputError, match="two studies would write to"):
        recommend_many([tmp_path / "town", tmp_path / "town.infeasible"], tmp_path / "out")


def test_default_pool_gives_the_same_plan(tmp_path):
    study = write_study(tmp_path / "town", seed=5)
    alone = recommend_many([study], tmp_path / "a", workers=1)
    with ThreadPoolExecutor(1) as pool:
        again = recommend_many([study], tmp_path / "b", executor=pool)
    assert alone["objective"].tolist() == again["objective"].tolist()
    first, second = ((tmp_path / side / "town" / "plan.json").read_bytes() for side in "ab")
    assert first == second


def test_two_studies_cannot_share_a_folder(tmp_path):
    with pytest.raises(InputError, match="two studies would write to"):
        recommend_many([tmp_path / "x" / "town", tmp_path / "y" / "town" / "study.toml"], tmp_path / "out")


def test_an_interrupted_study_says_so(tmp_path, monkeypatch):
    from placement.pipeline import recommend as pipeline

    real = pipeline.recommend

    def cut_short(study):
        outcome = real(study)
        return replace(outcome, plan=replace(outcome.plan, interrupted=True))

    monkeypatch.setattr(pipeline, "recommend", cut_short)
    with ThreadPoolExecutor(1) as pool:
        table = recommend_many([write_study(tmp_path / "town", seed=5)], tmp_path / "out", executor=pool)
    assert table["message"].tolist() == ["interrupted: the best plan until then"]


def test_ctrl_c_drops_the_studies_that_have_not_begun(tmp_path):
    class Pressed(Executor):
        def __init__(self):
            self.futures = []

        def submit(self, *_arguments, **_options):
            self.futures.append(Future())
            self.futures[0].set_exception(KeyboardInterrupt()) if len(self.futures) == 1 else None
            return self.futures[-1]

    pool = Pressed()
    with pytest.raises(KeyboardInterrupt):
        recommend_many([tmp_path / "a", tmp_path / "b", tmp_path / "c"], tmp_path / "out", executor=pool)
    assert [future.cancelled() for future in pool.futures] == [False, True, True]


def test_a_study_is_called_as_its_file_where_that_has_a_name(tmp_path):
    paths = [tmp_path / "town" / "study.toml", tmp_path / "town" / "dear.toml", tmp_path / "town.v2"]
    paths[2].mkdir()
    assert [batch._name(path) for path in paths] == ["town", "town-dear", "town.v2"]


NAMES = ["a", "killed", "b", "defect", "c", "gone", "exits", "memory", "crashed", "recursion", "d", "unpicklable"]


@pytest.mark.parametrize("given", [None, "processes", "threads"])
def test_whatever_happens_to_a_study_costs_its_own_row(tmp_path, monkeypatch, given):
    monkeypatch.setattr(batch, "_run", poisoned)
    names = [name for name in NAMES if given != "threads" or name not in {"killed", "gone", "crashed"}]
    studies = [tmp_path / name for name in names]
    if given is None:
        table = recommend_many(studies, tmp_path / "out")
    else:
        spawn = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(2, mp_context=spawn) if given == "processes" else ThreadPoolExecutor(2) as pool:
            table = recommend_many(studies, tmp_path / "out", executor=pool)
    status = dict(zip(names, table["status"], strict=True))
    assert list(status) == [Path(study).name for study in table["study"]]
    assert {name for name, how in status.items() if how == "optimal"} == {"a", "b", "c", "d"}
    assert {how for name, how in status.items() if len(name) > 1} == {"failed"}
    said = dict(zip(names, table["message"], strict=True))
    assert said["defect"] == r"a defect of placement: RuntimeError: bell \x07; please report it"
    if given != "threads":
        assert all(said[name].startswith("its process died") for name in ("killed", "gone", "crashed"))
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["batch.csv"]
    written = pd.read_csv(tmp_path / "out" / "batch.csv", keep_default_na=False, dtype=str)
    assert written["status"].tolist() == table["status"].tolist()
    assert written["message"].tolist() == table["message"].tolist()


def test_the_table_is_written_as_studies_end(tmp_path, monkeypatch):
    seen = []
    monkeypatch.setattr(batch, "_run", poisoned)
    real = batch._replace_table

    def noted(file, table):
        real(file, table)
        seen.append([Path(study).name for study in pd.read_csv(file)["study"]])

    monkeypatch.setattr(batch, "_replace_table", noted)
    with ThreadPoolExecutor(1) as pool:
        recommend_many([tmp_path / name for name in "cab"], tmp_path / "out", executor=pool)
    assert seen == [["c"], ["c", "a"], ["c", "a", "b"]]


def test_a_table_that_cannot_be_written_costs_nothing_else(tmp_path, monkeypatch, caplog):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(batch, "_run", poisoned)
    monkeypatch.setattr(os, "fsync", full)
    with ThreadPoolExecutor(1) as pool:
        table = recommend_many([tmp_path / "a"], tmp_path / "out", executor=pool)
    assert table["status"].tolist() == ["optimal"]
    assert "cannot be written: [Errno 28] No space left on device" in caplog.text
    assert not list((tmp_path / "out").iterdir())


@pytest.mark.parametrize("kind", ["file", "link", "folder"])
def test_another_file_is_not_taken_for_the_table(tmp_path, monkeypatch, kind):
    monkeypatch.setattr(batch, "_run", poisoned)
    file = tmp_path / "out" / "batch.csv"
    file.parent.mkdir()
    if kind == "file":
        file.write_text("batch,grade\n1,A\n")
    elif kind == "link":
        (tmp_path / "victim").write_text(",".join(BatchRow.__dataclass_fields__) + "\n")
        file.symlink_to(tmp_path / "victim")
    else:
        file.mkdir()
    with pytest.raises(InputError, match="is not a table of an earlier batch"):
        recommend_many([tmp_path / "a"], tmp_path / "out")


def test_a_table_of_an_earlier_batch_is_replaced(tmp_path, monkeypatch):
    monkeypatch.setattr(batch, "_run", poisoned)
    for names in ("ab", "c"):
        with ThreadPoolExecutor(1) as pool:
            recommend_many([tmp_path / name for name in names], tmp_path / "out", executor=pool)
    assert [Path(study).name for study in pd.read_csv(tmp_path / "out" / "batch.csv")["study"]] == ["c"]


def test_ctrl_c_keeps_the_rows_of_the_studies_that_have_ended(tmp_path, monkeypatch):
    def pressed(study, folder, **_options):
        if Path(study).name == "b":
            raise KeyboardInterrupt
        return poisoned(study, folder)

    monkeypatch.setattr(batch, "_run", pressed)
    with ThreadPoolExecutor(1) as pool, pytest.raises(KeyboardInterrupt):
        recommend_many([tmp_path / name for name in "abcd"], tmp_path / "out", executor=pool)
    assert "a" in [Path(study).name for study in pd.read_csv(tmp_path / "out" / "batch.csv")["study"]]
