"""Study files: any name, bounded text, names in one spelling, and inputs below the study's folder."""

import hashlib
import json
import shutil
import time

import pytest

import placement as pl
from placement.errors import InputError
from placement.pipeline.prepare import open_study, prepare_inputs
from placement.study import read_study
from placement.study.paths import any_outside, parts_of
from tests.there import there


def faults_of(call, *arguments, **options):
    with pytest.raises(InputError) as caught:
        call(*arguments, **options)
    return [str(fault) for fault in caught.value.faults]


def test_a_study_by_any_name_is_named_in_its_faults(spoiled):
    other = spoiled.folder / "my plan.toml"
    shutil.move(spoiled.toml, other)
    study = read_study(other)
    assert (study.file, study.folder) == (other.resolve(), spoiled.folder.resolve())
    assert study.digest == hashlib.sha256(other.read_bytes()).hexdigest()
    other.write_text(other.read_text(encoding="utf-8").replace("max_moves", "max_mvoes"), encoding="utf-8")
    assert faults_of(read_study, other) == ["my plan.toml [policy.max_mvoes]: unknown key -> did you mean max_moves?"]


def test_scenarios_side_by_side_have_fingerprints_of_their_own(spoiled):
    other = spoiled.folder / "night.toml"
    shutil.copy(spoiled.toml, other)
    other.write_text(other.read_text(encoding="utf-8").replace("seed = 3", "seed = 4"), encoding="utf-8")
    for file in (spoiled.toml, other):
        prepared = prepare_inputs(read_study(file))
        assert prepared.fingerprints["study"] == hashlib.sha256(file.read_bytes()).hexdigest()
        stations = (spoiled.folder / "stations.csv").read_bytes()
        assert prepared.fingerprints["stations"] == hashlib.sha256(stations).hexdigest()


@pytest.mark.parametrize("name", ["stations", "streets_edges", "population"])
def test_a_file_that_changes_while_it_is_read_is_a_fault(spoiled, monkeypatch, name):
    from placement.pipeline import prepare as inputs

    study, real = read_study(spoiled.folder), inputs.read_inputs

    def slow(study):
        found = real(study)
        with study.path(dict(study.paths())[name]).open("a", encoding="utf-8") as file:
            file.write("\n")
        return found

    monkeypatch.setattr(inputs, "read_inputs", slow)
    assert faults_of(prepare_inputs, study) == [
        f"{name}: changed while it was read -> run again once nobody writes to it"
    ]


@pytest.mark.parametrize("replaced", [False, True])
def test_a_file_that_changes_and_changes_back_while_it_is_read_is_a_fault(spoiled, monkeypatch, replaced):
    """Other bytes were parsed than those that stand there before and after: no fingerprint is of them."""
    from placement.pipeline import prepare as inputs

    study, real = read_study(spoiled.folder), inputs.read_inputs
    file = spoiled.folder / "candidates.csv"
    parsed = []

    def meanwhile(study):
        right = file.read_bytes()
        other = right.replace(b"Toy C00", b"Toy C99")
        for content in (other, right):
            place = spoiled.folder / "new.csv" if replaced else file
            place.write_bytes(content)
            place.replace(file)
            if content == other:
                parsed.append(real(study))
        return parsed[0]

    monkeypatch.setattr(inputs, "read_inputs", meanwhile)
    said = "candidates: changed while it was read -> run again once nobody writes to it"
    assert faults_of(prepare_inputs, study) == [said]
    assert "Toy C99" in set(parsed[0][0].sites.table["name"])


@pytest.mark.parametrize("name", ["stations.csv", "edges.csv", "study.toml"])
def test_what_changes_after_it_was_read_is_recorded_as_it_was_read(spoiled, tmp_path, name):
    case = pl.prepare(read_study(spoiled.folder))
    before = {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in spoiled.folder.iterdir()}
    plan = pl.optimise(case)
    with (spoiled.folder / name).open("a", encoding="utf-8") as file:
        file.write("\n")
    written = pl.write(case, plan, tmp_path / "plan")
    recorded = json.loads((written.folder / "plan.json").read_bytes())["inputs"]
    assert recorded["study"] == before["study.toml"]
    assert recorded["stations"] == before["stations.csv"]
    assert recorded["streets_edges"] == before["edges.csv"]
    with pytest.raises(InputError, match="is not the file the plan was made from"):
        pl.verify(written)


