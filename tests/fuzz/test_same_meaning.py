"""What is written otherwise but means the same gives the same plan: order, quoting, format, encoding, CRS."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from placement.pipeline.prepare import open_study
from placement.pipeline.recommend import recommend
from placement.report import render_files
from tests.fuzz.bases import BASES, TOML, Files, places, plain, table
from tests.fuzz.mutations import Random, pick
from tests.written import data_of

POINTS = ("population", "footfall", "stations", "candidates")
ENCODINGS = {"utf-16": "utf-16", "gb18030": "gb18030", "utf-8-sig": "utf-8-sig"}


def files_of(files: Files, folder: Path) -> dict[str, bytes]:
    """Return the result files of a study, without what follows from the names and bytes of its inputs."""
    folder.mkdir()
    for name, content in files.items():
        (folder / name).write_bytes(content)
    rendered = dict(render_files(data_of(recommend(open_study(folder)), folder / "out")))
    plan = json.loads(rendered["plan.json"])
    for name in ("inputs", "notes", "study"):
        plan.pop(name, None)
    rendered["plan.json"] = json.dumps(plan, sort_keys=True).encode()
    return {name: re.sub(rb"[0-9a-f]{64}", b"", content) for name, content in rendered.items()}


def plan_of(files: Files, folder: Path) -> dict[str, object]:
    """Return what is decided, and what it covers to a millionth."""
    plan = json.loads(files_of(files, folder)["plan.json"])
    keys = ("status", "actions", "open", "budget")
    coverage = {name: round(plan["coverage"][name]["total"]["covered"], 3) for name in ("before", "after")}
    return {name: plan[name] for name in keys} | coverage


def shuffled_rows(files: Files, rng: Random) -> Files:
    """Put the rows of every table in another order."""
    for name, frame in _tables(files):
        files[name] = frame.iloc[rng.permutation(len(frame))].to_csv(index=False).encode()
    return files


def shuffled_columns(files: Files, rng: Random) -> Files:
    """Put the columns of every table in another order."""
    for name, frame in _tables(files):
        files[name] = frame.iloc[:, rng.permutation(frame.shape[1])].to_csv(index=False).encode()
    return files


def quoted(files: Files, rng: Random) -> Files:
    """Quote every cell, end lines otherwise, leave blank lines."""
    for name, frame in _tables(files):
        ending = pick(rng, ("\n", "\r\n"))
        files[name] = frame.to_csv(index=False, quoting=1, lineterminator=ending).encode() + pick(rng, (b"", b"\n\n"))
    return files


def shuffled_settings(files: Files, rng: Random) -> Files:
    """Put the sections of the settings in another order."""
    parts = re.split(r"(?m)^(?=\[)", files[TOML].decode())
    return files | {TOML: "".join(parts[at] for at in rng.permutation(len(parts))).encode()}


SAME_BYTES: dict[str, Callable[[Files, Random], Files]] = {
    function.__name__: function for function in (shuffled_rows, shuffled_columns, quoted, shuffled_settings)
}


def _tables(files: Files) -> list[tuple[str, pd.DataFrame]]:
    names = [name for name in files if name.endswith(".csv")]
    return [(name, pd.read_csv(io.BytesIO(files[name]), dtype=str, keep_default_na=False)) for name in names]


@pytest.mark.parametrize("name", SAME_BYTES)
def test_order_and_quoting_mean_nothing(name, tmp_path):
    files = plain()
    changed = SAME_BYTES[name](plain(), np.random.default_rng(0))
    assert changed != files
    assert _different(files, changed, tmp_path) == []


@pytest.mark.parametrize("base", [name for name in BASES if name != "plain"])
def test_order_and_quoting_together_mean_nothing_in_any_format(base, tmp_path):
    files = BASES[base]()
    changed = dict(files)
    for number, change in enumerate(SAME_BYTES.values()):
        before = dict(changed)
        changed = change(changed, np.random.default_rng(number))
        assert changed != before
    assert _different(files, changed, tmp_path) == []


def _different(files: Files, changed: Files, folder: Path) -> list[str]:
    """Return the names of the files of the plan that come out otherwise."""
    one, other = (files_of(dict(each), folder / name) for name, each in (("plain", files), ("changed", changed)))
    assert one.keys() == other.keys()
    return [name for name in one if one[name] != other[name]]


@pytest.fixture(scope="module")
def plan(tmp_path_factory):
    return plan_of(plain(), tmp_path_factory.mktemp("plain") / "study")


def _replaced(files: Files, name: str, ending: str, content: bytes, more: str = "") -> Files:
    """Return the files with another file for a table, named in the settings."""
    del files[f"{name}.csv"]
    toml = files[TOML].decode()
    toml = re.sub(rf"(?m)^{name} = .*$", f'{name} = {{path = "{name}{ending}"{more}}}', toml)
    return files | {f"{name}{ending}": content, TOML: toml.encode()}


@pytest.mark.parametrize("name", ENCODINGS)
def test_encodings(name, plan, tmp_path):
    files = plain()
    for each in POINTS:
        content = files[f"{each}.csv"].decode().encode(ENCODINGS[name])
        files = _replaced(files, each, ".csv", content, f', encoding = "{name}"') | {f"{each}.csv": content}
    assert plan_of(files, tmp_path / "study") == plan


@pytest.mark.parametrize("crs", ["EPSG:4326", "EPSG:32650", "EPSG:3857", "EPSG:4490"])
@pytest.mark.parametrize("ending", [".gpkg", ".parquet"])
def test_formats_and_reference_systems(ending, crs, plan, tmp_path):
    files = plain()
    for name in POINTS:
        frame = places(name).to_crs(crs)
        path = tmp_path / f"{name}{ending}"
        frame.to_parquet(path) if ending == ".parquet" else frame.to_file(path)
        files = _replaced(files, name, ending, path.read_bytes())
    assert plan_of(files, tmp_path / "study") == plan


def test_workbooks_and_geojson(plan, tmp_path):
    files = plain()
    for name in ("population", "survey", "stations"):
        table(name).to_excel(tmp_path / f"{name}.xlsx", index=False)
        files = _replaced(files, name, ".xlsx", (tmp_path / f"{name}.xlsx").read_bytes())
    for name in ("footfall", "candidates"):
        files = _replaced(files, name, ".geojson", places(name).to_json().encode())
    assert plan_of(files, tmp_path / "study") == plan


def test_numbers_written_otherwise(plan, tmp_path):
    files = plain()
    for name, columns in (
        ("population", ["people", "elderly"]),
        ("stations", ["machines"]),
        ("survey", ["asked", "aware"]),
    ):
        frame = table(name)
        for at, column in enumerate(columns):
            frame[column] = [f"{value}.0" if at % 2 else f" +{value}e0 " for value in frame[column]]
        files[f"{name}.csv"] = frame.to_csv(index=False).encode()
    assert plan_of(files, tmp_path / "study") == plan
