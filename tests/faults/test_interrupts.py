"""Ctrl-C at each stage of a real process: what README promises is what happens."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time

import pytest
from click.testing import CliRunner

from placement.cli import main
from placement.toy import write_study
from tests.conftest import REPOSITORY
from tests.there import there

WAITING = """
import importlib
import signal
import sys
import time

signal.signal(signal.SIGINT, signal.default_int_handler)  # a test run in the background inherits "ignore"

from placement.cli import main

module, name = sys.argv.pop(1).split(":")
presses = int(sys.argv.pop(1))
holder = importlib.import_module(module)
real = getattr(holder, name)

def waiting(*arguments, **options):
    # Each press is asked for once the one before was heard.
    for press in range(presses):
        print("press", flush=True)
        handler = signal.getsignal(signal.SIGINT)
        until = time.monotonic() + 60
        while time.monotonic() < until and not (press == 0 and getattr(handler, "asked", False)):
            time.sleep(0.005)
    return real(*arguments, **options)

setattr(holder, name, waiting)
main(["recommend", *sys.argv[1:]])
"""


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    return write_study(tmp_path_factory.mktemp("interrupts") / "study", seed=5)


def interrupted(study, out, where, presses):
    """Run recommend, press Ctrl-C so many times when it comes to a function; return code, stdout and stderr."""
    command = [sys.executable, "-c", WAITING, where, str(presses), str(study), "--out", str(out)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=REPOSITORY, stdout=pipe, stderr=pipe, text=True) as process:
        try:
            for _ in range(presses):
                assert there(process.stdout).readline() == "press\n"
                time.sleep(0.05)
                process.send_signal(signal.SIGINT)
            said, complaint = process.communicate(timeout=120)
        except BaseException:
            process.kill()
            raise
    assert "Traceback" not in complaint
    return process.returncode, said, complaint


@pytest.mark.parametrize("where", ["placement.pipeline.study_case:cover"])
def test_before_there_is_a_plan_nothing_is_written(study, tmp_path, where):
    code, said, complaint = interrupted(study, tmp_path / "out", where, 1)
    assert code == 130
    assert said == ""
    assert complaint == f"placement: no plan was written; {tmp_path / 'out'} is as it was\nplacement: interrupted\n"
    assert not list(tmp_path.iterdir())


MOMENTS = {
    "tie-break": ("placement.solve.ties.tie_break:aggregate", "the best plan so far will be written"),
    "writing": ("placement.report.write:write_folder", "the best plan so far will be written"),
    "drawing": ("placement.report.write:render_report", "the plan is written, its report is being drawn"),
}


@pytest.mark.parametrize("moment", MOMENTS)
def test_the_first_press_after_there_is_a_plan_writes_it(study, tmp_path, moment):
    where, words = MOMENTS[moment]
    code, said, complaint = interrupted(study, tmp_path / "out", where, 1)
    assert code == 130
    assert words in complaint
    assert complaint.endswith(f"placement: interrupted; the best plan so far is in {tmp_path / 'out'}\n")
    assert "written to" in said
    assert (tmp_path / "out" / "report.html").is_file()
    judged = CliRunner().invoke(main, ["verify", str(tmp_path / "out")])
    assert judged.exit_code == 0, judged.output
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_the_second_press_before_the_plan_is_written_leaves_nothing(study, tmp_path):
    code, said, complaint = interrupted(study, tmp_path / "out", "placement.plan.optimise:measure_visits", 2)
    assert (code, said) == (130, "")
    assert complaint.endswith(f"no plan was written; {tmp_path / 'out'} is as it was\nplacement: interrupted\n")
    assert not list(tmp_path.iterdir())


def test_the_second_press_while_drawing_leaves_the_plan_whole(study, tmp_path):
    code, said, complaint = interrupted(study, tmp_path / "out", "placement.report.write:render_report", 2)
    assert (code, said) == (130, "")
    assert f"the plan is in {tmp_path / 'out'}" in complaint
    record = json.loads((tmp_path / "out" / "plan.json").read_text(encoding="utf-8"))
    assert record["status"] == "optimal"
    assert not (tmp_path / "out" / "report.html").exists()
    sums = subprocess.run(
        ["sha256sum", "--check", "--strict", "--quiet", "SHA256SUMS"], cwd=tmp_path / "out", check=False
    )
    assert sums.returncode == 0
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
