"""Progress: one kind of report, from the engine to a bar that fills."""

from __future__ import annotations

import io
import os
import pty
import subprocess
import sys
import termios

import pytest

import placement as pl
from placement.progress import CHECK, COMMAND, ENGINE, RECOMMEND, SOLVING, TREE, Progress, Step, progress_bar
from placement.solve import maximise_coverage
from placement.toy import write_study
from tests.solve.test_milp import hard_program


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    return write_study(tmp_path_factory.mktemp("progress") / "toy", seed=3)


def test_a_step_in_words():
    step = Step(stage="solving", number=6, of=8, elapsed_s=3.0, plan=98.0, bound=100.0, solving_s=2.0, limit_s=60.0)
    assert step.gap == pytest.approx(0.02)
    assert str(step) == "solving · plan 98 · bound 100 · gap 2.00% · 2 of 60 s"
    assert str(Step(stage="solving", number=6, of=8, elapsed_s=3.0, detail="cuts")) == "solving: cuts"


def test_stages_of_a_part_are_details_of_the_whole():
    told: list[Step] = []
    job = Progress(told.append, ("reading", "solving", "writing"))
    job.stage("reading")
    job.stage("solving", limit_s=10.0)
    assert Progress.of(job, ENGINE) is job
    job.in_units(0.001).stage(TREE, plan=5000, bound=8000)
    job.stage("reading")  # nobody goes back
    assert [(step.stage, step.detail, step.number) for step in told] == [
        ("reading", "", 1),
        ("solving", "", 2),
        ("solving", TREE, 2),
        ("reading", "", 2),
    ]
    assert (told[2].plan, told[2].bound, told[2].limit_s) == (5.0, 8.0, 10.0)


def test_a_recommendation_tells_its_stages_plans_and_bounds(study):
    told: list[Step] = []
    outcome = pl.recommend(pl.read_study(study), progress=told.append)
    assert list(dict.fromkeys(step.stage for step in told)) == list(RECOMMEND)
    assert [step.number for step in told] == sorted(step.number for step in told)
    solving = [step for step in told if step.stage == SOLVING]
    assert {TREE} <= {step.detail for step in solving}
    assert all(step.limit_s == 60.0 for step in solving)
    for step in told:
        assert step.plan is None or step.plan <= outcome.plan.objective * (1 + 1e-12)
        assert step.bound is None or step.bound >= outcome.plan.objective * (1 - 1e-12)
    assert told[-1].elapsed_s >= told[0].elapsed_s >= 0


def test_the_engine_tells_better_plans_and_bounds():
    told: list[Step] = []
    solution = maximise_coverage(hard_program(60, 300), progress=told.append)
    plans = [step.plan for step in told if step.plan is not None]
    bounds = [step.bound for step in told if step.bound is not None]
    assert plans == sorted(plans)
    assert bounds == sorted(bounds, reverse=True)
    assert plans[-1] <= solution.objective == solution.bound <= bounds[-1]
    assert {step.stage for step in told} <= set(ENGINE)


def test_a_listener_that_fails_costs_no_plan(study, caplog):
    calls: list[Step] = []

    def failing(step: Step) -> None:
        calls.append(step)
        raise ValueError("no display")

    assert pl.recommend(pl.read_study(study), progress=failing).plan.status == "optimal"
    assert len(calls) == 1
    assert "progress is told no further: ValueError: no display" in caplog.text


class Terminal(io.StringIO):
    """What tqdm takes for a terminal."""

    def isatty(self) -> bool:
        return True


def test_the_bar_fills(monkeypatch):
    screen = Terminal()
    monkeypatch.setattr(sys, "stderr", screen)
    with progress_bar() as bar:
        job = Progress(bar, CHECK)
        for stage in CHECK:
            job.stage(stage)
    drawn = screen.getvalue()
    assert "reading tables" in drawn
    assert f"{len(CHECK)}/{len(CHECK)}" in drawn


def test_a_pipe_hears_nothing_and_a_terminal_sees_the_bar_fill(study, tmp_path):
    run = [sys.executable, "-m", "placement", "recommend", str(study), "--out", str(tmp_path / "out")]
    piped = subprocess.run(run, capture_output=True, text=True, check=True)
    assert piped.stderr == ""
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (24, 100))
    with subprocess.Popen(run, stdout=subprocess.DEVNULL, stderr=theirs) as running:
        os.close(theirs)
        drawn = b""
        with os.fdopen(ours, "rb", buffering=0) as screen:
            try:
                while chunk := screen.read(4096):
                    drawn += chunk
            except OSError:  # the other end is closed
                pass
    assert running.returncode == 0
    assert f"{len(COMMAND)}/{len(COMMAND)}".encode() in drawn
    assert b"walking times" in drawn
