"""What the judge says of a solver's word, of settings that are not the study's, and of folders that are not whole."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from placement.case import measure
from placement.cli import main
from placement.economics import budget
from placement.judge import Judge, verify
from placement.models import maximal_coverage
from placement.pipeline.policy import study_options
from placement.pipeline.recommend import Outcome, recommend
from placement.plan import optimise
from placement.plan.decode import decode
from placement.plan.limits import limits_used
from placement.report import PLAN_FILE
from placement.report.write import write
from placement.study import overrides_of, read_study
from placement.toy import write_study
from tests.judge.forger import SUMS, listed
from tests.written import write_outcome


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    root = tmp_path_factory.mktemp("town")
    study = read_study(write_study(root / "study", seed=5))
    return root, study, recommend(study)


@pytest.fixture
def folder(town):
    root, _, outcome = town
    write_outcome(outcome, root / "plan")
    yield root / "plan"
    shutil.rmtree(root / "plan")


def record_of(folder: Path):
    return json.loads((folder / PLAN_FILE).read_text(encoding="utf-8"))


def reseal(folder: Path):
    files = {file.name: file.read_bytes() for file in folder.iterdir() if file.name != SUMS}
    (folder / SUMS).write_bytes(listed(files))


def call(*arguments: object):
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def do_nothing(outcome: Outcome) -> Outcome:
    """Return today's stations as a plan that a solver is said to have proven."""
    case = outcome.case
    model = maximal_coverage(case)
    chosen = model.kinds == "keep"
    actions, standing = model.actions(chosen), model.standing(chosen)
    weights = np.rint(case.demand.weight * 1000).astype(np.int64)
    worth = int(weights[case.coverage.reached(standing)].sum()) / 1000
    plan = replace(
        outcome.plan,
        objective=worth,
        bound=worth,
        proof="solver",
        certificate=None,
        solver="cbc 2.10",
        actions=decode(actions, case.sites, case.costs, case.streets),
        after=measure(case, standing),
        open=tuple(sorted(case.sites.ids[standing])),
        budget_lines=budget(actions, case.costs, case.policy, case.standing),
        limits=limits_used(case, actions),
        tie_broken=False,
    )
    return replace(outcome, plan=plan)


def test_a_solvers_word_is_no_proof(town):
    root, study, _ = town
    outcome = recommend(study.with_settings({"policy.floors": {}}))
    out = root / "nothing"
    write_outcome(do_nothing(outcome), out)
    verdict = verify(out)
    assert (verdict.confirmed, verdict.proven, verdict.whole) == (True, False, False)
    assert any(line.startswith("bound not checked") for line in verdict.unchecked)
    done = call("verify", out)
    assert done.exit_code == 4, done.output
    assert "bound not checked" in done.output
    done = call("verify", out, "--resolve")
    assert done.exit_code == 5, done.output
    assert f"a plan worth {outcome.plan.objective:.3f} exists" in done.stderr


def test_a_bound_that_a_solver_gave_is_obtained_anew(town):
    root, study, _ = town
    solved = recommend(study, options=study_options(study).but(backend="highs"))
    assert solved.plan.proof == "solver"
    write_outcome(solved, root / "highs")
    assert call("verify", root / "highs").exit_code == 4
    done = call("verify", root / "highs", "--resolve", "--json")
    assert done.exit_code == 0, done.output
    said = json.loads(done.stdout)
    assert said["proven"]
    assert any("the bound anew" in line for line in said["checked"])
    assert "made with solve.backend = highs instead of auto" in said["checked"]


@pytest.mark.parametrize("gap", [0.005, 0.01, 0.03])
def test_plans_within_an_asked_gap_are_proven(town, gap):
    root, study, _ = town
    write_outcome(recommend(study, options=study_options(study).but(gap=gap)), root / f"gap {gap}")
    verdict, left = verify(root / f"gap {gap}"), record_of(root / f"gap {gap}")["gap"]
    assert verdict.whole
    assert verdict.statement == (
        f"everything recounted equal; proven within a gap of {left:.4%}, {gap:.4%} was asked" if left else ""
    )


@pytest.mark.parametrize("seed", range(4))
def test_the_judges_own_run_finds_what_the_engine_proves(tmp_path, seed):
    study = read_study(write_study(tmp_path / "study", seed=seed, points=40))
    outcome = recommend(study)
    write_outcome(outcome, tmp_path / "plan")
    judge = Judge.of(study)
    assert judge.verdict(tmp_path / "plan").whole
    found = judge._counting({}).resolver.most(60.0)
    assert (found.best, found.bound) == (round(outcome.plan.objective * 1000),) * 2


