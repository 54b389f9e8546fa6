"""One error lists what is wrong with study.toml, the tables and the streets, so that a planner mends them once."""

import pytest

from placement.errors import InputError
from placement.pipeline.prepare import open_study, prepare_inputs, read_inputs
from placement.study import read_study
from tests.conftest import REPOSITORY


def faults_of(call, *arguments):
    with pytest.raises(InputError) as caught:
        call(*arguments)
    return [str(fault) for fault in caught.value.faults]


def spoil_tables(spoiled):
    spoiled.cell("population", 0, "people", "-3")
    spoiled.cell("stations", 1, "opens", "8h")
    edges = spoiled.frame("edges")
    edges.loc[0, "length_m"] = "-5"
    spoiled.write("edges", edges)


TABLES = [
    "population [D000]: people is below 0 ('-3') -> must be 0 or more",
    "stations [S01]: opens is not a time ('8h') -> write HH:MM, e.g. 08:30 or 24:00",
]


def test_tables_and_streets(spoiled):
    spoil_tables(spoiled)
    faults = faults_of(prepare_inputs, read_study(spoiled.folder))
    assert set(TABLES) <= set(faults)
    assert "street edges [n0-n1]: length_m is -5 -> lengths must be 0 or more" in faults
    assert faults == faults_of(read_inputs, read_study(spoiled.folder))


def test_study_tables_and_streets(spoiled):
    spoil_tables(spoiled)
    spoiled.setting("max_moves = 3", "max_mvoes = 3")
    spoiled.setting("general = 1.3", "general = -1.3")
    spoiled.setting("capital = 150000", "capital = 0.001")
    faults = faults_of(open_study, spoiled.folder)
    assert [fault.split(":")[0] for fault in faults[:3]] == [
        "study.toml [travel.speed_m_s.general]",
        "study.toml [budget.capital]",
        "study.toml [policy.max_mvoes]",
    ]
    assert set(TABLES) <= set(faults)
    assert "street edges [n0-n1]: length_m is -5 -> lengths must be 0 or more" in faults
    assert len(faults) == len(set(faults))


def test_a_contradiction_between_sections_does_not_hide_the_tables(spoiled):
    spoil_tables(spoiled)
    spoiled.setting("elderly = 0.9", "pensioners = 0.9")
    faults = faults_of(open_study, spoiled.folder)
    assert "travel.speed_m_s lacks: elderly" in faults[0]
    assert set(TABLES) <= set(faults)


def test_a_missing_file_is_named_once_and_hides_nothing(spoiled):
    spoil_tables(spoiled)
    (spoiled.folder / "survey.csv").unlink()
    (spoiled.folder / "nodes.csv").unlink()
    faults = faults_of(open_study, spoiled.folder)
    assert [fault.split(" ->")[0] for fault in faults if "survey" in fault or "nodes" in fault] == [
        "study.toml [inputs.survey]: survey.csv does not exist",
        "study.toml [inputs.streets_nodes]: nodes.csv does not exist",
    ]
    assert set(TABLES) <= set(faults)


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("need_share = 0.5", "need_share = 5"),
        ('name = "Toy town"', ""),
        ('survey = {path = "survey.csv"', 'survey = {pth = "s"'),
    ],
)
def test_where_tables_cannot_be_judged_only_the_study_is(spoiled, right, wrong):
    spoil_tables(spoiled)
    spoiled.setting(right, wrong)
    assert all(fault.startswith("study.toml") for fault in faults_of(open_study, spoiled.folder))


def test_a_good_study_is_opened_as_it_is():
    study = REPOSITORY / "data" / "sf" / "study.toml"
    assert open_study(study) == read_study(study)
