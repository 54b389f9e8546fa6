"""Many studies side by side: one bad one does not stop the others."""

from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import replace

import pytest

from placement.batch import recommend_many
from placement.errors import InputError
from placement.toy import write_study
from placement.verify import verify_folder


def test_each_study_gets_its_folder_and_its_row(tmp_path):
    good = write_study(tmp_path / "north", seed=5)
    tight = write_study(tmp_path / "south", seed=6, max_stations=0)
    missing = tmp_path / "nowhere" / "study.toml"
    with ThreadPoolExecutor(1) as pool:
        table = recommend_many([good, tight.parent, missing], tmp_path / "out", executor=pool)
    assert table["status"].tolist() == ["optimal", "infeasible", "bad_input"]
    assert table["gap"].tolist()[0] == 0
    assert verify_folder(tmp_path / "out" / "north").confirmed
    assert not (tmp_path / "out" / "south").exists()
    assert "cannot be read" in table["message"][2]


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
    from placement import pipeline

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

        def submit(self, *_arguments):
            self.futures.append(Future())
            self.futures[0].set_exception(KeyboardInterrupt()) if len(self.futures) == 1 else None
            return self.futures[-1]

    pool = Pressed()
    with pytest.raises(KeyboardInterrupt):
        recommend_many([tmp_path / "a", tmp_path / "b", tmp_path / "c"], tmp_path / "out", executor=pool)
    assert [future.cancelled() for future in pool.futures] == [False, True, True]
