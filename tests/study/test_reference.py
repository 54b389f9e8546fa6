"""The reference of keys and columns: written once, whole, and what the readers read by."""

import json
import re
import tomllib

import pandas as pd
import pytest
from click.testing import CliRunner
from pydantic import BaseModel

from placement.cli import main
from placement.errors import InputError
from placement.streets.osm import way_rules
from placement.study import SECTIONS, Study, columns, study_from_dict
from placement.study.reference import WIDEST, lines_of, matching, page, reference
from placement.tables.checks import Faults, Table
from placement.values.sites import COST_KEYS, STATUSES
from tests.conftest import REPOSITORY

PARTS = {(part.sort, part.name): part for part in reference()}
PAGE = REPOSITORY / "placement" / "study" / "KEYS.md"
UNITS_BY_SUFFIX = {"_m": "metres", "_min": "minutes", "_s": "seconds", "_m_s": "metres a second", "_share": "0 to 1"}


def test_the_page_is_what_the_command_prints():
    done = CliRunner().invoke(main, ["keys", "--markdown"])
    assert done.exit_code == 0
    assert done.stdout == PAGE.read_text(encoding="utf-8"), "run: placement keys --markdown > placement/study/KEYS.md"


@pytest.mark.parametrize("part", PARTS.values(), ids=lambda part: part.title)
def test_every_entry_says_something(part):
    assert part.says.endswith(".")
    assert part.entries
    for entry in part.entries:
        assert len(entry.says) > 3, entry
        assert entry.says.endswith("."), entry
        assert entry.kind, entry


def test_names_that_tell_a_unit_tell_the_same_one():
    checked = 0
    for part in PARTS.values():
        for entry in part.entries:
            suffix = next(
                (end for end in sorted(UNITS_BY_SUFFIX, key=len, reverse=True) if entry.name.endswith(end)), ""
            )
            if suffix:
                assert entry.unit == UNITS_BY_SUFFIX[suffix], entry
                checked += 1
            if entry.kind.startswith("amount"):
                assert entry.unit in ("yuan, once", "yuan a year", "yuan a page", "yuan a visit"), entry
            if part.sort == "table" and entry.kind in (columns.NUMBER, columns.WHOLE) and entry.name != "<any>":
                assert entry.unit, entry
    assert checked >= 15


def _models(model):
    """Yield a section and those within it."""
    yield model
    for field in model.model_fields.values():
        for part in (field.annotation, *getattr(field.annotation, "__args__", ())):
            if isinstance(part, type) and issubclass(part, BaseModel):
                yield from _models(part)


def test_every_key_that_a_study_takes_is_in_the_reference():
    taken = {
        key for model in _models(Study) for key in model.model_fields if model is not Study and key not in SECTIONS
    }
    taken |= set(COST_KEYS)
    told = {entry.name for part in PARTS.values() if part.sort != "table" for entry in part.entries}
    assert taken <= told
    assert {each.partition(".")[0] for sort, each in PARTS if sort != "table"} == set(SECTIONS)


@pytest.mark.parametrize("name", ["hankou", "sf"])
def test_every_key_of_the_example_studies_is_in_the_reference(name):
    content = tomllib.loads((REPOSITORY / "data" / name / "study.toml").read_text(encoding="utf-8"))
    for section, keys in content.items():
        paths = [f"{host}.{key}" for host in keys for key in keys[host]] if section == "costs" else keys
        for path in paths:
            (found, *_) = matching(f"{section}.{path}")
            assert [entry.name for entry in found.entries] == [
                path.rpartition(".")[2]
            ] or found.name == f"{section}.{path}"


def test_a_column_that_is_not_in_the_specification_cannot_be_read():
    frame = pd.DataFrame({"demand_id": ["P1"], "people": [12], "income": [1.0]})
    table = Table("population", frame, "demand_id", Faults())
    table.use(columns.POPULATION)
    assert table.number("people").sum() > 0
    for read in (table.number, table.text, table.clock, table.fen, table.choice):
        with pytest.raises(KeyError, match="income"):
            read("income")


def test_columns_follow_what_sites_hold():
    for specified, own in ((columns.STATIONS, "candidate"), (columns.CANDIDATES, "existing")):
        by_name = {column.name: column for column in specified}
        assert set(COST_KEYS) <= set(by_name)
        assert set(by_name["status"].choices) == set(STATUSES) - {own}


def test_the_rules_of_ways_have_the_columns_that_are_told():
    assert tuple(way_rules().columns) == columns.names(columns.RULES)


def test_a_section_a_table_a_key_and_a_host_are_found():
    assert [part.title for part in matching("travel")] == ["[travel]", "[[travel.step]]", "table travel"]
    assert [part.title for part in matching("[policy]")] == ["[policy]", "[policy.floors]"]
    assert [part.title for part in matching("costs.bank")] == ["[costs.<host>]"]
    assert [entry.name for part in matching("cutoff_min") for entry in part.entries] == ["cutoff_min"]
    assert [part.title for part in matching("threshold_min")] == ["[travel]", "[[travel.step]]"]
    assert {part.title for part in matching("max_machines")} == {
        "[policy]", "table stations", "table candidates",
    }  # fmt: skip
    with pytest.raises(InputError, match="did you mean policy"):
        matching("polic")
    with pytest.raises(InputError, match="known: study"):
        matching("weather")


def test_defaults_units_and_needs_stand_in_the_text():
    (study,) = matching("solve.time_limit_s")
    assert lines_of((study,), 100)[2] == "  time_limit_s: number, seconds; default 60"
    text = "\n".join(lines_of(matching("demand.periods"), 100))
    assert 'periods: HH:MM-HH:MM by period; default {all = "00:00-24:00"}' in text
    text = "\n".join(lines_of(matching("stations.opens"), 100))
    assert "opens: HH:MM" in text
    assert "default 00:00" in text


@pytest.mark.parametrize("width", [20, 80, 400])
def test_the_text_fits_a_terminal(width):
    assert max(map(len, lines_of(reference(), width))) <= min(max(width, 60), WIDEST)


def test_the_command_prints_text_json_and_near_names():
    run = CliRunner().invoke
    assert "  max_moves: whole number, stations" in run(main, ["keys", "policy"]).stdout.splitlines()
    record = json.loads(run(main, ["keys", "budget", "--json"]).stdout)
    units = {entry["name"]: entry["unit"] for entry in record["parts"][0]["entries"]}
    assert (units["capital"], units["running"], units["horizon_years"]) == ("yuan, once", "yuan a year", "years")
    wrong = run(main, ["keys", "budgt"])
    assert wrong.exit_code == 2
    assert "did you mean budget?" in wrong.stderr


def test_a_faulty_key_names_the_command_that_explains_it(tmp_path):
    with pytest.raises(InputError) as caught:
        study_from_dict({"study": {"name": "A", "crs": "EPSG:32650"}, "travel": {"threshold_min": -1}}, folder=tmp_path)
    assert any(fault.remedy == "see: placement keys travel" for fault in caught.value.faults)


def test_the_page_has_a_table_for_every_part():
    headers = [line for line in page(reference()) if line.startswith("## ")]
    assert len(headers) == len(PARTS)
    assert all(
        re.fullmatch(r"## (\[[a-z.]+(\\<[a-z]+>)?\]|\[\[[a-z.]+\]\]|table [a-z_]+)", header) for header in headers
    )
