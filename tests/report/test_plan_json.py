import importlib.resources
import json
import os

import numpy as np
import pandas as pd
import pytest

from placement.errors import InputError
from placement.report.plan_json import ordered_actions, plan_bytes, plan_from_dict, plan_schema, plan_to_dict, read_plan
from tests.report.conftest import make_plan

DIGEST = "ab" * 32


def as_dict(plan):
    return plan_to_dict(
        plan,
        study_path="../data/hankou/study.toml",
        inputs={"population": DIGEST},
        versions={"placement": "0.1.0"},
        seed=0,
    )


def test_every_key_other_programs_rely_on_is_there(plan):
    record = as_dict(plan)
    relied_on = {
        "schema", "study", "proof", "inputs", "versions", "seed", "status", "objective", "bound", "gap",
        "actions", "open", "coverage", "budget",
    }  # fmt: skip
    told = {
        "name",
        "travel",
        "solve",
        "simulated",
        "notices",
        "notes",
        "assumptions",
        "overrides",
        "floors",
        "visits",
        "valued",
        "reserve",
        "gains",
        "fairness",
        "least_cost",
        "frontier",
        "warnings",
        "limits",
    }
    assert relied_on | told == set(record)
    assert record["study"] == "../data/hankou/study.toml"
    move = next(action for action in record["actions"] if action["action"] == "move")
    assert move == {
        "site_id": "S07",
        "action": "move",
        "from_site_id": "S04",
        "machines_before": 0,
        "machines_after": 1,
        "cost": 9000.0,
    }
    assert record["budget"] == [
        {"name": "capital", "today": 0.0, "amount": 181000.05, "cap": 200000.0},
        {"name": "running", "today": 0.0, "amount": 98000.0, "cap": None},
    ]
    assert record["coverage"]["after"]["total"]["covered"] == 612.345
    assert record["coverage"]["before"]["people"]["elderly/night"] == {"covered": 574.0, "all": 2000.0}


def test_actions_stand_in_a_fixed_order_with_marks(plan):
    table = ordered_actions(plan)
    assert table["mark"].tolist() == ["O1", "O2", "M1", "M2", "C1", "K1", "K2", "K3"]
    assert table["site_id"].tolist() == ["S06", "S11", "S07", "S09", "S03", "S00", "S01", "S02"]


def test_bytes_do_not_depend_on_row_order_or_mapping_order():
    plan = make_plan()
    shuffled = make_plan(
        actions=plan.actions.sample(frac=1, random_state=5),
        open=plan.open[::-1],
    )
    assert plan_bytes(as_dict(plan)) == plan_bytes(as_dict(shuffled))


def test_bytes_are_utf8_with_rounded_floats_and_a_newline_at_the_end(plan):
    data = plan_bytes(as_dict(plan))
    text = data.decode("utf-8")
    assert text.endswith("}\n")
    assert "江岸区" in text
    assert '"covered": 612.345' in text


def test_negative_zero_and_the_seventh_decimal_do_not_show():
    record = as_dict(make_plan(objective=-0.0, bound=1 / 3))
    assert plan_bytes(record).decode().count("-0.0") == 0
    assert record["bound"] == 0.333333
    assert record["gap"] == 1.0


def test_money_returns_to_the_fen():
    for fen in (0, 1, 99, 100, 8_000_005, 123_456_789_012_345):
        row = ("S00", "open", "", 0, 1, fen)
        plan = make_plan(actions=pd.DataFrame([row], columns=make_plan().actions.columns))
        again = plan_from_dict(json.loads(plan_bytes(as_dict(plan))))
        assert again.actions["cost_fen"].tolist() == [fen]


def test_a_plan_returns_from_its_file(plan):
    record = json.loads(plan_bytes(as_dict(plan)))
    again = plan_from_dict(record)
    assert as_dict(again) == record
    expected = plan.actions.sort_values("site_id").reset_index(drop=True)
    pd.testing.assert_frame_equal(again.actions.sort_values("site_id").reset_index(drop=True), expected)
    assert again.budget_lines == plan.budget_lines
    assert again.before.people["general/day"] == pytest.approx(plan.before.people["general/day"], abs=1e-6)
    assert (again.status, again.open, again.solver) == (plan.status, plan.open, plan.solver)


def test_every_difference_from_the_format_is_listed(plan):
    record = as_dict(plan)
    record["status"] = "great"
    record["surprise"] = 1
    del record["open"]
    record["inputs"] = {"population": "123"}
    with pytest.raises(InputError) as raised:
        plan_from_dict(record)
    assert {fault.row for fault in raised.value.faults} == {"status", "surprise", "open", "inputs.population"}


def test_a_fraction_of_a_fen_is_refused(plan):
    record = as_dict(plan)
    record["budget"][0]["amount"] = 1.005
    with pytest.raises(InputError, match=r"budget\.capital\.amount.*more than two decimals"):
        plan_from_dict(record)


def test_a_number_that_is_not_finite_is_refused():
    with pytest.raises(InputError, match="bound"):
        as_dict(make_plan(bound=np.inf))


def test_reading_names_what_is_wrong_with_the_file(tmp_path, plan):
    path = tmp_path / "plan.json"
    with pytest.raises(InputError, match="cannot be read"):
        read_plan(path)
    path.write_bytes(b"{")
    with pytest.raises(InputError, match="is not JSON"):
        read_plan(path)
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(InputError, match="is not JSON"):
        read_plan(path)
    path.write_bytes(b"[1]")
    with pytest.raises(InputError):
        read_plan(path)
    for content, problem in [
        (b'{"schema": "placement/plan/3", "schema": "placement/plan/3"}', "the key 'schema' stands twice"),
        (b'{"schema": NaN}', "NaN is not a number of JSON"),
        (b'{"schema": 1e999}', "1e999 is beyond any number"),
        (b'{"schema": "\\ud800"}', "surrogates not allowed"),
        (b"[" * 40 + b"]" * 40, "nested too deeply"),
        (b"[" * 100_000 + b"]" * 100_000, "nested too deeply"),
        (b'{"schema": ' + b"1" * 5000 + b"}", "Exceeds the limit"),
        (b'{"schema": "placement/plan/2"}', "is no plan of the format placement/plan/3, but 'placement/plan/2'"),
        (b'{"schema": 2}', "is no plan of the format placement/plan/3"),
    ]:
        path.write_bytes(content)
        with pytest.raises(InputError, match=problem):
            read_plan(path)
    path.write_bytes(plan_bytes(as_dict(plan)))
    assert read_plan(path) == as_dict(plan)


def test_what_is_no_regular_file_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "plan.json")
    with pytest.raises(InputError, match="is not a regular file"):
        read_plan(tmp_path / "plan.json")
    with pytest.raises(InputError, match="is a folder"):
        read_plan(tmp_path)


def published_schema():
    return json.loads((importlib.resources.files("placement.report") / "plan.schema.json").read_text("utf-8"))


def test_the_published_schema_is_the_one_the_reader_uses():
    assert published_schema() == plan_schema()


def test_a_plan_satisfies_the_published_schema(plan):
    jsonschema = pytest.importorskip("jsonschema")
    validator = jsonschema.Draft202012Validator(published_schema())
    jsonschema.Draft202012Validator.check_schema(published_schema())
    record = json.loads(plan_bytes(as_dict(plan)))
    assert list(validator.iter_errors(record)) == []
    for key in record:
        smaller = {name: value for name, value in record.items() if name != key}
        assert not validator.is_valid(smaller), key
    assert not validator.is_valid(record | {"surprise": 1})
