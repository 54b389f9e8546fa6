"""The judge against plans altered by hand: any one number is enough."""

from __future__ import annotations

import copy
import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from placement.errors import InputError
from placement.judge import verify
from placement.pipeline.recommend import recommend
from placement.study import read_study
from placement.toy import write_study
from tests.effort import EFFORT
from tests.written import write_outcome

NOT_FROM_THE_INPUTS = {"seed", "solve", "versions"}


@pytest.fixture(scope="module")
def written(tmp_path_factory) -> Path:
    root = tmp_path_factory.mktemp("judge")
    study = read_study(write_study(root / "study", seed=5))
    outcome = recommend(study)
    kinds = set(outcome.plan.actions["action"])
    assert {"keep", "open"} <= kinds or {"move"} <= kinds, "the toy plan must be worth judging"
    write_outcome(outcome, root / "plan")
    return Path(root) / "plan"


def numbers(record: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if isinstance(record, dict):
        for key in record:
            yield from numbers(record[key], (*path, key))
    elif isinstance(record, list):
        for index, item in enumerate(record):
            yield from numbers(item, (*path, index))
    elif isinstance(record, int | float) and not isinstance(record, bool):
        yield path


def at(record: Any, path: tuple[Any, ...]) -> Any:
    for key in path:
        record = record[key]
    return record


def altered(record: dict[str, Any], path: tuple[Any, ...], step: float) -> dict[str, Any]:
    changed = copy.deepcopy(record)
    place = changed
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = place[path[-1]] + (int(step) or 1 if isinstance(place[path[-1]], int) else step)
    return changed


def write(folder: Path, record: dict[str, Any], *, reseal: bool) -> None:
    content = (json.dumps(record, ensure_ascii=False, indent=2, sort_keys=True) + "\n").encode()
    (folder / "plan.json").write_bytes(content)
    if reseal:
        sums = folder / "SHA256SUMS"
        lines = [line for line in sums.read_text().splitlines() if not line.endswith("  plan.json")]
        sums.write_text("\n".join([*lines, f"{hashlib.sha256(content).hexdigest()}  plan.json"]) + "\n")


def test_the_plan_itself_is_confirmed_and_proven(written):
    verdict = verify(written)
    assert verdict.differences == ()
    assert verdict.proven


def test_every_altered_number_is_refuted_even_with_new_checksums(written, tmp_path):
    folder = tmp_path / "plan"
    shutil.copytree(written, folder)
    record = json.loads((written / "plan.json").read_text(encoding="utf-8"))
    record["study"] = str((written.parent / "study" / "study.toml").resolve())
    write(folder, record, reseal=True)
    assert verify(folder).confirmed
    paths = [path for path in numbers(record) if path[0] not in NOT_FROM_THE_INPUTS]
    assert len(paths) > 100
    from placement.judge import folder as judge
    from placement.pipeline import prepare as inputs

    prepared = inputs.prepare_inputs(read_study(record["study"]))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(judge, "prepare_inputs", lambda _study, cached: prepared)
        for number, path in enumerate(paths[:: 1 if EFFORT == 1 else 2]):
            for step in (0.01, -1) if isinstance(at(record, path), int) else (0.01 * (-1) ** number,):
                write(folder, altered(record, path, step), reseal=True)
                assert not verify(folder).confirmed, f"{path} altered by {step} was confirmed"


def test_any_altered_number_is_seen_by_the_checksums(written, tmp_path):
    folder = tmp_path / "plan"
    shutil.copytree(written, folder)
    record = json.loads((written / "plan.json").read_text(encoding="utf-8"))
    record["study"] = str((written.parent / "study" / "study.toml").resolve())
    record["seed"] += 1
    write(folder, record, reseal=False)
    assert "plan.json: was changed after it was written" in verify(folder).differences


@pytest.mark.parametrize("name", ["actions.csv", "actions.geojson", "awareness.csv", "report.html"])
def test_altered_tables_are_seen(written, tmp_path, name):
    folder = tmp_path / "plan"
    shutil.copytree(written, folder)
    record = json.loads((written / "plan.json").read_text(encoding="utf-8"))
    record["study"] = str((written.parent / "study" / "study.toml").resolve())
    write(folder, record, reseal=True)
    (folder / name).write_bytes((folder / name).read_bytes().replace(b"open", b"0pen", 1) + b" ")
    assert f"{name}: was changed after it was written" in verify(folder).differences


def test_swapped_actions_are_refuted(written, tmp_path):
    folder = tmp_path / "plan"
    shutil.copytree(written, folder)
    record = json.loads((written / "plan.json").read_text(encoding="utf-8"))
    record["study"] = str((written.parent / "study" / "study.toml").resolve())
    kept = next(action for action in record["actions"] if action["action"] == "keep")
    kept["action"] = "close"
    write(folder, record, reseal=True)
    differences = verify(folder).differences
    assert "open: differs from the actions" in differences


def test_a_changed_input_is_a_bad_input(written, tmp_path):
    root = tmp_path / "copy"
    shutil.copytree(written.parent, root)
    population = root / "study" / "population.csv"
    population.write_text(population.read_text(encoding="utf-8").replace(",west,", ",west, ", 1), encoding="utf-8")
    with pytest.raises(InputError, match="population: is not the file the plan was made from"):
        verify(root / "plan")


def test_a_moved_study_is_found_by_its_path(written, tmp_path):
    root = tmp_path / "elsewhere"
    shutil.copytree(written.parent / "study", root / "inputs")
    shutil.copytree(written, root / "result")
    with pytest.raises(InputError, match="cannot be read"):
        verify(root / "result")
    assert verify(root / "result", study=root / "inputs").confirmed


@pytest.mark.parametrize(
    ("changes", "difference"),
    [
        ({"proof": "solver"}, "proof: is 'solver' although the plan comes with a certificate"),
        ({"proof": "none"}, "proof: an optimal plan needs one"),
        ({"proof": "oracle"}, "plan.json: is not of the published format: proof: Input should be 'certificate'"),
        ({"bound": "much"}, "plan.json: is not of the published format"),
        ({"objective": None}, "plan.json: is not of the published format"),
    ],
)
def test_forged_proofs_and_odd_values_are_refuted(written, tmp_path, changes, difference):
    folder = tmp_path / "plan"
    shutil.copytree(written, folder)
    record = json.loads((written / "plan.json").read_text(encoding="utf-8"))
    record["study"] = str((written.parent / "study" / "study.toml").resolve())
    write(folder, record | changes, reseal=True)
    assert any(line.startswith(difference) for line in verify(folder).differences)


def test_not_a_number_is_no_json(written, tmp_path):
    folder = tmp_path / "plan"
    shutil.copytree(written, folder)
    text = (folder / "plan.json").read_text(encoding="utf-8")
    (folder / "plan.json").write_text(text.replace('"gap": 0.0', '"gap": NaN'), encoding="utf-8")
    with pytest.raises(InputError, match="NaN is not a number of JSON"):
        verify(folder)


@pytest.mark.parametrize("name", ["actions.csv", "report.html", "SHA256SUMS", "certificate.npz"])
def test_a_file_beyond_any_size_is_refuted_unread(written, tmp_path, name):
    shutil.copytree(written.parent / "study", tmp_path / "study")
    shutil.copytree(written, tmp_path / "plan")
    os.truncate(tmp_path / "plan" / name, 3 * 2**30)
    assert any(f"{name} " in line or f"{name}: " in line for line in verify(tmp_path / "plan").differences)


@pytest.mark.parametrize("name", ["a" * 5000, "a/" * 3000, "\x00"])
def test_a_path_that_no_file_can_have_is_bad_input(written, name):
    with pytest.raises(InputError, match="there is no such file"):
        verify(written, study=name)
