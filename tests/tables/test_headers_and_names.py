"""Column names and names in cells: what is one in any case or Unicode form, what is near, what others call it."""

import unicodedata

import geopandas as gpd
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from placement.errors import InputError
from placement.study import read_study
from placement.study.names import canonical, header_key, near_name
from placement.summary import check_lines, check_record
from placement.tables import read_tables
from placement.tables.headers import SYNONYMS
from tests.effort import cases
from tests.there import there


def tables_of(spoiled):
    return read_tables(read_study(spoiled.folder))


def wide(text):
    return "".join(chr(ord(sign) + 0xFEE0) if sign.isalnum() and sign.isascii() else sign for sign in text)


@pytest.mark.parametrize(
    "spell", [str.upper, str.title, wide, lambda name: f" {name}\u200b", lambda name: f"\ufeff{name} "]
)
def test_headers_in_any_case_and_form_are_read_and_told(spoiled, spell):
    before = tables_of(spoiled)
    for table in ("stations", "candidates", "population", "survey", "footfall"):
        frame = spoiled.frame(table)
        spoiled.write(table, frame.rename(columns=spell))
    after = tables_of(spoiled)
    pd.testing.assert_frame_equal(pd.DataFrame(after.sites.table), pd.DataFrame(before.sites.table))
    pd.testing.assert_frame_equal(pd.DataFrame(after.population), pd.DataFrame(before.population))
    assert after.survey.equals(before.survey)
    assert after.ignored == ()
    assert any(note.endswith("is read as opens") and note.startswith("stations: ") for note in after.notes)
    assert before.notes == ()


COLUMNS = ["host", "opens", "closes", "machines", "max_machines", "name"]


@pytest.mark.parametrize("column", COLUMNS)
def test_one_letter_off_is_a_fault_for_every_column(spoiled, column):
    original = spoiled.frame("stations")
    misspelt = {column[:at] + column[at + 1 :] for at in range(1, len(column))}
    misspelt |= {column[:at] + "q" + column[at:] for at in range(1, len(column))}
    misspelt |= {column[:at] + column[at + 1] + column[at] + column[at + 2 :] for at in range(1, len(column) - 1)}
    for wrong in sorted(misspelt - {column})[::4]:
        spoiled.write("stations", original.rename(columns={column: wrong}))
        assert spoiled.only_fault() == f"stations: unknown column {wrong} -> did you mean {column}?"


@given(st.sampled_from(COLUMNS), st.data())
def test_near_names(column, data):
    at = data.draw(st.integers(1, len(column) - 1))
    sign = data.draw(st.sampled_from("abcxyz_"))
    wrong = column[:at] + sign + column[at + 1 :]
    assert near_name(wrong, [column]) == column


def test_two_columns_that_are_one(spoiled):
    frame = spoiled.frame("stations")
    spoiled.write("stations", frame.assign(Host=frame["host"]))
    assert spoiled.only_fault() == "stations: columns 'host' and 'Host' are both host -> remove or rename one"


@pytest.mark.parametrize(
    ("table", "ours", "others"),
    [(t, o, x) for t, o in [("stations", "lon"), ("stations", "lat"), ("stations", "site_id"), ("population", "people"),
     ("population", "demand_id"), ("footfall", "counter_id"), ("footfall", "people_per_day"), ("survey", "asked")]
     for x in SYNONYMS[o][:4]],
)  # fmt: skip
def test_what_others_call_a_column_is_suggested_and_mapped(spoiled, table, ours, others):
    expected = tables_of(spoiled)
    theirs = others.upper()
    spoiled.write(table, spoiled.frame(table).rename(columns={ours: theirs}))
    fault = spoiled.only_fault()
    assert fault.startswith(f"{table}: column {ours} is missing -> ")
    if "did you mean" not in fault:
        assert f'columns = {{{ours} = "{theirs}"}}' in fault
    spoiled.setting(f'path = "{table}.csv"', f'path = "{table}.csv", columns = {{{ours} = "{theirs}"}}')
    found = tables_of(spoiled)
    assert found.sites.table.equals(expected.sites.table)
    assert found.population.equals(expected.population)
    assert found.notes == ()


