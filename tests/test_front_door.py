"""``import placement as pl`` is enough: its names load late, and type checkers and completion see them."""

from __future__ import annotations

import ast
import importlib
import os
import pkgutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

import placement as pl
from placement.errors import InputError
from tests.conftest import REPOSITORY

ASKED = [
    "read_study", "prepare", "recommend", "write", "verify", "compare", "toy_study", "Case", "Policy", "Standard",
    "SolveOptions", "Plan", "cover", "measure", "optimise", "streets", "travel", "demand", "models", "report",
    "errors", "economics", "judge",
]  # fmt: skip
HEAVY = "{'numpy', 'pandas', 'geopandas', 'osmnx', 'numba', 'pulp', 'scipy', 'matplotlib', 'pydantic', 'click'}"


def run(code: str) -> str:
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True, check=False, env=environment
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.parametrize("name", ASKED)
def test_every_name_is_there_and_listed(name):
    assert getattr(pl, name) is not None
    assert name in pl.__all__
    assert name in dir(pl)


def test_names_are_told_in_one_order_everywhere():
    assert sorted(pl.__all__) == sorted([*pl._HOME, *pl._ROOMS, "__version__"])
    tree = ast.parse(Path(pl.__file__).read_text(encoding="utf-8"))
    checking = next(node for node in tree.body if isinstance(node, ast.If))
    imports = [node for node in checking.body if isinstance(node, ast.ImportFrom)]
    assert len(imports) == len(checking.body)
    imported = {alias.name: node.module for node in imports for alias in node.names}
    assert imported == {name: f"placement.{home}" for name, home in pl._HOME.items()} | dict.fromkeys(
        pl._ROOMS, "placement"
    )


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="has no attribute 'optimize'"):
        _ = pl.optimize  # type: ignore[attr-defined]  # this is what is tested
    assert not hasattr(pl, "optimize")


def test_listing_the_names_loads_nothing():
    code = f"import sys, placement; dir(placement); print(sorted({HEAVY} & set(sys.modules)))"
    assert run(code) == "[]"


@pytest.mark.parametrize("name", ["errors", "Policy", "SolveOptions"])
def test_a_light_name_loads_no_solver(name):
    code = f"import sys, placement; placement.{name}; print(sorted({{'numba', 'pulp', 'osmnx'}} & set(sys.modules)))"
    assert run(code) == "[]"


def test_no_module_bears_the_name_of_a_function():
    modules = {module.name for module in pkgutil.iter_modules(pl.__path__)}
    assert modules & set(pl._HOME) == set()
    with pytest.raises(ModuleNotFoundError):
        importlib.import_module("placement.verify")


def test_whatever_is_imported_the_names_stay_what_they_are():
    code = """
import importlib, pkgutil
import placement
names = [each for each in placement.__all__ if each != "__version__"]
first = {name: getattr(placement, name) for name in names}
for module in pkgutil.walk_packages(placement.__path__, "placement."):
    if module.name != "placement.__main__":
        importlib.import_module(module.name)
changed = [name for name in names if getattr(placement, name) is not first[name]]
print(changed, placement.verify.__name__, placement.streets.__name__, placement.report.__name__)
"""
    assert run(code) == "[] verify placement.streets placement.report"


def test_type_checkers_see_the_names(tmp_path):
    file = tmp_path / "caller.py"
    lines = ["import placement as pl", "", *(f"reveal_type(pl.{name})" for name in ("optimise", "Case", "verify"))]
    lines += ["pl.optimise(case=3)", "pl.optimize", 'pl.streets.Streets.from_place("Wuhan", network_type=2)']
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    command = [sys.executable, "-m", "mypy", "--strict", "--no-error-summary"]
    config = ["--config-file", str(REPOSITORY / "pyproject.toml")]
    done = subprocess.run(
        [*command, *config, str(file)], cwd=REPOSITORY, capture_output=True, text=True, check=False,
        env={**os.environ, "MYPYPATH": str(REPOSITORY)},
    )  # fmt: skip
    said = done.stdout
    assert "def (case: placement.case.Case, policy:" in said
    assert '-> placement.values.plan.Plan"' in said
    assert "-> placement.judge.verdict.Verdict" in said
    assert 'Argument "case" to "optimise" has incompatible type "int"' in said
    assert 'Module has no attribute "optimize"' in said
    assert 'Argument "network_type" to "from_place" of "Streets" has incompatible type "int"' in said


def test_the_whole_way_by_the_front_door(tmp_path):
    study = pl.toy_study(tmp_path / "town", seed=5, points=30)
    case = pl.prepare(study)
    assert isinstance(case, pl.Case)
    assert case.prepared.study is study
    policy = case.policy.but(capital_yuan=90_000, max_moves=1)
    plan = pl.optimise(case, policy)
    assert isinstance(plan, pl.Plan)
    assert plan.before == pl.measure(case)
    assert plan.after == pl.measure(case, plan.open)
    assert (plan.policy, plan.options) == (policy, case.options)
    written = pl.write(case, plan, tmp_path / "plan")
    assert pl.verify(written).whole
    same = pl.write(case, plan, tmp_path / "again")
    assert "the actions are the same" in str(pl.compare(written, same))


def test_a_plan_of_other_demand_than_the_studys_is_not_written_as_the_studys(tmp_path):
    case = pl.prepare(pl.toy_study(tmp_path / "town", seed=5, points=30))
    doubled = case.but(demand=replace(case.demand, need=2 * case.demand.need))
    plan = pl.optimise(doubled)
    assert plan.after.total.all == pytest.approx(2 * pl.measure(case).total.all)
    with pytest.raises(InputError, match="demand or sites are not those of its study"):
        pl.write(doubled, plan, tmp_path / "plan")
    assert not (tmp_path / "plan").exists()


def test_recommend_is_prepare_and_optimise(tmp_path):
    study = pl.toy_study(tmp_path / "town", seed=6, points=30)
    outcome = pl.recommend(study, options=pl.SolveOptions(seed=6, threads=1))
    plan = pl.optimise(pl.prepare(study), options=pl.SolveOptions(seed=6, threads=1))
    assert outcome.plan.actions.equals(plan.actions)
    assert outcome.plan.objective == plan.objective


def test_a_comparison_in_a_notebook_is_short(tmp_path):
    study = pl.toy_study(tmp_path / "town", seed=7, points=30)
    case = pl.prepare(study)
    plans = [pl.optimise(case, case.policy.but(max_stations=stations, age_floors={})) for stations in (2, 6)]
    found = pl.compare(*(pl.write(case, plan, tmp_path / str(number)) for number, plan in enumerate(plans)))
    assert found.record["stations"] == tuple(len(plan.open) for plan in plans)
    assert found.record["overrides"]["policy.max_stations"] == (2, None)  # the study says 6
    assert len(repr(found).splitlines()) <= 13
    assert len(str(found).splitlines()) == len(found.lines)
