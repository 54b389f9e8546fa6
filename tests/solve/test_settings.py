"""The engine's numbers: each documented, each checked, none left in the modules, and a changed one changes a run."""

import ast
import dataclasses
import importlib
import itertools
from pathlib import Path

import numpy as np
import pytest

import placement.solve
from placement.errors import InputError
from placement.judge import check_certificate
from placement.solve import maximise_coverage
from placement.solve.settings import DEFAULTS, EngineSettings
from tests.solve.test_search import grid_town
from tests.there import there

SOLVE = Path(placement.solve.__file__).parent
GROUPS = {each.name: type(getattr(DEFAULTS, each.name)) for each in dataclasses.fields(DEFAULTS)}
NUMBERS = [(name, each) for name, group in GROUPS.items() for each in dataclasses.fields(group)]

NO_SETTINGS = {
    # What an array position, a status or an outcome is called.
    "bounds/cut_saddle.py": {"RATIO", "EPOCH", "BEST", "LAST"},
    "bounds/saddle.py": {"RATIO", "EPOCH", "LAST_GAP", "BEST_DUAL", "BEST_PRIMAL", "_PAY_STEPS", "_PAID"},
    # _PAY_STEPS, _PAID: the projection is exact to what doubles tell apart. _NO_PLAN_YET: stands for minus infinity.
    "bounds/first_order.py": {"RUNNING", "PRUNED", "FIXABLE", "CONVERGED", "_NO_PLAN_YET"},
    # Widths in bits, and sizes that integers must not exceed: proofs rest on them.
    "bounds/prices.py": {"NO_BOUND", "RAY_SIZE", "WEIGHT_BITS", "_HALF"},
    "program/scale.py": {"SAFE"},
    "program/recount.py": {"_HALF"},
    "ties/evidence.py": {"_LARGEST", "_COLUMN", "_GROUP"},  # _COLUMN, _GROUP: kinds of nodes in a certificate
    "program/aggregate.py": {"_NO_LIMIT", "_INT32_MAX", "_ALONE", "_ONCE"},  # kinds of rows beside floors
    "program/group_kernels.py": {"MASK_COLUMNS", "_GOLDEN", "_MIX", "_SHIFT"},
    "program/problem.py": {"NO_LIMIT", "FREE", "ONE", "ZERO"},
    "program/totals.py": {"_LONG_ROW", "_FEW_PRICES"},  # how models write rows
    "program/restrict.py": {"COVERED", "LOST", "FOLDED", "_DEAD", "_LIVE", "_OPEN"},
    "cuts/bases.py": {"_SHORT", "_LARGEST"},  # what a cut can say at all, and products within 64 bits
    "plans/annealing.py": {"_ONE"},  # splits a row's state into a count and a sum
    "plans/relocate.py": {"_SHORT_ROW"},  # how models write rows
    "tree/tools.py": {"NOTHING_ALLOWED"},  # stands for minus infinity
    "program/incumbent.py": {"NO_VALUE"},  # as well
    "lp/growing.py": {"NO_LIMIT_ON_ITERATIONS"},  # HiGHS' own
    # Tolerances of doubles: what is 0 or 1, less than another, a gain at all.
    "capture/parts.py": {"_WHOLE"},
    "publicity/relaxation.py": {"_NEARLY"},
    "plans/population.py": {"_WHOLE"},
    "capture/replies.py": {"_TIE"},
    "plans/exchanges.py": {"_LEAST_GAIN"},
    # How far a solver is believed, and how its threads end.
    "backends/claims.py": {"_INTEGRAL", "_BOUND_NOISE"},
    "backends/highs.py": {"_ENDS_S", "_FEASIBLE"},
    "ties/tie_break.py": {"_OBJECTIVE_BITS", "_TOLERANCE"},
}
"""Numbers that are no settings: whatever is tuned, they must be as they are. Why, is said here and beside each."""


def is_number(value):
    """Return whether a value is a number, or a tuple of them."""
    if isinstance(value, tuple):
        return bool(value) and all(is_number(each) for each in value)
    return isinstance(value, int | float | np.number) and not isinstance(value, bool)


def numbers_of(path):
    """Return the names to which a module itself gives numbers at its top."""
    module = importlib.import_module(".".join(["placement.solve", *path.relative_to(SOLVE).with_suffix("").parts]))
    targets: list[ast.expr] = []
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign | ast.AnnAssign):
            targets += node.targets if isinstance(node, ast.Assign) else [node.target]
    names = {part.id for target in targets for part in ast.walk(target) if isinstance(part, ast.Name)}
    return {name for name in names if is_number(getattr(module, name, None))}