def test_the_study_is_fingerprinted_as_it_was_parsed(spoiled):
    study = read_study(spoiled.folder)
    before = hashlib.sha256(spoiled.toml.read_bytes()).hexdigest()
    spoiled.setting("seed = 3", "seed = 5")
    assert prepare_inputs(study).fingerprints["study"] == before


def test_all_parts_of_a_shapefile_are_read(tmp_path):
    for suffix in ("shp", "dbf", "shx", "txt"):
        (tmp_path / f"a.{suffix}").write_bytes(b"")
    assert [part.suffix for part in parts_of(tmp_path / "a.shp")] == [".shp", ".shx", ".dbf"]


def test_parts_of_a_shapefile_in_capitals_lie_below_the_folder_too(tmp_path):
    (tmp_path / "study").mkdir()
    for suffix in ("shp", "SHX"):
        (tmp_path / "study" / f"a.{suffix}").write_bytes(b"")
    (tmp_path / "secret.dbf").write_bytes(b"")
    (tmp_path / "study" / "a.DBF").symlink_to(tmp_path / "secret.dbf")
    assert [part.suffix for part in parts_of(tmp_path / "study" / "a.shp")] == [".shp", ".SHX", ".DBF"]
    assert any_outside(tmp_path / "study", iter([("stations", "a.shp")]))


# Below the folder


def outside(spoiled, written, key="stations"):
    spoiled.setting(f'"{key}.csv"', f'"{written}"')
    return faults_of(read_study, spoiled.folder)


def test_paths_that_leave_the_folder(spoiled, tmp_path):
    shutil.copy(spoiled.folder / "stations.csv", tmp_path / "s.csv")
    (fault,) = outside(spoiled, "../s.csv")
    assert fault.startswith("study.toml [inputs.stations]: ../s.csv lies outside ")
    assert fault.endswith("-> move it there, or allow it: --allow-outside (in Python: allow_outside=True)")
    assert len(there(read_study(spoiled.folder, allow_outside=True).inputs.stations).path) == 8
    assert open_study(spoiled.folder, allow_outside=True).path("../s.csv").is_file()


def test_absolute_paths_and_links(spoiled, tmp_path):
    elsewhere = tmp_path / "s.csv"
    shutil.copy(spoiled.folder / "stations.csv", elsewhere)
    (spoiled.folder / "link.csv").symlink_to(elsewhere)
    (fault,) = outside(spoiled, "link.csv")
    assert "link.csv lies outside" in fault
    spoiled.setting('"link.csv"', f'"{elsewhere}"')
    assert "lies outside" in faults_of(read_study, spoiled.folder)[0]
    spoiled.setting(f'"{elsewhere}"', '"sub/../stations.csv"')
    (spoiled.folder / "sub").mkdir()
    assert read_study(spoiled.folder).notes == ()


@pytest.mark.parametrize("moves", ["3", "-3"])
def test_what_lies_outside_is_not_read_for_its_faults(spoiled, tmp_path, moves):
    (tmp_path / "secret.csv").write_text("site_id,lon,lat\npassword,1,2\n", encoding="utf-8")
    spoiled.setting("max_moves = 3", f"max_moves = {moves}")
    spoiled.setting('"stations.csv"', '"../secret.csv"')
    assert not any("password" in fault for fault in faults_of(open_study, spoiled.folder))


def test_a_cache_outside(spoiled):
    spoiled.setting("[travel]\n", '[travel]\ncache = "../kept"\n')
    assert "study.toml [travel.cache]: ../kept lies outside" in faults_of(read_study, spoiled.folder)[0]
    assert read_study(spoiled.folder, allow_outside=True).travel.cache == "../kept"


@pytest.mark.parametrize("written", ["a\\u0000b.csv", "", " ", "x" * 5000, "/vsicurl/http://x/y.csv", "http://x/y.csv"])
def test_paths_that_are_none(spoiled, written):
    assert outside(spoiled, written)[0].startswith("study.toml [inputs.stations")


