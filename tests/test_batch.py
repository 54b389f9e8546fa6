"""Many studies side by side: one bad one does not stop the others."""

from concurrent.futures import ThreadPoolExecutor

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
