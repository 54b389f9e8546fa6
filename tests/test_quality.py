"""Lint, types and the layer contract: the same commands a contributor runs by hand."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.api_reference import packages
from tests.conftest import REPOSITORY

COMMANDS = {
    "lint": ["ruff", "check", "."],
    "format": ["ruff", "format", "--check", "."],
    "types": ["mypy"],
    "layers": ["lint-imports", "--no-cache"],
}


@pytest.mark.parametrize("name", COMMANDS)
def test_clean(name):
    command = COMMANDS[name]
    tool = Path(sys.executable).with_name(command[0])
    run = [str(tool) if tool.exists() else command[0], *command[1:]]
    done = subprocess.run(run, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_kinds_of_arrays_have_one_name_each():
    """Those of kernels, which say too whether an array is written to, are in `placement/kernels.py`."""
    alias = re.compile(r"^(\w+)(?:: TypeAlias)? = NDArray\[np\.(?:float64|int64|int32|intp|bool_)\]", re.MULTILINE)
    package = REPOSITORY / "placement"
    found = {str(path.relative_to(package)) for path in package.rglob("*.py") if alias.search(path.read_text("utf-8"))}
    assert found == {"values/arrays.py"}


def test_the_checks_are_the_same_everywhere():
    checks = [" ".join(command) for command in COMMANDS.values()]
    hooks = (REPOSITORY / ".pre-commit-config.yaml").read_text(encoding="utf-8")
    assert re.findall(r"^ +- repo: (.*)$", hooks, flags=re.MULTILINE) == ["local"]
    assert re.findall(r"^ +- id: (.*)$", hooks, flags=re.MULTILINE) == list(COMMANDS)
    assert re.findall(r"^ +entry: (.*)$", hooks, flags=re.MULTILINE) == checks
    guide = (REPOSITORY / ".github" / "CONTRIBUTING.md").read_text(encoding="utf-8")
    (told,) = re.findall(r"<!-- checks -->\n```bash\n(.*?)\n```\n<!-- end -->", guide, flags=re.DOTALL)
    assert told.splitlines() == checks


def test_every_public_name_is_there_for_the_api_reference():
    for module in packages():
        for name in getattr(module, "__all__", ()):
            assert name in vars(module), f"{module.__name__}.{name}"


def test_import_does_no_work():
    code = (
        "import sys, time; t = time.process_time(); import placement; dir(placement);"
        "s = time.process_time() - t;"
        "heavy = {'numpy', 'pandas', 'geopandas', 'osmnx', 'numba', 'pulp', 'scipy'} & set(sys.modules);"
        "print(s < 0.5, sorted(heavy))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["True", "[]"]


def test_help_loads_nothing_heavy():
    code = (
        "import sys; from click.testing import CliRunner; from placement.cli import main;"
        "r = CliRunner().invoke(main, ['--help']); assert r.exit_code == 0, r.output;"
        "print(sorted({'numpy', 'pandas', 'geopandas', 'osmnx', 'numba', 'pulp', 'scipy'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_nothing_else_is_visible_at_the_top_level():
    listed = subprocess.run(["git", "ls-files"], cwd=REPOSITORY, capture_output=True, text=True, check=False)
    if listed.returncode != 0:
        pytest.skip("not a git checkout")
    top = {line.split("/", 1)[0] for line in listed.stdout.splitlines()}
    visible = {name for name in top if not name.startswith(".")}
    allowed = {"placement", "notebooks", "data", "tests", "pyproject.toml", "README.md", "LICENSE", "CHANGELOG.md"}
    assert visible <= allowed
