"""`[solve.engine]`: numbers of the engine in a study, which only experts may change."""

import pytest
from click.testing import CliRunner

from placement.cli import main
from placement.errors import InputError
from placement.pipeline.engine import study_engine
from placement.solve.settings import DEFAULTS, EngineSettings
from placement.study import overrides_of, read_study
from placement.toy import write_study

NUMBERS = "\n[solve.engine.plans]\nepochs = 8\nalike = 0.5\ncycle_heats = [0.1, 0.2]\n"


@pytest.fixture
def study_file(tmp_path):
    write_study(tmp_path / "toy", seed=1)
    return tmp_path / "toy" / "study.toml"


def said_by(study_file, expert, numbers):
    """Write numbers into the study, and return it."""
    text = study_file.read_text(encoding="utf-8")
    head = "[solve]\n" + ("expert = true\n" if expert else "")
    text = text.replace("[solve]\n", head) if "[solve]\n" in text else f"{text}\n{head}"
    study_file.write_text(text + numbers, encoding="utf-8")


def test_a_study_says_nothing_about_the_engine_by_default(study_file):
    assert study_engine(read_study(study_file)) == DEFAULTS


def test_experts_change_numbers_of_the_engine(study_file):
    said_by(study_file, True, NUMBERS)
    study = read_study(study_file)
    asked = {"plans": {"epochs": 8, "alike": 0.5, "cycle_heats": (0.1, 0.2)}}
    assert study_engine(study) == EngineSettings.of(asked)
    assert not overrides_of(study)
    other = study.with_settings({"solve.engine": {"tree": {"at_once": 1}}})
    assert study_engine(other).tree.at_once == 1
    assert [each.key for each in overrides_of(other)] == ["solve.engine"]
    assert overrides_of(other)[0].study == {"plans": {"epochs": 8, "alike": 0.5, "cycle_heats": (0.1, 0.2)}}


def test_others_are_told_what_to_do(study_file):
    said_by(study_file, False, NUMBERS)
    with pytest.raises(InputError, match=r"remove it, or add expert = true to \[solve\]"):
        read_study(study_file)


@pytest.mark.parametrize(
    ("numbers", "said"),
    [
        ("\n[solve.engine]\nplans = 3\n", "solve.engine]: must be tables of numbers"),
        ('\n[solve.engine.plans]\nepochs = "8"\n', "solve.engine]: must be a number, without quotes"),
    ],
)
def test_what_is_no_table_of_numbers_is_refused_with_the_study(study_file, numbers, said):
    said_by(study_file, True, numbers)
    with pytest.raises(InputError) as error:
        read_study(study_file)
    assert said in str(error.value)


def test_check_tells_every_number_that_the_engine_has_not(study_file):
    said_by(study_file, True, "\n[solve.engine.plans]\nepoch = 8\nalike = 1.5\n[solve.engine.trees]\nat_once = 1\n")
    done = CliRunner().invoke(main, ["check", str(study_file)])
    assert done.exit_code == 2
    for line in (
        "study.toml [solve.engine.plans.epoch]: no such number -> did you mean epochs?",
        "study.toml [solve.engine.plans.alike]: alike is 1.5 -> use a number, at least 0 and at most 1",
        "study.toml [solve.engine.trees]: no such group -> did you mean tree?",
    ):
        assert line in done.output + done.stderr