def test_ties_that_were_not_broken_are_refuted_where_they_are_said_to_be(town):
    """The same sites served, but one station closed and another opened at the same place in vain costs more."""
    root, study, outcome = town
    judge = Judge.of(study)
    write_outcome(outcome, root / "ties")
    verdict = judge.verdict(root / "ties")
    assert "no plan that covers as much has fewer actions, or as many for less money" in verdict.checked
    second = judge._hearing(record_of(root / "ties")).second(asked=False)
    name, amounts = next(iter(second._amounts()))
    worth = round(outcome.plan.objective * 1000)
    found = second.counting.resolver.least(amounts, 60.0, worth=worth, within=())
    assert (name, found.best) == ("actions", found.bound)


@pytest.mark.parametrize("few", ["open", "none"])
def test_what_a_certificate_settles_is_not_solved_anew(town, monkeypatch, few):
    root, study, outcome = town
    write_outcome(outcome, root / "few")
    judge = Judge.of(study)
    judge.verdict(root / "few")
    second = judge._hearing(record_of(root / "few")).second(asked=False)
    entries = second._among_optima().entries
    assert entries < second.counting.resolver.entries
    monkeypatch.setattr("placement.judge.second.FEW_ENTRIES", entries if few == "open" else entries - 1)
    checked = " ".join(Judge.of(study).verdict(root / "few").checked)
    compared = "no plan that covers as much has fewer actions, or as many for less money"
    assert (compared in checked) == (few == "open")
    assert ("not compared with plans that cover as much" in checked) == (few == "none")


def test_settings_of_the_command_line_are_recorded_and_recounted(town):
    root, study, _ = town
    out = root / "command"
    done = call("recommend", study.file, "--out", out, "--gap", "0.02", "--seed", "9", "--time-limit", "30")
    assert done.exit_code == 0, done.output
    assert "made with solve.gap = 0.02 instead of 0.0" in done.stdout
    assert record_of(out)["overrides"] == [
        {"key": "solve.gap", "study": 0.0, "used": 0.02},
        {"key": "solve.time_limit_s", "study": study.solve.time_limit_s, "used": 30.0},
        {"key": "study.seed", "study": 5, "used": 9},
    ]
    assert "solve.gap = 0.02 instead of 0.0" in (out / "report.html").read_text(encoding="utf-8")
    done = call("verify", out)
    assert done.exit_code == 0, done.output
    assert "made with study.seed = 9 instead of 5" in done.output


def test_a_study_that_was_changed_in_memory_is_recounted_as_it_was(town):
    root, study, _ = town
    floors = study.policy.floors.model_copy(update={"district": Fraction(1, 30)})
    changed = study.model_copy(
        update={
            "policy": study.policy.model_copy(update={"max_moves": 1, "floors": floors}),
            "budget": study.budget.model_copy(update={"capital": 9_500_050}),
            "travel": study.travel.model_copy(update={"threshold_min": 6.0}),
        }
    )
    write_outcome(recommend(changed), root / "changed")
    used = {each["key"]: each["used"] for each in record_of(root / "changed")["overrides"]}
    assert used == {
        "budget.capital": 95_000.5,
        "policy.floors": {"elderly": 0.1, "district": "1/30"},
        "policy.max_moves": 1,
        "travel.threshold_min": 6.0,
    }
    verdict = verify(root / "changed")
    assert verdict.whole, verdict
    assert "made with travel.threshold_min = 6.0 instead of 5.0" in verdict.checked


def test_limits_that_a_caller_changed_are_recorded(town):
    root, _, outcome = town
    case = outcome.case.but(name="Toy town by hand")
    options = case.options.but(gap=0.01, threads=1, engine={"tree": {"at_once": 1}})
    plan = optimise(case, case.policy.but(capital_yuan=90_000, max_moves=0), options)
    write(outcome.case, plan, root / "by hand")
    used = {each["key"]: each["used"] for each in record_of(root / "by hand")["overrides"]}
    assert used == {
        "budget.capital": 90_000.0,
        "policy.max_moves": 0,
        "solve.engine": {"tree": {"at_once": 1}},
        "solve.expert": True,
        "solve.gap": 0.01,
        "solve.threads": 1,
        "study.name": "Toy town by hand",
    }
    assert verify(root / "by hand").whole


def test_costs_that_are_not_the_studys_are_refuted_by_name(town):
    root, _, outcome = town
    costs = replace(outcome.case.costs, purchase=outcome.case.costs.purchase + 100)
    case = outcome.case.but(costs=costs)
    write(case, optimise(case), root / "dearer")
    verdict = verify(root / "dearer")
    assert any(line.startswith("actions: open") and "yuan" in line for line in verdict.differences), verdict