def test_no_module_of_a_room_tunes_by_a_number_of_its_own():
    paths = {str(path.relative_to(SOLVE)): path for path in SOLVE.rglob("*.py") if path.name != "__init__.py"}
    assert len(paths) > 40
    found = {name: numbers_of(path) for name, path in paths.items() if not name.startswith("settings")}
    assert {name: names for name, names in found.items() if names} == NO_SETTINGS


def test_every_number_is_read_by_some_module():
    texts = [path.read_text(encoding="utf-8") for path in SOLVE.rglob("*.py") if path.parent != SOLVE / "settings"]
    used = {node.attr for text in texts for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Attribute)}
    assert {f"{name}.{each.name}" for name, each in NUMBERS if each.name not in used} == set()


def test_every_number_has_a_sentence():
    documented = set()
    for path in (SOLVE / "settings").glob("*.py"):
        for group in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(group, ast.ClassDef):
                continue
            for field, text in itertools.pairwise(group.body):
                if isinstance(field, ast.AnnAssign) and isinstance(text, ast.Expr):
                    assert isinstance(field.target, ast.Name)
                    assert there(ast.get_docstring(ast.Module([text], []))).strip().endswith("."), field.target.id
                    documented.add((group.name, field.target.id))
    assert {(GROUPS[name].__name__, each.name) for name, each in NUMBERS} <= documented


@pytest.mark.parametrize("name", GROUPS)
def test_every_number_is_refused_out_of_its_range_and_of_another_kind(name):
    fields = dataclasses.fields(GROUPS[name])
    for wrong in (-1, "8", True, None, float("nan")):
        with pytest.raises(InputError) as error:
            EngineSettings.of({name: {each.name: wrong for each in fields}})
        assert [fault.row for fault in error.value.faults] == [f"{name}.{each.name}" for each in fields]


def test_all_faults_of_all_groups_are_told_at_once():
    with pytest.raises(InputError) as error:
        EngineSettings.of(
            {
                "plans": {"epoch": 8, "population": 2.5, "cycle_heats": []},
                "trees": {},
                "tree": 3,
                "bounds": {"cut_shortest_epoch": 301},
            }
        )
    said = {fault.row: f"{fault.problem} -> {fault.remedy}" for fault in error.value.faults}
    assert said == {
        "plans.epoch": "no such number -> did you mean epochs?",
        "plans.population": "population is 2.5 -> use a whole number, at least 1 and at most 1e+15",
        "plans.cycle_heats": "cycle_heats is [] -> use a list of one or more, each a number, at least 0 and at most 1",
        "trees": "no such group -> did you mean tree?",
        "tree": "tree is 3, no group -> write [solve.engine.tree] and a number a line below it",
        "bounds.cut_shortest_epoch": "cut_shortest_epoch is 301 -> use at most that of cut_longest_epoch",
    }


def test_settings_survive_toml(tmp_path):
    given = {"plans": {"epochs": 8, "cycle_heats": [0.1], "alike": 1}, "root": {"patience": 0}}
    settings = EngineSettings.of(given)
    file = tmp_path / "numbers.toml"
    file.write_text(settings.to_toml())
    again = EngineSettings.from_toml(file)
    assert again == settings
    assert (again.digest, repr(again)) == (settings.digest, repr(settings))
    assert again.digest != DEFAULTS.digest
    assert repr(again) == "EngineSettings(plans.epochs=8, plans.alike=1.0, plans.cycle_heats=(0.1,), root.patience=0)"
    file.write_text(DEFAULTS.to_toml())
    assert EngineSettings.from_toml(file) == DEFAULTS


@pytest.mark.parametrize(
    ("content", "said"), [(b"plans", "is no TOML"), (b"\xff", "is no TOML"), (None, "cannot be read")]
)
def test_a_file_that_is_no_toml_is_told(tmp_path, content, said):
    file = tmp_path / "numbers.toml"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(InputError, match=said):
        EngineSettings.from_toml(file)


@pytest.mark.parametrize(
    ("numbers", "nodes"),
    [
        ({}, 11),
        ({"root": {"patience": 0}}, 1),  # by simplex steps from the first node, whose cuts close it
        ({"tree": {"node_iterations": 50}, "bounds": {"check_every": 2}}, None),
    ],
)
def test_numbers_change_the_run_and_not_the_optimum(numbers, nodes):
    program = grid_town(2, unit=False)
    usual = maximise_coverage(program)
    changed = maximise_coverage(program, settings=EngineSettings.of(numbers))
    assert (changed.status, changed.objective) == (usual.status, usual.objective) == ("optimal", 4764)
    assert check_certificate(program, changed.chosen, there(changed.certificate)) == changed.bound == usual.bound
    assert nodes in {changed.details["nodes"], None}
    same = there(changed.certificate).content_digest() == there(usual.certificate).content_digest()
    assert same == (not numbers)