# The text


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("a = " + "[" * 3000 + "]" * 3000, "is nested too deeply"),
        ("a = " + "{b = " * 20 + "1" + "}" * 20, "is nested too deeply"),
        (".".join("a" * 6000) + " = 1", "has a line of more than 10,000 characters"),
        ("a = 1e999999999", "has more digits than any number of a study"),
        ("a = 0." + "1" * 100, "has more digits than any number of a study"),
        ("a = nan", "nan is no number of a study"),
        ("a = -inf", "-inf is no number of a study"),
        ("a = " + "9" * 5000, "is not valid TOML"),
        ("x" * 1_100_000, "has 1,100,000 bytes"),
        ("a = 1\n" * 2, "is not valid TOML"),
        ("a = 1 ０", "is not valid TOML"),
    ],
)
def test_texts_that_are_no_study(tmp_path, text, problem):
    file = tmp_path / "study.toml"
    file.write_text(text, encoding="utf-8")
    began = time.perf_counter()
    assert problem in faults_of(read_study, file)[0]
    assert time.perf_counter() - began < 5


def test_what_is_no_regular_file(tmp_path):
    import os

    os.mkfifo(tmp_path / "study.toml")
    assert "is no file" in faults_of(read_study, tmp_path / "study.toml")[0]
    assert "cannot be read" in faults_of(read_study, tmp_path / "none.toml")[0]
    assert "cannot be read" in faults_of(read_study, "a\0b")[0]


@pytest.mark.parametrize("table", ["stations", "edges", "survey"])
def test_a_pipe_for_a_table_is_not_waited_for(spoiled, table):
    import os

    (spoiled.folder / f"{table}.csv").unlink()
    os.mkfifo(spoiled.folder / f"{table}.csv")
    (fault,) = faults_of(open_study, spoiled.folder)
    assert f"{table}.csv does not exist" in fault


@pytest.mark.parametrize("place", ['name = "Toy town"', "[costs.bank]", "general = 0.3"])
def test_control_characters(spoiled, place):
    spoiled.setting(
        place,
        place.replace("bank", '"ba\\u001bnk"').replace("general", '"gen\\u0007eral"').replace("Toy", "T\\u001b[2J"),
    )
    found = faults_of(read_study, spoiled.folder)
    assert any("holds a control character or line break" in fault for fault in found)
    assert all(fault.isprintable() for fault in found)


def test_unknown_keys_with_the_names_of_our_own_fields(spoiled):
    for name in ("folder", "file", "digest", "remarks"):
        spoiled.setting("[study]", f'{name} = "x"\n[study]')
    assert len(faults_of(read_study, spoiled.folder)) == 4


def test_names_of_age_groups_in_one_spelling(spoiled):
    text = spoiled.toml.read_text(encoding="utf-8")
    for place, name in (
        ("0.5", "Zu\u0308ge"),
        ("0.2", "Z\u00fcge"),
        ("0.9", "Z\u00fcge\u200b"),
        ("0.1", " Z\u00fcge "),
    ):
        text = text.replace(f"elderly = {place}", f'"{name}" = {place}')
    spoiled.toml.write_text(text, encoding="utf-8")
    spoiled.write("population", spoiled.frame("population").rename(columns={"elderly": "Z\u00dcGE"}))
    frame = spoiled.frame("survey")
    spoiled.write("survey", frame.assign(age_group=frame["age_group"].replace("elderly", "Z\u00fcge")))
    study = read_study(spoiled.folder)
    assert study.demand.age_groups == ("general", "Zu\u0308ge")
    assert set(study.travel.speed_m_s) == set(study.demand.online_share) == set(study.demand.age_groups)
    assert list(study.policy.floors.by_age_group) == ["Zu\u0308ge"]
    assert len(study.notes) == 3
    ready = prepare_inputs(study)
    assert ready.demand.age_groups == ("general", "Zu\u0308ge")
    assert any("column 'Z\u00dcGE' is read as" in note for note in ready.notes)


def test_two_keys_that_are_one_name(spoiled):
    spoiled.setting("elderly = 0.5", 'elderly = 0.5\n"elderly\u200b" = 0.6')
    assert "is the same name as 'elderly' but for Unicode form" in faults_of(read_study, spoiled.folder)[0]