def test_an_asked_gap_that_is_not_the_studys_is_said(folder):
    record = record_of(folder)
    record["solve"]["asked_gap"] = 0.5
    record["solve"]["tie_broken"] = False
    (folder / PLAN_FILE).write_text(json.dumps(record, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    reseal(folder)
    assert "solve.asked_gap: 0.0 is asked, the plan says 0.5" in verify(folder).differences


def test_overrides_may_not_send_the_judge_to_the_network(folder, monkeypatch):
    monkeypatch.setattr("placement.streets.Streets.from_place", None)
    record = record_of(folder)
    record["overrides"] = [{"key": "inputs.streets", "study": None, "used": {"place": "Wuhan, China"}}]
    (folder / PLAN_FILE).write_text(json.dumps(record), encoding="utf-8")
    reseal(folder)
    done = call("verify", folder)
    assert done.exit_code == 2
    assert "a place whose streets are to be downloaded" in done.output


def test_overrides_may_not_lead_out_of_the_studys_folder(folder, town):
    root, _, _ = town
    (root / "elsewhere.csv").write_bytes((root / "study" / "population.csv").read_bytes())
    record = record_of(folder)
    used = {"path": "../elsewhere.csv", "simulated": True}
    study = {"path": "population.csv", "simulated": True}
    record["overrides"] = [{"key": "inputs.population", "study": study, "used": used}]
    (folder / PLAN_FILE).write_text(json.dumps(record, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    reseal(folder)
    done = call("verify", folder)
    assert done.exit_code == 2, done.output
    assert "inputs.population" in done.stderr


def test_strangers_and_desktop_files(folder):
    (folder / ".DS_Store").write_bytes(b"finder")
    assert verify(folder).whole
    (folder / ".DS_Store").unlink()
    (folder / ".DS_Store").mkdir()
    assert "'.DS_Store': is no file of this plan" in verify(folder).differences
    (folder / ".DS_Store").rmdir()
    (folder / "notes.txt").write_bytes(b"mine")
    reseal(folder)
    assert "'notes.txt': is no file of this plan" in verify(folder).differences


def test_links_are_no_files_of_a_plan(folder):
    (folder / "actions.csv").rename(folder.parent / "kept.csv")
    (folder / "actions.csv").symlink_to(folder.parent / "kept.csv")
    assert "actions.csv: is not a regular file" in verify(folder).differences
    (folder.parent / "kept.csv").unlink()
    assert "actions.csv: is not a regular file" in verify(folder).differences


def test_a_plan_whose_report_was_not_drawn_is_confirmed_and_not_whole(folder):
    (folder / "report.html").unlink()
    reseal(folder)
    verdict = verify(folder)
    assert (verdict.confirmed, verdict.whole) == (True, False)
    assert verdict.unchecked == ("report.html: is not there; it was not drawn, or somebody took it away",)
    assert call("verify", folder).exit_code == 4


def test_a_folder_that_moved_with_its_study_and_one_that_did_not(folder, town, tmp_path):
    root, _, _ = town
    shutil.copytree(root / "study", tmp_path / "study")
    shutil.copytree(folder, tmp_path / "plan")
    assert verify(tmp_path / "plan").whole
    (tmp_path / "study").rename(tmp_path / "inputs")
    assert call("verify", tmp_path / "plan").exit_code == 2
    assert call("verify", tmp_path / "plan", "--study", tmp_path / "inputs").exit_code == 0


def test_a_study_that_is_no_file_is_not_waited_for(folder, tmp_path):
    import os

    os.mkfifo(tmp_path / "pipe")
    done = call("verify", folder, "--study", tmp_path / "pipe")
    assert done.exit_code == 2
    assert "cannot be read" in done.stderr


def test_compare_says_what_the_two_were_made_from(town):
    root, study, outcome = town
    write_outcome(outcome, root / "first")
    write_outcome(recommend(study.with_settings({"policy.max_moves": 0})), root / "second")
    done = call("compare", root / "first", root / "second")
    assert done.exit_code == 0, done.output
    assert "made with other settings: A as the study says, B policy.max_moves = 0 (policy.max_moves)" in done.stdout
    record = record_of(root / "second")
    record["inputs"]["survey"] = "0" * 64
    (root / "second" / PLAN_FILE).write_text(json.dumps(record), encoding="utf-8")
    done = call("compare", root / "first", root / "second")
    assert "the two plans were made from different inputs: survey" in done.stdout


@pytest.mark.parametrize(
    "content", [b"", b"[]", b"{}", b"null", b'{"schema": "placement/plan/3"}', b'{"actions": 3}', b"\xff", b"[" * 9999]
)
def test_verify_and_compare_read_alike(folder, content):
    (folder / PLAN_FILE).write_bytes(content)
    done = call("verify", folder)
    assert done.exit_code == (5 if b"plan/3" in content else 2), done.output
    done = call("compare", folder, folder)
    assert done.exit_code == 2
    assert "plan.json" in done.stderr


def test_what_a_study_does_not_know_cannot_be_overridden(town):
    _, study, _ = town
    for key in ("folder", "file", "digest", "solve.gapp", "nothing.at.all", "costs.x", ""):
        with pytest.raises(ValueError, match=r"overrides|study\.toml"):
            study.with_settings({key: 3})
    assert overrides_of(study.with_settings({"solve.gap": 0.0})) == ()
    assert study.with_settings({}) is study
