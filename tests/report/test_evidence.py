"""Who knows the service and what nobody counted: report and awareness.csv against the estimate."""

import csv
import io
from functools import partial

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from placement.demand import VirtualReliance, estimate_awareness, fill_counters, post_stratify, residents_by_group
from placement.errors import InputError
from placement.report import SurveyTables, render_files
from placement.report.evidence import aware, passers
from placement.report.html import report_html
from placement.report.tables import awareness_csv
from placement.report.terms import travel_mode
from placement.report.text import texts
from tests.report.conftest import CRS, HOSTILE, X0, Y0, make_data, make_demand
from tests.there import there

AREAS = [f"area{number}" for number in range(5)]


def survey(used=True, ages=("general", "elderly")):
    rows = [(area, age, 10 * place, 4 * place, 2 * place) for place, area in enumerate(AREAS) for age in ages]
    frame = pd.DataFrame(rows, columns=["district", "age_group", "asked", "aware", "used"])
    return frame if used else frame.drop(columns="used")


def tables(**kind):
    return SurveyTables.of(estimate_awareness(survey(**kind), districts=AREAS), make_demand())


def tables_of(frame, **more):
    return SurveyTables.of(estimate_awareness(frame, districts=AREAS), make_demand(), **more)


def test_residents_are_those_of_the_demand():
    demand = make_demand()
    people = residents_by_group(estimate_awareness(survey()), demand)
    here = (demand.points["district"] == "area3").to_numpy()
    assert people["area3", "elderly"] == pytest.approx(demand.people[here, 1].sum())
    assert people.sum() == pytest.approx(demand.people.sum(), rel=1e-12)
    # A survey that asked everybody alike speaks for all ages together.
    together = residents_by_group(estimate_awareness(survey(ages=("all",))), demand)
    assert together["area3", "all"] == pytest.approx(demand.people[here].sum())
    with pytest.raises(InputError, match=r"survey \[general\]: age group was not surveyed"):
        residents_by_group(estimate_awareness(survey(ages=("elderly",))), demand)


def test_the_city_is_the_mean_over_its_residents():
    awareness = estimate_awareness(survey(), districts=AREAS)
    people = residents_by_group(awareness, make_demand())
    share = (people / people.sum()).reindex(awareness.table.index)
    city = tables().city()
    assert city["mean"] == pytest.approx(float(share @ awareness.table["mean"]), abs=1e-6)
    assert city["used"] == pytest.approx(
        float(share @ (awareness.table["mean"] * there(awareness.uptake).table["mean"])), abs=1e-6
    )
    assert city["mean"] + city["never_heard"] == pytest.approx(1)
    assert "used" not in tables(used=False).city()


def test_levels_of_districts_add_up_and_agree_with_awareness():
    awareness = estimate_awareness(survey(), districts=AREAS)
    table = post_stratify(awareness, residents_by_group(awareness, make_demand()))
    assert table[["used", "aware_not_used", "never_heard"]].sum(axis=1).to_numpy() == pytest.approx(np.ones(6))
    assert table["never_heard"].to_numpy() == pytest.approx((1 - table["mean"]).to_numpy())
    assert table["never_heard_low"].to_numpy() == pytest.approx((1 - table["high"]).to_numpy())
    assert (table["used_low"] < table["used"]).all()


def test_the_csv_holds_every_row_of_the_estimate():
    found = tables()
    rows = list(csv.DictReader(io.StringIO(awareness_csv(found.rows, simulated=["survey"]).decode("utf-8-sig"))))
    assert [(row["district"], row["age_group"]) for row in rows] == list(found.rows.index)
    for row, (_, expected) in zip(rows, found.rows.iterrows(), strict=True):
        assert int(row["asked"]) == expected["asked"]
        for name in found.rows.columns.drop("asked"):
            assert (
                (row[name] == "")
                if np.isnan(expected[name])
                else float(row[name]) == pytest.approx(expected[name], abs=5e-5)
            )
    assert [row["basis"] for row in rows[:3]] == ["simulated survey: nobody asked here"] * 2 + ["simulated survey"]
    plain = awareness_csv(tables(used=False).rows, simulated=[]).decode("utf-8-sig").splitlines()
    never = "never_heard,never_heard_low,never_heard_high"
    assert plain[0] == f"district,age_group,asked,raw,mean,low,high,{never},basis"
    assert plain[3].endswith(",survey")
    hostile = found.rows.rename(index={"area1": "=1+1"})
    assert "survey, simulated covariates" in awareness_csv(hostile, simulated=["covariates"]).decode()
    assert "'=1+1,general" in awareness_csv(hostile, simulated=["covariates"]).decode()


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_report_lists_the_least_aware_first(language):
    data = make_data(language=language, awareness=tables(), simulated=("survey",))
    shown = aware(data, texts(language))
    expected = data.awareness.districts.iloc[:-1].sort_values("mean")
    assert [row.name for row in there(shown).rows] == list(expected.index)
    assert [row.mean for row in there(shown).rows] == expected["mean"].tolist()
    assert {row.name: row.asked for row in there(shown).rows} == {f"area{place}": str(20 * place) for place in range(5)}
    page = report_html(data).decode()
    city = data.awareness.city()
    assert texts(language)["aware"] in page
    for share in (city["mean"], city["never_heard"], city["used"]):
        assert f"{share:.1%}" in page
    assert f'{texts(language)["aware"]} <span class="chip">{texts(language)["simulated"]}' in page
    assert render_files(data)["awareness.csv"] == awareness_csv(data.awareness.rows, simulated=["survey"])


