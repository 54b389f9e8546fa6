"""One travel table in all the forms that people and routers write: the same times, or a fault that says what to add."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from placement.errors import InputError
from placement.judge import verify
from placement.pipeline.prepare import prepare_inputs
from placement.pipeline.recommend import recommend
from placement.study import read_study
from tests.there import whole_times
from tests.written import write_outcome

LONG_NAMES = [("demand_id", "site_id"), ("from_id", "to_id"), ("fromId", "toId"), ("origin_id", "destination_id")]
FACTOR = {"seconds": 1, "minutes": 60, "hours": 3600}
STUDY = """
[study]
name = "Table town"
crs = "EPSG:32650"
[inputs]
population = "population.csv"
candidates = "candidates.csv"
travel = {travel}
[demand]
need_share = 1
trips_per_month = {{general = 1}}
[travel]
threshold_min = 15
{more}
[costs.default]
purchase = 1
move = 1
close = 1
rent = 1
maintenance = 1
[policy]
max_stations = 1
"""
SECONDS = pd.DataFrame(
    {"C1": [300.0, 899.0, np.nan, 1200.0], "C2": [1500.0, 901.0, 600.0, np.nan], "C3": [np.nan, np.nan, np.nan, 30.0]},
    index=["a", "b", "c", "d"],
)


@pytest.fixture
def town(tmp_path):
    """Four points and three sites some hundred metres apart."""

    def write(frame, travel='"travel.csv"', more="", **options):
        places = pd.DataFrame({"lon": [117.0, 117.005, 117.01, 117.015], "lat": 30.55})
        places.assign(demand_id=list("abcd"), people=[10, 20, 40, 80]).to_csv(tmp_path / "population.csv", index=False)
        sites = pd.DataFrame({"site_id": ["C1", "C2", "C3"], "lon": [117.003, 117.008, 117.0148], "lat": 30.551})
        sites.to_csv(tmp_path / "candidates.csv", index=False)
        frame.to_csv(tmp_path / "travel.csv", index=False, **options)
        (tmp_path / "study.toml").write_text(STUDY.format(travel=travel, more=more), encoding="utf-8")
        return tmp_path

    return write


def long(unit="seconds", names=("demand_id", "site_id"), measure=None, *, keep=False):
    table = SECONDS.rename_axis(names[0]).reset_index().melt(names[0], var_name=names[1], value_name=measure or unit)
    table[measure or unit] /= FACTOR[unit]
    return table if keep else table.dropna()


def covered(folder):
    return whole_times(prepare_inputs(read_study(folder)).times).within(900).toarray().tolist()


EXPECTED = [[True, False, False], [True, False, False], [False, True, False], [False, False, True]]


@pytest.mark.parametrize("names", LONG_NAMES)
@pytest.mark.parametrize("unit", list(FACTOR))
def test_long_tables_of_any_unit(town, names, unit):
    assert covered(town(long(unit, names))) == EXPECTED


@pytest.mark.parametrize(("names", "measure"), [(LONG_NAMES[1], "travel_time"), (LONG_NAMES[1], "travel_time_p50"),
                                                (LONG_NAMES[2], "travel_time")])  # fmt: skip
def test_tables_of_r5_are_minutes(town, names, measure):
    assert covered(town(long("minutes", names, measure))) == EXPECTED


@pytest.mark.parametrize("measure", ["time", "duration", "durations", "travel_time", "cost"])
@pytest.mark.parametrize("unit", list(FACTOR))
def test_names_without_a_unit_need_one(town, measure, unit):
    folder = town(long(unit, measure=measure))
    with pytest.raises(InputError, match=f"column {measure} does not tell its unit -> say it: travel = "):
        read_and_prepare(folder)
    folder = town(long(unit, measure=measure), f'{{path = "travel.csv", unit = "{unit}"}}')
    assert covered(folder) == EXPECTED


def change(folder, old, new):
    text = (folder / "study.toml").read_text(encoding="utf-8")
    assert old in text
    (folder / "study.toml").write_text(text.replace(old, new), encoding="utf-8")


def read_and_prepare(folder):
    return prepare_inputs(read_study(folder))


@pytest.mark.parametrize("unit", list(FACTOR))
def test_wide_matrices(town, unit):
    wide = (SECONDS / FACTOR[unit]).rename_axis("anything").reset_index()
    folder = town(wide, f'{{path = "travel.csv", wide = true, unit = "{unit}"}}')
    assert covered(folder) == EXPECTED
    with pytest.raises(InputError, match=r"does not say what its numbers are -> write travel = \{path"):
        read_and_prepare(town(wide, '{path = "travel.csv", wide = true}'))
    with pytest.raises(InputError, match="with a column a site say wide = true"):
        read_and_prepare(town(wide))


def test_lengths_need_a_speed_where_minutes_are_asked(town):
    km = long("seconds", measure="km").assign(km=lambda frame: frame["km"] * 1.3 / 1000)
    with pytest.raises(InputError, match=r"travel: holds km, and travel\.speed_m_s lacks general"):
        read_and_prepare(town(km))
    ready = read_and_prepare(town(km, more="speed_m_s = {general = 1.3}"))
    assert ready.times.within(900, 1.3).toarray().tolist() == EXPECTED
    with pytest.raises(InputError, match="holds km, from which driving times do not follow"):
        read_and_prepare(town(km, more='mode = "driving"'))
    folder = town(long())
    change(folder, "threshold_min = 15", "threshold_m = 500")
    with pytest.raises(InputError, match=r"holds seconds, but travel\.threshold_m asks for lengths"):
        read_and_prepare(folder)


def test_a_driving_table_needs_no_speed_and_is_called_so(town, tmp_path):
    fast = long().assign(seconds=lambda frame: frame["seconds"] / 10)
    folder = town(fast, more='mode = "driving"')
    ready = read_and_prepare(folder)
    assert ready.times.mode == "driving by a given matrix (seconds)"
    with pytest.raises(InputError, match=r"travel\.street_speed_m_s is for streets"):
        read_study(town(fast, more='mode = "driving"\nstreet_speed_m_s = {"*" = 9.0}'))


UNREACHED = ["", "NaN", "nan", "inf", "NA", "null", "None", "-1", "-1.0", "2147483647"]


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(words=st.lists(st.sampled_from(UNREACHED), min_size=5, max_size=5), dropped=st.sets(st.integers(0, 4)))
def test_no_way_is_written_in_many_words_and_counted(town, words, dropped):
    table = long(keep=True).astype({"seconds": object}).reset_index(drop=True)
    lost = table.index[table["seconds"].isna()]
    table.loc[lost, "seconds"] = words
    table = table.drop(index=[lost[place] for place in dropped])
    ready = read_and_prepare(town(table))
    assert ready.times.within(900).toarray().tolist() == EXPECTED
    without = f", {5 - len(dropped)} without a number" if len(dropped) < 5 else ""
    assert f"travel: 5 of 12 pairs are out of reach: {len(dropped)} without a row{without}" in ready.notes


def test_points_and_sites_that_reach_nothing_are_told_not_refused(town):
    ready = read_and_prepare(town(long().query("demand_id != 'd' and site_id != 'C3'")))
    assert "travel: no site is reached from 1 demand point: d" in ready.notes
    assert "travel: nobody reaches 1 site: C3" in ready.notes


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (("a", "C1", "7"), r"travel \[row 9: a to C1\]: the pair is repeated"),
        (("c", "C1", "-7"), r"travel \[row 9: c to C1\]: seconds is -7, below 0"),
        (("c", "C1", "soon"), r"travel \[row 9: c to C1\]: seconds is 'soon'"),
        (("c", "C1", "1e12"), r"travel \[row 9: c to C1\]: seconds is 1e12: beyond any city"),
        (("e", "C1", "7"), r"travel \[row 9\]: demand_id e is not in population"),
        (("c", "C9", "7"), r"travel \[row 9\]: site_id C9 is not in stations and candidates"),
    ],
)
def test_bad_rows_are_named_by_their_line(town, row, words):
    table = long().astype({"seconds": object})
    table.loc[99] = row
    with pytest.raises(InputError, match=words):
        read_and_prepare(town(table))


@pytest.mark.parametrize("column", ["demand_id", "site_id"])
def test_a_table_without_an_end(town, column):
    with pytest.raises(
        InputError, match=f"travel: column {column} is missing -> add it; with a column a site say wide"
    ):
        read_and_prepare(town(long().rename(columns={column: "whatever"})))


def test_two_measures_or_a_unit_that_denies_the_column(town):
    with pytest.raises(InputError, match="the table has both metres and seconds"):
        read_and_prepare(town(long().assign(metres=5)))
    both = long("minutes", LONG_NAMES[1], "travel_time_p50").assign(travel_time_p75=9)
    with pytest.raises(
        InputError, match=r'both travel_time_p50 and travel_time_p75 -> .* columns = \{minutes = "travel_'
    ):
        read_and_prepare(town(both))
    assert covered(town(both, '{path = "travel.csv", columns = {minutes = "travel_time_p50"}}')) == EXPECTED
    with pytest.raises(InputError, match="column seconds holds seconds, but unit says minutes"):
        read_and_prepare(town(long(), '{path = "travel.csv", unit = "minutes"}'))
    folder = town(long())
    change(folder, '"candidates.csv"', '{path = "candidates.csv", wide = true}')
    with pytest.raises(InputError, match="candidates has no wide"):
        read_study(folder)


@pytest.mark.parametrize(("factor", "words"), [(1 / 600, "are they minutes?"), (60, "are they seconds?")])
def test_times_of_another_unit_are_seen_by_the_straight_line(town, factor, words):
    with pytest.raises(InputError, match=rf"m/s in a straight line: these cannot be its units -> {words}"):
        read_and_prepare(town(long().assign(seconds=lambda frame: frame["seconds"] * factor)))


@pytest.mark.parametrize(("factor", "words"), [(1 / 1000, "are they km?"), (1000, "are they metres?")])
def test_lengths_of_another_unit_are_seen_by_the_straight_line(town, factor, words):
    metres = long("seconds", measure="metres").assign(metres=lambda frame: frame["metres"] * 1.3 * factor)
    with pytest.raises(InputError, match=words.replace("?", r"\?")):
        read_and_prepare(town(metres, more="speed_m_s = {general = 1.3}"))


def test_one_pair_that_is_too_fast_is_told(town):
    table = long()
    table.loc[(table["demand_id"] == "a") & (table["site_id"] == "C2"), "seconds"] = 1
    assert "travel: 1 pair faster than 40 m/s in a straight line: a to C2" in read_and_prepare(town(table)).notes


def test_a_bus_table_without_a_mode_is_told(town):
    fast = long().assign(seconds=lambda frame: frame["seconds"] / 12)
    notes = read_and_prepare(town(fast)).notes
    assert any(note.endswith("not on foot; say [travel] mode") for note in notes)


def test_all_forms_give_the_same_plan_and_the_judge_confirms(town, tmp_path):
    forms = [
        (long(), '"travel.csv"'),
        (long("minutes", LONG_NAMES[1], "travel_time_p50"), '"travel.csv"'),
        ((SECONDS / 60).rename_axis("id").reset_index(), '{path = "travel.csv", wide = true, unit = "minutes"}'),
        (long("hours", measure="duration"), '{path = "travel.csv", unit = "hours"}'),
    ]
    plans = []
    for place, (frame, travel) in enumerate(forms):
        outcome = recommend(read_study(town(frame, travel)))
        write_outcome(outcome, tmp_path / f"out{place}")
        verdict = verify(tmp_path / f"out{place}")
        assert verdict.differences == ()
        plans.append(outcome.plan.actions.set_index("site_id")["action"].to_dict())
    assert all(plan == plans[0] for plan in plans)
    assert plans[0] == {"C3": "open"}