@pytest.mark.parametrize(
    ("columns", "fault"),
    [
        ('hst = "kind"', "stations: columns = {...} names 'hst', which is no column of ours -> did you mean host?"),
        (
            'remark = "kind"',
            "stations: columns = {...} names 'remark', which is no column of ours -> known: name, host",
        ),
        ('host = "knd"', "stations: has no column 'knd', which columns = {host = ...} names -> did you mean kind?"),
        (
            'host = "nothing"',
            "stations: has no column 'nothing', which columns = {host = ...} names -> it has: site_id",
        ),
        ('host = "kind", name = "kind"', "stations: column 'kind' is named twice in columns = {...} -> name it once"),
        ('name = "kind"', "stations: has a column name beside the 'kind' that is to be read as it -> remove one"),
    ],
)
def test_a_wrong_map_of_columns(spoiled, columns, fault):
    spoiled.write("stations", spoiled.frame("stations").rename(columns={"host": "kind"}))
    spoiled.setting('"stations.csv", ', f'"stations.csv", columns = {{{columns}}}, ')
    assert any(found.startswith(fault) for found in spoiled.faults()), spoiled.faults()


def test_columns_may_be_swapped_by_the_map(spoiled):
    expected = tables_of(spoiled).sites.table
    frame = spoiled.frame("stations")
    spoiled.write("stations", frame.rename(columns={"lon": "lat", "lat": "lon"}))
    spoiled.setting('"stations.csv", ', '"stations.csv", columns = {lon = "lat", lat = "lon"}, ')
    assert tables_of(spoiled).sites.table.equals(expected)


def test_columns_that_nobody_reads_are_told_by_check(spoiled):
    from placement.pipeline.prepare import prepare_inputs

    spoiled.write("population", spoiled.frame("population").assign(remark="x", source="y"))
    spoiled.write("survey", spoiled.frame("survey").assign(interviewer="z"))
    ready = prepare_inputs(read_study(spoiled.folder))
    told = ("population: columns not used: remark, source", "survey: columns not used: interviewer")
    assert ready.notes == told
    assert [line for line in check_lines(check_record(ready)) if "not used" in line] == [f"  {note}" for note in told]


# Names in cells


SPELLINGS = ["Zu\u0308rich-1", "Z\u00fcrich-1", "Z\u00fcrich\u200b-1", "\u2060Z\u00fcrich-1", "Z\u00fcrich-１"]


@pytest.mark.parametrize("here", SPELLINGS)
@pytest.mark.parametrize("there", SPELLINGS)
def test_districts_in_any_spelling_are_one(spoiled, here, there):
    for table, name in (("population", here), ("survey", there)):
        frame = spoiled.frame(table)
        spoiled.write(table, frame.assign(district=frame["district"].replace("west-1", name)))
    tables = tables_of(spoiled)
    assert set(tables.survey["district"]) <= set(tables.population["district"])
    assert here in set(tables.population["district"])
    assert [note.split(":")[0] for note in tables.notes] == ([] if here == there else ["survey"])


def test_the_study_spells_districts_first(spoiled):
    frame = spoiled.frame("population")
    spoiled.write("population", frame.assign(parent=frame["parent"].replace("west", "We\u0301st")))
    spoiled.setting("[policy.floors]\n", '[policy.floors]\ndistrict = {"W\u00e9st" = 0.1}\n')
    tables = tables_of(spoiled)
    assert set(tables.population["parent"]) == {"W\u00e9st", "east"}
    (note,) = tables.notes
    assert note.startswith("population: parent is read in one spelling (the same but for Unicode form")
    assert note.endswith(": 'We\\u0301st' as 'W\\xe9st'")


def test_one_table_with_two_spellings_of_a_district(spoiled):
    frame = spoiled.frame("population")
    places = frame.index[frame["district"] == "east-2"]
    frame.loc[places[0], "district"] = "east-2\u200b"
    spoiled.write("population", frame)
    tables = tables_of(spoiled)
    assert "east-2\u200b" not in set(tables.population["district"])
    assert len(tables.notes) == 1


@pytest.mark.parametrize("table", ["stations", "candidates", "population", "footfall"])
@pytest.mark.parametrize("other", ["{}\u200b", "{} ", "\u00ad{}", "wide"])
def test_two_ids_that_are_one_name(spoiled, table, other):
    column = {"population": "demand_id", "footfall": "counter_id"}.get(table, "site_id")
    first = spoiled.frame(table)[column][0]
    spoiled.cell(table, 1, column, wide(first) if other == "wide" else other.format(first))
    fault = spoiled.only_fault()
    assert fault.startswith(f"{table} [")
    assert fault.endswith("ids must be unique")


