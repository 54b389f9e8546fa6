"""The small inputs of ../shared/data/faults that concern tables and study files, with their right values."""

import shutil
from pathlib import Path

import pytest

from placement.errors import InputError
from placement.pipeline.prepare import open_study, prepare_inputs
from placement.pipeline.recommend import recommend
from placement.study import read_study

FOLDER = Path(__file__).resolve().parents[1] / "../shared/data/faults"
pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason="../shared/data/faults is not beside this repository")


def faults_of(name):
    with pytest.raises(InputError) as caught:
        prepare_inputs(open_study(FOLDER / name))
    return [str(fault) for fault in caught.value.faults]


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ("07_usage_row", "usage [row 3: S1, 2024-02]: transactions is blank -> fill it in"),
        ("08_xlsx_two_sheets", "population: population.xlsx has the sheets 2015, 2020 -> name one: population = {path"),
        ("18_usage_dup", "usage [row 14: S00, 2025-03]: site_id and month stand in row 4 already -> keep one row"),
        (
            "21_elderly_share",
            "population [D000]: elderly is at most 1 everywhere (0.18 of 205 people): are these shares?",
        ),
        ("30_open_quote", "candidates [row 3]: a quote opens here and never closes -> close the quote"),
    ],
)
def test_refused(name, fault):
    (found,) = faults_of(name)
    assert found.startswith(fault)


@pytest.mark.parametrize(
    ("name", "before", "after", "pairs"),
    [
        ("05_gcj02_csv", 0.144, 0.346, 41),
        ("05_gcj02_geojson", 0.144, 0.346, 41),
        ("09_capital_headers", 0.137, 0.339, 41),
        ("16_services_array", 0.144, 0.346, 41),
    ],
)
def test_read(name, before, after, pairs):
    outcome = recommend(read_study(FOLDER / name))
    plan = outcome.plan
    assert (round(plan.before.total.share, 3), round(plan.after.total.share, 3)) == (before, after)
    assert outcome.case.prepared.times.n_pairs == pairs


def test_names_in_another_unicode_form():
    ready = prepare_inputs(read_study(FOLDER / "11_nfd"))
    assert ready.notes[0].startswith("survey: district is read in one spelling")


@pytest.mark.parametrize(
    "name", ["01_study_name/my_study.toml", "01b_two_studies/a.toml", "01b_two_studies/study.toml"]
)
def test_any_file_name(name, tmp_path):
    shutil.copytree((FOLDER / name).parent, tmp_path / "study")
    study = read_study(tmp_path / "study" / Path(name).name)
    assert recommend(study).plan.status == "optimal"
