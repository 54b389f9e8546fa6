"""The command line as scripts use it: exit codes, JSON, silence in a pipe."""

from __future__ import annotations

import hashlib
import importlib
import json
import shutil
import signal
import subprocess
import sys
import time
from typing import Any

import pytest
from click.testing import CliRunner

from placement.cli import main
from placement.toy import write_study
from tests.conftest import REPOSITORY
from tests.there import there


def call(*arguments: object):
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    return write_study(tmp_path_factory.mktemp("cli") / "study", seed=5)


@pytest.fixture(scope="module")
def plan(study, tmp_path_factory):
    folder = tmp_path_factory.mktemp("cli") / "plan"
    done = call("recommend", study, "--out", folder)
    assert done.exit_code == 0, done.output
    return folder, done.output


def test_check(study):
    done = call("check", study)
    assert done.exit_code == 0, done.output
    assert "60 demand points" in done.output
    assert "SIMULATED inputs: population, footfall, survey, stations, candidates" in done.output


def test_check_json(study):
    done = call("check", study, "--json")
    assert json.loads(done.stdout)["candidates"] == 8


def test_bad_input_is_one_object_too_with_every_fault_by_table_and_row(study):
    stations = study.parent / "stations.csv"
    text = stations.read_text(encoding="utf-8")
    try:
        stations.write_text(text.replace(",", ";"), encoding="utf-8")
        done = call("check", study, "--json")
    finally:
        stations.write_text(text, encoding="utf-8")
    record = json.loads(done.stdout)
    assert (done.exit_code, record["exit_code"]) == (2, 2)
    assert record["faults"]
    assert all(set(each) == {"table", "row", "problem", "remedy"} for each in record["faults"])
    assert "stations" in {each["table"] for each in record["faults"]}
    assert record["error"] in done.stderr


def test_recommend_prints_actions_and_coverage_before_and_after(plan):
    folder, output = plan
    assert "proven: no plan does better" in output
    assert "before" in output
    assert "SIMULATED" in output
    for name in ("plan.json", "actions.csv", "actions.geojson", "report.html", "awareness.csv", "SHA256SUMS"):
        assert (folder / name).is_file()
    for action in json.loads((folder / "plan.json").read_text(encoding="utf-8"))["actions"]:
        assert action["site_id"] in output


def test_same_seed_same_bytes(study, plan, tmp_path):
    folder, _ = plan
    again = folder.parent / "again"
    assert call("recommend", study, "--out", again, "--quiet").exit_code == 0
    for file in sorted(folder.iterdir()):
        assert (again / file.name).read_bytes() == file.read_bytes(), file.name


def test_verify_and_compare(plan, study):
    folder, _ = plan
    done = call("verify", folder)
    assert done.exit_code == 0, done.output
    assert "confirmed: everything recounted equal" in done.output
    same = call("compare", folder, folder)
    assert same.exit_code == 0
    assert "the actions are the same" in same.output


def test_quiet_says_nothing(study, tmp_path):
    done = call("recommend", study, "--out", tmp_path / "out", "--quiet")
    assert done.exit_code == 0
    assert done.output == ""


def test_json_is_one_object(study, tmp_path):
    done = call("recommend", study, "--out", tmp_path / "out", "--json")
    assert json.loads(done.stdout)["status"] == "optimal"


def test_bad_input_is_2(tmp_path):
    done = call("recommend", tmp_path / "nowhere.toml", "--out", tmp_path / "out")
    assert done.exit_code == 2
    assert "cannot be read" in done.stderr
    assert call("recommend").exit_code == 2


def test_an_unknown_solver_is_told_before_anything_is_computed(study, tmp_path, monkeypatch):
    monkeypatch.setattr("placement.pipeline.recommend.prepare", None)
    done = call("recommend", study, "--out", tmp_path / "out", "--backend", "gurobi9")
    assert done.exit_code == 2
    assert "solver 'gurobi9' is unknown or not available -> use one of highs, cbc" in done.stderr