def test_ids_of_other_tables_follow_those_of_the_sites(spoiled):
    spoiled.cell("stations", 0, "site_id", "Cafe\u0301")
    usage = pd.DataFrame({"site_id": ["Caf\u00e9", "S01"], "month": "2025-01", "transactions": 5})
    spoiled.write("usage", usage)
    spoiled.setting("survey = {", 'usage = "usage.csv"\nsurvey = {')
    tables = tables_of(spoiled)
    assert set(tables.usage["site_id"]) == {"Cafe\u0301", "S01"}
    assert set(tables.usage["site_id"]) <= set(tables.sites.ids)
    assert "usage: site_id is read in one spelling" in tables.notes[0]


def test_ids_survive_as_they_are_written(spoiled):
    for at, name in enumerate(["Cafe\u0301", "Ａ１", "007", "S 3"]):
        spoiled.cell("stations", at, "site_id", name)
    tables = tables_of(spoiled)
    assert set(tables.sites.ids[:4]) == {"Cafe\u0301", "Ａ１", "007", "S 3"}
    assert tables.notes == ()


def test_hosts_and_services_in_any_spelling(spoiled):
    spoiled.setting("[costs.bank]", '[costs."Ba\u0301nk"]')
    frame = spoiled.frame("stations")
    spoiled.write("stations", frame.assign(host="B\u00e1nk"))
    frame = spoiled.frame("candidates")
    spoiled.write("candidates", frame.assign(host=frame["host"].replace("bank", "B\u00e1nk\u200b")))
    assert "Ba\u0301nk" in set(tables_of(spoiled).sites.table["host"])
    assert set(tables_of(spoiled).sites.table["host"][:4]) == {"Ba\u0301nk"}


@pytest.mark.parametrize("sign", ["\n", "\t", "\x1b[31m", "\x07", "\u2028", "\x85"])
@pytest.mark.parametrize(
    ("table", "column"), [("stations", "site_id"), ("population", "district"), ("stations", "host")]
)
def test_control_characters_stay_out_of_ids_and_names(spoiled, table, column, sign):
    spoiled.cell(table, 1, column, f"a{sign}b")
    assert any("holds a control character or line break" in fault for fault in spoiled.faults())


def test_titles_are_on_one_line(spoiled):
    spoiled.cell("stations", 1, "name", "two\nlines  of\ttext")
    assert tables_of(spoiled).sites.table["name"].iloc[1] == "two lines of text"
    spoiled.cell("stations", 1, "name", "a\x1b[31mb")
    assert "name holds a control character" in spoiled.only_fault()


@settings(max_examples=cases(300))
@given(st.text(max_size=12))
def test_the_canonical_form_is_one(text):
    form = canonical(text)
    assert canonical(form) == form
    assert header_key(header_key(text)) == header_key(text)
    for kind in ("NFC", "NFD", "NFKC", "NFKD"):
        assert canonical(unicodedata.normalize(kind, text)) == form
    assert canonical(f" \u200b{text}\ufeff  ") == form


@pytest.mark.parametrize(("table", "column"), [("population", "district"), ("stations", "host")])
def test_one_name_in_two_cases_is_not_two(spoiled, table, column):
    value = spoiled.frame(table)[column][0]
    other = spoiled.frame(table)[column].eq(value).to_numpy().nonzero()[0][-1] if table == "population" else 0
    spoiled.cell(table, other, column, value.upper())
    if table == "stations":
        spoiled.cell(table, 1, column, value)
    assert any("differs in case alone -> write it in one way" in fault for fault in spoiled.faults())


@pytest.mark.parametrize("value", ["\u200b", "\ufeff\u2060", "\u00ad"])
def test_cells_of_signs_of_no_width_are_blank(spoiled, value):
    spoiled.cell("stations", 1, "site_id", value)
    assert spoiled.only_fault() == "stations [row 3]: site_id is blank -> give every row an id"


@pytest.mark.parametrize("value", ["#N/A", "#REF!", "#DIV/0!", "#NAME?", "#VALUE!"])
@pytest.mark.parametrize("column", ["site_id", "host", "name", "machines"])
def test_errors_of_spreadsheets_in_text(spoiled, column, value):
    spoiled.cell("stations", 1, column, value)
    assert column in spoiled.only_fault()


