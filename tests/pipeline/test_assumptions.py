"""What a study does not state and what acts on it: the list, by hand; wherever it is told, it is the same list."""

import json

import pytest
from click.testing import CliRunner

from placement.cli import main
from placement.pipeline.assumptions import BY_AGE, OF_VISITS, SECTIONS, assumptions
from placement.pipeline.study_case import prepare
from placement.report.text import CATALOGUE
from placement.study import Study, read_study
from placement.study.fields import Assumed
from placement.toy import write_study
from tests.conftest import REPOSITORY
from tests.doorstep import write_doorstep
from tests.there import there


def found(folder):
    """Return the assumptions of a study by key."""
    case = prepare(read_study(folder))
    return {each.key: each for each in assumptions(case.prepared, case.use)}


def test_what_is_given_is_no_assumption_and_what_does_not_act_is_none(spoiled):
    keys = found(spoiled.folder)
    assert "demand.need_share" not in keys  # given
    own = {key for key in keys if key.startswith(("policy.", "usage.", "travel."))}  # streets, no transactions
    assert own == {"policy.backup_share", "policy.outage_probability"}
    assert [(keys[key].value, keys[key].moves, keys[key].ends) for key in sorted(own)] == [("0", "plan", ())] * 2
    spoiled.setting("max_moves = 3\n", "max_moves = 3\nbackup_share = 0.25\n")
    assert "policy.backup_share" not in found(spoiled.folder)
    assert (keys["demand.need_area_cv"].moves, keys["demand.need_area_cv"].ends) == ("intervals", ())
    assert str(keys["demand.people_cv"]) == "demand.people_cv = 0.1 standard deviation / mean (moves intervals alone)"
    spoiled.setting("need_share = 0.5\n", "")
    need = found(spoiled.folder)["demand.need_share"]
    assert (need.value, need.unit, need.moves, need.ends) == ("0.5", "0 to 1", "plan", (0.0, 1.0))
    spoiled.setting('footfall = {path = "footfall.csv", simulated = true}', "")
    assert not {"footfall_cv", "footfall_bandwidth_m", "footfall_capture"} & {
        key.partition(".")[2] for key in found(spoiled.folder)
    }


def test_a_survey_that_names_its_clusters_leaves_no_design_effect_to_assume(spoiled):
    assert found(spoiled.folder)["demand.deff"].value == "1"
    survey = spoiled.frame("survey")
    survey["cluster"] = [f"c{number}" for number in range(len(survey))]
    spoiled.write("survey", survey)
    assert "demand.deff" not in found(spoiled.folder)


def test_groups_that_lack_a_share_are_named(spoiled):
    spoiled.setting("[demand.online_share]\n", "[demand.online_share]\n#")
    each = found(spoiled.folder)["demand.online_share"]
    (group,) = [name for name in ("general", "elderly") if name in each.value]
    assert each.value == f"{{{group} = 0}}"
    assert [end[group] for end in each.ends] == [0.5]


def test_visits_rest_on_a_weight_and_a_limit_that_nobody_gave(tmp_path):
    write_doorstep(tmp_path)
    keys = found(tmp_path)
    assert (keys["policy.visits_weight"].value, keys["policy.visits_weight"].moves) == ("0.75", "plan")
    assert "policy.idle_below" not in keys  # the study gives 60
    assert {key for key in keys if key.startswith("usage.")} <= {f"usage.{name}" for name in OF_VISITS}
    write_doorstep(tmp_path / "asked", policy="visits_weight = 1.0")
    assert "policy.visits_weight" not in found(tmp_path / "asked")
    write_doorstep(tmp_path / "alone", policy='objective = "visits"')
    assert not {"policy.backup_share", "policy.outage_probability"} & set(found(tmp_path / "alone"))


def test_the_shipped_study_s_list():
    keys = found(REPOSITORY / "data" / "hankou")
    assert [f"{each.key} {each.value} {each.moves}" for each in keys.values()] == [
        "demand.period_rule whole plan",
        "demand.deff 1 plan",
        "demand.trip_rate_cv 0.2 intervals",
        "demand.footfall_cv 0.2 intervals",
        "demand.need_area_cv 0.15 intervals",
        "demand.people_cv 0.1 intervals",
        "policy.backup_share 0 plan",
        "policy.outage_probability 0 plan",
        "policy.idle_below 500 figures",
        "usage.outside 3.17 plan",  # how much a new station takes from others
    ]


def test_every_marked_setting_can_be_told_in_both_languages():
    fields = {name: there(Study.model_fields[name].annotation).model_fields for name in SECTIONS}
    marked = {
        f"{name}.{key}"
        for name, keys in fields.items()
        for key, field in keys.items()
        if any(isinstance(each, Assumed) for each in field.metadata)
    }
    assert {f"assumed.{key}" for key in marked} | {f"assumed.usage.{name}" for name in OF_VISITS} == {
        key for key in CATALOGUE if key.startswith("assumed.") and key.count(".") == 2 and ".moves." not in key
    }
    assert set(BY_AGE) <= marked


def test_command_and_file_tell_the_same_list_and_the_judge_makes_it_anew(tmp_path):
    write_study(tmp_path / "toy", seed=3)
    run = CliRunner().invoke
    told = json.loads(run(main, ["check", str(tmp_path / "toy"), "--json"]).stdout)["assumptions"]
    plain = run(main, ["check", str(tmp_path / "toy")]).stdout
    assert "  assumed, not measured: demand.people_cv = 0.1 standard deviation / mean (moves intervals" in plain
    out = tmp_path / "out"
    said = run(main, ["recommend", str(tmp_path / "toy"), "--out", str(out)]).stdout
    assert "assumed, not measured: demand.people_cv = 0.1" in said
    record = json.loads((out / "plan.json").read_text(encoding="utf-8"))
    assert record["assumptions"] == told
    assert [each["key"] for each in told] == list(found(tmp_path / "toy"))
    assert run(main, ["verify", str(out)]).exit_code == 0
    record["assumptions"][0]["value"] = "0.01"
    (out / "plan.json").write_text(json.dumps(record), encoding="utf-8")
    refuted = run(main, ["verify", str(out)])
    assert refuted.exit_code == 5
    assert "assumptions: the inputs give" in refuted.output


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_report_has_a_row_for_each(tmp_path, language):
    toml = write_study(tmp_path / "toy", seed=3)
    toml.write_text(
        toml.read_text(encoding="utf-8").replace("[study]\n", f'[study]\nlanguage = "{language}"\n'), "utf-8"
    )
    out = tmp_path / "out"
    assert CliRunner().invoke(main, ["recommend", str(toml), "--out", str(out), "--quiet"]).exit_code == 0
    page = (out / "report.html").read_text(encoding="utf-8")
    for each in found(toml).values():
        assert f"<code>{each.key}</code>" in page
        assert CATALOGUE[f"assumed.{each.key}"][language == "zh"] in page