def test_an_output_beneath_a_file_is_told_before_anything_is_computed(study, tmp_path, monkeypatch):
    monkeypatch.setattr("placement.pipeline.recommend.prepare", None)
    (tmp_path / "file").write_text("x")
    done = call("recommend", study, "--out", tmp_path / "file" / "out")
    assert done.exit_code == 2
    assert f"{tmp_path / 'file'} is a file -> choose another folder" in done.stderr


def test_a_plan_within_the_asked_gap_is_not_called_the_best(study, tmp_path):
    done = call("recommend", study, "--out", tmp_path / "out", "--gap", "0.5")
    assert done.exit_code == 0
    assert "proven within the asked gap (gap" in done.stdout
    assert "no plan does better" not in done.stdout


def test_all_faults_of_study_and_tables_at_once(tmp_path):
    path = write_study(tmp_path / "study", seed=5)
    path.write_text(path.read_text(encoding="utf-8").replace("max_moves", "max_mvoes"), encoding="utf-8")
    (tmp_path / "study" / "survey.csv").write_bytes(b"")
    for command in (["check"], ["recommend", "--out", tmp_path / "out"]):
        done = call(*command, path)
        assert done.exit_code == 2
        assert "2 faults in the input" in done.stderr
        assert "study.toml [policy.max_mvoes]: unknown key -> did you mean max_moves?" in done.stderr
        assert "survey: is empty -> give a header and rows" in done.stderr


@pytest.mark.parametrize("folder", ["nowhere", "study"])
def test_a_folder_without_a_plan(study, tmp_path, folder):
    place = tmp_path / "nowhere" if folder == "nowhere" else study.parent
    for arguments in (["verify", place], ["compare", place, place]):
        done = call(*arguments)
        assert done.exit_code == 2
        assert "cannot be read: No such file or directory -> name a result folder" in done.stderr


def test_infeasible_is_3_and_names_the_constraint(tmp_path):
    path = write_study(tmp_path / "study", seed=5, max_stations=0)
    done = call("recommend", path, "--out", tmp_path / "out")
    assert done.exit_code == 3
    assert "max_stations" in done.stderr or "floor age elderly" in done.stderr
    assert not (tmp_path / "out").exists()


def test_budget_below_what_is_required_is_3(tmp_path):
    path = write_study(tmp_path / "study", seed=5)
    frame = (tmp_path / "study" / "candidates.csv").read_text(encoding="utf-8").splitlines()
    frame = [frame[0] + ",status", *(f"{line},required" for line in frame[1:])]
    (tmp_path / "study" / "candidates.csv").write_text("\n".join(frame) + "\n", encoding="utf-8")
    text = path.read_text(encoding="utf-8").replace("max_stations = 6\n", "")
    path.write_text(text.replace("capital = 150000", "capital = 1000"), encoding="utf-8")
    done = call("recommend", path, "--out", tmp_path / "out")
    assert done.exit_code == 3
    assert "capital is short by" in done.stderr
    assert "required sites" in done.stderr


def test_a_floor_that_cannot_be_met_is_named_with_what_is_possible(tmp_path):
    path = write_study(tmp_path / "study", seed=5)
    text = path.read_text(encoding="utf-8").replace("elderly = 0.1", "elderly = 0.1\ndistrict = {west = 0.99}")
    path.write_text(text, encoding="utf-8")
    done = call("recommend", path, "--out", tmp_path / "out")
    assert done.exit_code == 3
    assert "floor district west asks 99.00% of the weight, at most" in done.stderr


def test_not_proven_is_4(study, tmp_path, monkeypatch):
    from dataclasses import replace

    from placement.plan import solving

    solve = vars(solving)["maximise_coverage"]

    def unproven(program, **options):
        solution = solve(program, **options)
        return replace(
            solution,
            certificate=None,
            status="feasible",
            bound=solution.objective + 1000,
            proof="solver",
            solver="HiGHS",
        )

    monkeypatch.setattr(solving, "maximise_coverage", unproven)
    out = study.parent.parent / "unproven"
    done = call("recommend", study, "--out", out)
    assert done.exit_code == 4, done.output
    assert "NOT proven" in done.output
    assert call("verify", out).exit_code == 4