# Units and numbers


def test_ages_as_shares(spoiled):
    frame = spoiled.frame("population")
    for values in (["0.18"] * len(frame), ["0.2", "1"] + ["0.1"] * (len(frame) - 2), ["1"] * len(frame)):
        spoiled.write("population", frame.assign(elderly=values))
        fault = spoiled.only_fault()
        assert "elderly is at most 1 everywhere" in fault
        assert "are these shares? -> give the number of people, or leave the column out" in fault


def test_few_people_of_whom_one_is_old_are_counts(spoiled):
    frame = spoiled.frame("population")
    spoiled.write("population", frame.assign(people="4", elderly="1"))
    assert tables_of(spoiled).population["elderly"].sum() == len(frame)
    spoiled.write("population", frame.assign(elderly="0"))
    assert tables_of(spoiled).population["elderly"].sum() == 0


def test_people_in_thousands(spoiled):
    frame = spoiled.frame("population")
    spoiled.write("population", frame.assign(people=frame["people"].astype(float) / 1000, elderly="0"))
    assert "people are below 1 everywhere" in spoiled.only_fault()
    assert "are these shares, or thousands?" in spoiled.only_fault()


@pytest.mark.parametrize(
    ("table", "column", "value", "fault"),
    [
        ("stations", "machines", "1000", "machines is above 200 ('1000')"),
        (
            "stations",
            "rent",
            "600000000",
            "rent is above 5,000,000 yuan a station ('600000000') -> amounts are yuan: are",
        ),
        ("stations", "rent", "1e999999999", "rent is not an amount in yuan"),
        ("stations", "rent", "9" * 60, "rent is not an amount in yuan"),
        ("footfall", "night_share", "35", "night_share is above 1 ('35') -> a share is between 0 and 1: 0.5 is 50 %"),
        ("footfall", "people_per_day", "1e11", "people_per_day is above 1e+07 ('1e11')"),
        ("population", "people", "1e15", "people is above 1e+12 ('1e15')"),
        ("population", "people", "1e999999999", "people is not a number ('1e999999999')"),
        ("population", "people", "9" * 500, "people is not a number ('99"),
        ("population", "people", "1,234", "people is not a number ('1,234') -> write digits only, without thousands"),
        ("population", "people", "1 234", "people is not a number ('1 234') -> write digits only, without thousands"),
        ("population", "people", "1_234", "people is not a number ('1_234') -> write digits only, without thousands"),
        ("population", "people", "12,5", "people is not a number ('12,5') -> write a decimal point"),
        ("population", "people", "0x10", "people is not a number ('0x10')"),
        ("population", "people", "50%", "people is not a number ('50%') -> write a share as 0.5, not as 50 %"),
        ("population", "people", "nan", "people is not a number ('nan')"),
        ("population", "people", "inf", "people is not a number ('inf')"),
        ("population", "people", "True", "people is not a number ('True')"),
        ("stations", "opens", "25:00", "opens is not a time ('25:00')"),
        ("stations", "opens", "8", "opens is not a time ('8')"),
    ],
)
def test_values_that_cannot_be(spoiled, table, column, value, fault):
    frame = spoiled.frame(table)
    if column not in frame.columns:
        frame = frame.assign(**{column: ""})
    frame.loc[1, column] = value
    spoiled.write(table, frame)
    assert any(fault in found for found in spoiled.faults()), spoiled.faults()


@pytest.mark.parametrize(
    ("value", "number"), [("２０５", 205), ("+205", 205), ("205.", 205), (".5e1", 5), ("2.05E2", 205)]
)
def test_numbers_that_are_plain(spoiled, value, number):
    spoiled.cell("population", 0, "people", value)
    spoiled.cell("population", 0, "elderly", "0")
    assert tables_of(spoiled).population["people"].iloc[0] == number


def test_times_in_fullwidth_signs(spoiled):
    spoiled.cell("stations", 0, "opens", "０９：３０")
    assert tables_of(spoiled).sites.table["opens_min"].iloc[0] == 570


# Rows without ids


