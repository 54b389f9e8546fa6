"""Travel times are kept between runs of a study, change nothing, and are not believed by the judge."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from click.testing import CliRunner

from placement.cli import main
from placement.judge import verify
from placement.pipeline.prepare import prepare_inputs
from placement.pipeline.recommend import recommend
from placement.study import read_study
from placement.travel import ask as run
from placement.travel.archive import load_times, save_times
from tests.there import whole_times
from tests.written import write_outcome


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The user's cache folder, empty."""
    monkeypatch.setenv("PLACEMENT_CACHE", str(tmp_path / "kept"))
    return tmp_path / "kept"


@pytest.fixture
def searches(monkeypatch) -> list[int]:
    done: list[int] = []
    reach_of = run.reach_of

    def counted(*values, **options):
        done.append(1)
        return reach_of(*values, **options)

    monkeypatch.setattr(run, "reach_of", counted)
    return done


def test_a_second_run_starts_at_the_program(spoiled, folder, searches):
    first = prepare_inputs(read_study(spoiled.folder))
    assert len(searches) == 3  # one finds counters of one street, one spreads foot traffic, one is the times
    again = prepare_inputs(read_study(spoiled.folder))
    assert len(searches) == 5
    assert whole_times(again.times).fingerprint() == whole_times(first.times).fingerprint()
    assert len(list(folder.iterdir())) == 1
    spoiled.cell("stations", 0, "lon", str(float(spoiled.frame("stations")["lon"][0]) + 0.001))
    prepare_inputs(read_study(spoiled.folder))
    assert len(searches) == 8


def test_the_study_can_name_a_folder_or_keep_nothing(spoiled, folder, searches):
    spoiled.setting("[travel]\n", '[travel]\ncache = "times"\n')
    prepare_inputs(read_study(spoiled.folder))
    assert len(list((spoiled.folder / "times").iterdir())) == 1
    assert not folder.exists()
    spoiled.setting('cache = "times"', "cache = false")
    before = len(searches)
    prepare_inputs(read_study(spoiled.folder))
    prepare_inputs(read_study(spoiled.folder))
    assert len(searches) == before + 6
    assert not folder.exists()
    spoiled.setting("cache = false", "cache = true")
    prepare_inputs(read_study(spoiled.folder))
    assert len(list(folder.iterdir())) == 1


def test_same_files_with_and_without(spoiled, folder, tmp_path):
    for name in ("first", "second"):
        write_outcome(recommend(read_study(spoiled.folder)), tmp_path / name)
    assert len(list(folder.iterdir())) == 1
    for file in (tmp_path / "first").iterdir():
        assert file.read_bytes() == (tmp_path / "second" / file.name).read_bytes(), file.name


def nearer(path):
    """Times that are kept, a third as long."""
    times = load_times(path)
    matrix = times.matrix.copy()
    matrix.data = matrix.data // 3
    return replace(times, matrix=matrix)


def test_poisoned_times_decide_no_plan(spoiled, folder, tmp_path, caplog):
    write_outcome(recommend(read_study(spoiled.folder)), tmp_path / "honest")
    (path,) = folder.iterdir()
    save_times(nearer(path), path)
    write_outcome(recommend(read_study(spoiled.folder)), tmp_path / "again")
    assert "travel times are computed again" in caplog.text
    for file in (tmp_path / "honest").iterdir():
        assert file.read_bytes() == (tmp_path / "again" / file.name).read_bytes(), file.name


def test_the_judge_does_not_believe_what_was_kept(spoiled, folder, tmp_path):
    """Whoever acts as the user can seal what they like; the judge computes for itself."""
    write_outcome(recommend(read_study(spoiled.folder)), tmp_path / "honest")
    (path,) = folder.iterdir()
    save_times(nearer(path), path, key=path.stem)
    write_outcome(recommend(read_study(spoiled.folder)), tmp_path / "deceived")
    assert verify(tmp_path / "honest").confirmed
    verdict = verify(tmp_path / "deceived")
    assert any(line.startswith("coverage.after.total.covered: recounted") for line in verdict.differences)


def test_the_command_says_where_times_come_from_and_no_file_does(spoiled, folder, tmp_path):
    def told(*arguments):
        done = CliRunner().invoke(main, [*map(str, arguments)])
        assert done.exit_code == 0, done.output
        return done.stdout

    check = ("check", spoiled.folder)
    run = ("recommend", spoiled.folder, "--out")
    assert "from the cache" not in told(*check)
    assert json.loads(told(*check, "--json"))["times_from_cache"]
    assert f"  travel times from the cache: {folder}\n" in told(*check)
    assert f"\ntravel times from the cache: {folder}\n" in told(*run, tmp_path / "out")
    assert json.loads(told(*run, tmp_path / "out", "--json"))["times_from_cache"]
    assert all(b"from_cache" not in file.read_bytes() for file in (tmp_path / "out").iterdir())
    (path,) = folder.iterdir()
    path.unlink()
    record = json.loads(told(*run, tmp_path / "out", "--json"))
    assert (record["times_from_cache"], record["remarks"]) == (False, [])