def test_foreign_folder_is_not_replaced(study, tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("years of work")
    done = call("recommend", study, "--out", tmp_path / "mine")
    assert done.exit_code == 2
    assert (tmp_path / "mine" / "thesis.txt").read_text() == "years of work"


def test_refuted_is_5(plan, tmp_path):
    folder, _ = plan
    changed = folder.parent / "changed"
    changed.mkdir()
    for file in folder.iterdir():
        (changed / file.name).write_bytes(file.read_bytes())
    record = json.loads((changed / "plan.json").read_text(encoding="utf-8"))
    record["objective"] += 1
    (changed / "plan.json").write_text(json.dumps(record), encoding="utf-8")
    done = call("verify", changed)
    assert done.exit_code == 5
    assert "objective: recounted" in done.stderr


def test_no_plan_in_time_is_6(study, tmp_path, monkeypatch):
    from placement.errors import NoSolutionError

    def nothing(*_args, **_options):
        raise NoSolutionError("no plan was found within 1 s: allow more time")

    monkeypatch.setattr("placement.pipeline.recommend.optimise", nothing)
    assert call("recommend", study, "--out", tmp_path / "out").exit_code == 6


def test_interrupt_is_130(study, tmp_path, monkeypatch):
    def interrupted(*_args, **_options):
        raise KeyboardInterrupt

    monkeypatch.setattr("placement.pipeline.recommend.optimise", interrupted)
    done = call("recommend", study, "--out", tmp_path / "out")
    assert done.exit_code == 130
    assert f"no plan was written; {tmp_path / 'out'} is as it was" in done.stderr
    assert not (tmp_path / "out").exists()


def test_silent_in_a_pipe(study, tmp_path):
    command = [sys.executable, "-m", "placement", "recommend", str(study), "--out", str(tmp_path / "out"), "--json"]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=True)
    assert done.stderr == ""
    json.loads(done.stdout)