def with_usage(spoiled, rows):
    pd.DataFrame(rows, columns=["site_id", "month", "transactions", "outage_hours"]).to_csv(
        spoiled.folder / "usage.csv", index=False
    )
    if "usage.csv" not in spoiled.toml.read_text(encoding="utf-8"):
        spoiled.setting("survey = {", 'usage = "usage.csv"\nsurvey = {')


def test_rows_of_usage_are_named_by_line_station_and_month(spoiled):
    rows = [("S00", "2025-02", 5, 0), ("S01", "2025-02", "", 0), ("S00", "2025-02", 7, 0), ("S02", "2025-02", 1, 700)]
    rows += [("S03", "2025-02", 1, 800), ("S03", "2025-2", 1, 0), ("S09", "2025-02", 1, 0)]
    with_usage(spoiled, rows)
    assert [fault.split(" ->")[0] for fault in spoiled.faults()] == [
        "usage [row 3: S01, 2025-02]: transactions is blank",
        "usage [row 6: S03, 2025-02]: outage_hours is above 744 ('800')",
        "usage [row 7: S03, 2025-2]: month is not YYYY-MM ('2025-2')",
        "usage [row 5: S02, 2025-02]: outage_hours is more than the month has ('700')",
    ]
    with_usage(spoiled, [rows[0], rows[2], rows[6]])
    assert [fault.split(" (only")[0].split(" ->")[0] for fault in spoiled.faults()] == [
        "usage [row 3: S00, 2025-02]: site_id and month stand in row 2 already",
        "usage [row 4: S09, 2025-02]: site_id S09 is not in stations",
    ]


def test_rows_after_blank_lines_keep_their_number(spoiled):
    path = spoiled.folder / "survey.csv"
    lines = path.read_text(encoding="utf-8").splitlines()
    path.write_text(
        "\n".join([*lines[:3], "", ",,,,", *lines[3:]]).replace("east-1,general", "east-1,genral"), encoding="utf-8"
    )
    assert spoiled.only_fault().startswith("survey [row 8]: age_group genral is not in demand.trips_per_month")


def test_a_layer_without_ids_counts_its_features(spoiled):
    frame = spoiled.frame("survey")
    frame.loc[2, "asked"] = "many"
    gpd.GeoDataFrame(frame, geometry=[None] * len(frame), crs="EPSG:4326").to_file(spoiled.folder / "survey.gpkg")
    spoiled.setting('"survey.csv"', '"survey.gpkg"')
    assert spoiled.only_fault().startswith("survey [row 3]: asked is not a number")


# Streets


def test_nodes_with_metres_and_degrees_say_which_are_used(spoiled):
    from placement.pipeline.prepare import read_inputs
    from placement.tables import study_crs

    _, before = read_inputs(read_study(spoiled.folder))
    nodes = spoiled.frame("nodes")
    lonlat = gpd.points_from_xy(nodes["lon"].astype(float), nodes["lat"].astype(float), crs="EPSG:4326")
    places = gpd.GeoSeries(lonlat).to_crs(study_crs("EPSG:32650"))
    spoiled.write("nodes", nodes.assign(x=places.x, y=places.y, lat="0"))
    tables, after = read_inputs(read_study(spoiled.folder))
    assert there(after).xy == pytest.approx(there(before).xy, abs=0.01)
    assert "streets_nodes: columns not used: lon, lat (x and y are)" in tables.notes


def test_headers_of_street_tables_are_read_as_those_of_others(spoiled):
    from placement.pipeline.prepare import read_inputs

    _, before = read_inputs(read_study(spoiled.folder))
    spoiled.write("nodes", spoiled.frame("nodes").rename(columns=str.upper))
    spoiled.write("edges", spoiled.frame("edges").rename(columns=str.title).assign(osmid="7"))
    tables, after = read_inputs(read_study(spoiled.folder))
    assert there(after).edges.geometry.equals(there(before).edges.geometry)
    assert "streets_nodes: column 'NODE_ID' is read as node_id" in tables.notes
    assert tables.notes[-1] == "streets_edges: columns not used: osmid"
    spoiled.write("edges", spoiled.frame("edges").rename(columns={"Length_M": "lenght_m"}))
    with pytest.raises(InputError) as caught:
        read_inputs(read_study(spoiled.folder))
    assert str(caught.value.faults[0]) == "streets_edges: unknown column lenght_m -> did you mean length_m?"