def test_rows_agree_with_themselves_and_equal_data_give_equal_intervals():
    frame = survey()
    same = frame[frame["district"] == "area2"].assign(district="area4")
    rows = tables_of(pd.concat([frame[frame["district"] != "area4"], same])).rows
    for row in (rows, tables(used=False).rows):
        for complement, name in (("never_heard", "mean"), ("never_heard_low", "high"), ("never_heard_high", "low")):
            assert (row[complement] + row[name]).to_numpy() == pytest.approx(np.ones(len(row)), abs=1e-12)
    for age in ("general", "elderly"):
        assert rows.loc[("area2", age)].tolist() == rows.loc[("area4", age)].tolist()
    assert (rows["used_low"] <= rows["used"]).all()
    assert (rows["used"] <= rows["used_high"]).all()
    assert not rows.loc[("area1", "general")].equals(rows.loc[("area2", "general")])


@pytest.mark.parametrize("language", ["en", "zh"])
def test_an_uptake_of_the_study_replaces_the_surveys(language):
    found = tables_of(survey(), uptake={"general": 0.123})
    text = texts(language)
    page = report_html(make_data(language=language, awareness=found)).decode()
    assert "12.3%" in page
    assert text["column.uses"] not in page
    assert text["column.uses"] in report_html(make_data(language=language, awareness=tables())).decode()
    assert "used" not in found.city()


@pytest.mark.parametrize("name", ["survey", "covariates", "population"])
def test_simulated_where_any_of_its_inputs_is(name):
    shown = aware(make_data(awareness=tables(), simulated=(name,)), texts("en"))
    assert there(shown).simulated
    assert not there(aware(make_data(awareness=tables(), simulated=("stations",)), texts("en"))).simulated


def test_the_note_says_what_small_samples_lean_on():
    plain, leaning = (
        SurveyTables(rows=tables().rows, districts=tables().districts, covariates=c) for c in ((), ("x",))
    )
    assert "leans on the city" in there(aware(make_data(awareness=plain), texts("en"))).note
    assert "leans on districts of like x" in there(aware(make_data(awareness=leaning), texts("en"))).note


def test_notes_on_the_inputs_stand_in_the_report():
    page = report_html(make_data(notes=("survey: 3 questionnaires left out: no <district>",))).decode()
    assert "Notes on the inputs" in page
    assert "left out: no &lt;district&gt;" in page
    assert "Notes on the inputs" not in report_html(make_data()).decode()


def test_without_used_or_without_a_survey_nothing_is_claimed():
    page = report_html(make_data(awareness=tables(used=False))).decode()
    text = texts("en")
    assert text["aware"] in page
    assert text["column.uses"] not in page
    assert "do not use it" not in page
    bare = make_data()
    assert text["aware"] not in report_html(bare).decode()
    assert "awareness.csv" not in render_files(bare)


def test_hostile_districts_stay_text():
    found = tables()
    names = dict(zip(AREAS, HOSTILE, strict=False))
    hostile = SurveyTables(rows=found.rows.rename(index=names), districts=found.districts.rename(index=names))
    page = report_html(make_data(awareness=hostile)).decode()
    assert "<script>alert(1)" not in page
    assert "&lt;script&gt;alert(1)" in page


@pytest.mark.parametrize("language", ["en", "zh"])
def test_interpolated_foot_traffic_says_its_error(language):
    rng = np.random.default_rng(0)
    xy = rng.uniform(0, 3000, (12, 2)) + np.array([X0, Y0])
    counters = gpd.GeoDataFrame(
        {"people_per_day": np.exp(rng.normal(8, 1, 12))}, geometry=gpd.points_from_xy(*xy.T), crs=CRS
    )
    points = gpd.GeoDataFrame(geometry=gpd.points_from_xy(X0 + np.arange(9000, 12000, 200), [Y0] * 15), crs=CRS)
    filled = fill_counters(counters, points, bandwidth_m=300)
    text = texts(language)
    shown = passers(make_data(filled=filled, simulated=("footfall_counts",)), text)
    table = filled.counters
    share = table.loc[table["interpolated"], "people_per_day"].sum() / table["people_per_day"].sum()
    for number in (str(table["interpolated"].sum()), f"{share:.1%}", f"{filled.scores['median_factor']:.2f}"):
        assert number in there(shown).says
    assert there(shown).warning == text["passers.no_better"]
    page = report_html(make_data(language=language, filled=filled)).decode()
    assert there(shown).says in page
    assert there(shown).warning in page
    assert passers(make_data(), text) is None
    rests = partial(VirtualReliance, points=15, without=4, of_passers=0.5)
    told = passers(make_data(filled=filled, reliance=rests(of_need=0.25)), text)
    assert "25.0%" in there(told).rests
    assert passers(make_data(filled=filled, reliance=rests(of_need=0.0)), text) is None
    everywhere = fill_counters(counters, counters, bandwidth_m=300)
    assert passers(make_data(filled=everywhere), text) is None


def test_straight_lines_are_said_in_both_languages():
    assert travel_mode(make_data(travel_mode="straight line x 1.3"), texts("en")) == "straight line x 1.3"
    assert travel_mode(make_data(travel_mode="straight line x 1.3"), texts("zh")) == "直线距离 × 1.3"