def test_module_entry_point_version():
    done = subprocess.run(
        [sys.executable, "-m", "placement", "--version"], cwd=REPOSITORY, capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith("placement, version ")


@pytest.fixture(scope="module")
def took(study, tmp_path_factory):
    """Seconds that a run takes in a process of its own."""
    out = tmp_path_factory.mktemp("cli") / "out"
    command = [sys.executable, "-m", "placement", "recommend", str(study), "--out", str(out), "--quiet"]
    began = time.monotonic()
    subprocess.run(command, cwd=REPOSITORY, check=True)
    return time.monotonic() - began


@pytest.mark.parametrize("share", [0.3, 0.7, 0.95])
def test_killed_run_leaves_the_previous_folder_whole(study, plan, took, tmp_path, share):
    out = tmp_path / "out"
    shutil.copytree(plan[0], out)
    before = {file.name: file.read_bytes() for file in out.iterdir()}
    command = [sys.executable, "-m", "placement", "recommend", str(study), "--out", str(out), "--quiet"]
    child = subprocess.Popen([*command, "--seed", "9"], cwd=REPOSITORY)
    time.sleep(share * took)
    child.kill()
    child.wait()
    after = {file.name: file.read_bytes() for file in out.iterdir()}
    # The plan is written before anything is drawn, so that drawing never costs one.
    undrawn = set(before) - {"report.html"}
    assert set(after) in (set(before), undrawn)
    sums = dict(reversed(line.split("  ")) for line in after["SHA256SUMS"].decode().splitlines())
    assert all(hashlib.sha256(after[name]).hexdigest() == digest for name, digest in sums.items())
    assert json.loads(after["plan.json"])["seed"] in {5, 9}
    assert set(sums) == set(after) - {"SHA256SUMS"}
    assert after == before or json.loads(after["plan.json"])["seed"] == 9


INTERRUPTED = """
import signal
import sys
import time
from typing import Any

signal.signal(signal.SIGINT, signal.default_int_handler)  # a test run in the background inherits "ignore"

from placement.cli import main
from placement.solve.backends import highs

real = highs.run

def run(model):
    def wait_for_ctrl_c(_event):
        print("plan found", flush=True)
        while not signal.getsignal(signal.SIGINT).asked:
            time.sleep(0.01)

    model.cbMipImprovingSolution += wait_for_ctrl_c
    real(model)

highs.run = run
main(["recommend", *sys.argv[1:], "--backend", "highs"])
"""


def interrupted(study, out):
    """Run recommend and press Ctrl-C when HiGHS has its first plan; HiGHS goes no further before it is heard."""
    command = [sys.executable, "-c", INTERRUPTED, str(study), "--out", str(out)]
    with subprocess.Popen(
        command, cwd=REPOSITORY, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            assert there(process.stdout).readline() == "plan found\n"
            process.send_signal(signal.SIGINT)
            said, complaint = process.communicate(timeout=120)
        except BaseException:
            process.kill()
            raise
    return process.returncode, said, complaint


def test_ctrl_c_writes_the_best_plan_so_far(tmp_path):
    town: dict[str, Any] = {
        "blocks": 24,
        "points": 700,
        "stations": 20,
        "candidates": 200,
        "threshold_min": 6,
        "max_stations": 40,
    }
    study = write_study(tmp_path / "study", seed=1, capital_yuan=2_000_000, **town)
    study.write_text(study.read_text(encoding="utf-8").replace("running = 200000", "running = 500000"), "utf-8")
    out = tmp_path / "out"
    code, said, complaint = interrupted(study, out)
    assert code == 130
    assert "NOT proven" in said
    assert "INTERRUPTED: the run was stopped by hand; this is the best plan found until then" in said
    assert "stopping; the best plan so far will be written" in complaint
    assert f"interrupted; the best plan so far is in {out}" in complaint
    record = json.loads((out / "plan.json").read_text(encoding="utf-8"))
    assert record["solve"]["interrupted"]
    assert not record["solve"]["tie_broken"]
    assert record["status"] == "feasible"
    assert 0 < record["objective"] < record["bound"]
    assert "The run was stopped by hand" in (out / "report.html").read_text(encoding="utf-8")
    judged = call("verify", out)
    assert judged.exit_code == 4, judged.output
    assert "confirmed: everything recounted equal; NOT proven optimal" in judged.output
    best = call("recommend", study, "--out", out, "--json")
    assert best.exit_code == 0
    assert record["objective"] <= json.loads(best.stdout)["objective"] <= record["bound"]
    assert not json.loads(best.stdout)["solve"]["interrupted"]


def test_ctrl_c_while_ties_are_broken_keeps_the_proven_plan(study, tmp_path, monkeypatch):
    from placement.interrupts import hold_interrupts

    def cut_short(*_arguments, **_options):
        with hold_interrupts() as interrupt:
            interrupt.ask()

    monkeypatch.setattr("placement.solve.ties.tie_break.tie_break", cut_short)
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        done = call("recommend", study, "--out", tmp_path / "out", "--json")
    finally:
        signal.signal(signal.SIGINT, before)
    assert done.exit_code == 130
    record = json.loads(done.stdout)
    assert (record["status"], record["solve"]["tie_broken"], record["solve"]["interrupted"]) == ("optimal", False, True)


def test_ctrl_c_after_the_plan_still_writes_it(study, tmp_path, monkeypatch):
    room = importlib.import_module("placement.plan.optimise")
    real = vars(room)["measure_visits"]

    def pressed(*arguments):
        signal.raise_signal(signal.SIGINT)
        return real(*arguments)

    monkeypatch.setattr(room, "measure_visits", pressed)
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        done = call("recommend", study, "--out", tmp_path / "out", "--quiet")
    finally:
        signal.signal(signal.SIGINT, before)
    assert done.exit_code == 130
    record = json.loads((tmp_path / "out" / "plan.json").read_text(encoding="utf-8"))
    assert (record["status"], record["solve"]["interrupted"]) == ("optimal", False)


def test_check_says_who_knows_the_service(spoiled):
    lines = CliRunner().invoke(main, ["check", str(spoiled.folder)]).output
    record = json.loads(CliRunner().invoke(main, ["check", str(spoiled.folder), "--json"]).output)["awareness"]
    told = "SIMULATED survey, population: "
    assert f"  {told}{record['mean']:.1%} of residents know the service (90 % interval " in lines
    assert f"{record['used']:.1%} use it, {record['never_heard']:.1%} never heard of it" in lines
    assert record["low"] < record["mean"] < record["high"]
