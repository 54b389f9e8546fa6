"""A user who can write neither the package nor a home: everything works, nothing is kept."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from placement.toy import write_study
from tests.conftest import REPOSITORY

NOBODY = "65534"
KERNELS = """
import numpy as np
from placement.streets.grid import build_grid
print(build_grid(np.array([[0.0, 0, 9, 0]])).nearest(np.array([[4.0, 3.0]]))[1])
"""


@pytest.fixture(scope="module")
def place():
    """A folder that everybody can read: the package and a home that nobody may write to, and room for results."""
    folder = Path(tempfile.mkdtemp(prefix="placement-"))
    shutil.copytree(
        REPOSITORY / "placement", folder / "lib" / "placement", ignore=shutil.ignore_patterns("__pycache__", "*.nb?")
    )
    (folder / "home").mkdir()
    write_study(folder / "study", seed=5)
    for path in [folder, *folder.rglob("*")]:
        path.chmod(0o555 if path.is_dir() else 0o444)
    folder.chmod(0o755)
    (folder / "results").mkdir()
    (folder / "results").chmod(0o777)
    yield folder
    for path in folder.rglob("*"):
        if path.is_dir():
            path.chmod(0o755)
    shutil.rmtree(folder)


def run(place, *arguments, **changes):
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("NUMBA", "XDG", "PLACEMENT"))}
    if os.geteuid() == 0 and shutil.which("setpriv") is None:
        pytest.skip("root may write everywhere, and setpriv is not installed")
    other = ["setpriv", "--reuid", NOBODY, "--regid", NOBODY, "--clear-groups"] if os.geteuid() == 0 else []
    done = subprocess.run(
        [*other, sys.executable, *map(str, arguments)], cwd=place, capture_output=True, text=True, check=False,
        env=kept | {"HOME": str(place / "home"), "PYTHONPATH": str(place / "lib")} | changes,
    )  # fmt: skip
    if "No module named" in done.stderr or "Permission denied" in done.stderr.partition("placement:")[0]:
        pytest.skip("another user cannot read this Python")
    return done


def test_kernels_are_compiled_and_not_kept(place):
    done = run(place, "-c", KERNELS)
    assert (done.returncode, done.stdout) == (0, "[3.]\n"), done.stderr
    assert not list(place.rglob("*.nb?"))


@pytest.mark.parametrize("home", ["home", "no such folder"])
def test_recommend_works(place, home):
    out = place / "results" / "plan"
    shutil.rmtree(out, ignore_errors=True)
    # Compiling every kernel takes a minute; that they compile without a folder is shown above.
    work = {"NUMBA_DISABLE_JIT": "1", "HOME": str(place / home)}
    done = run(place, "-m", "placement", "recommend", "study/study.toml", "--out", out, **work)
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads((out / "plan.json").read_text(encoding="utf-8"))["status"] == "optimal"
    if home != "home":
        return
    judged = run(place, "-m", "placement", "verify", out, **work)
    assert (judged.returncode, judged.stderr) == (0, "")
    assert sorted(path.name for path in (place / "home").iterdir()) == []


def test_a_folder_that_may_not_be_written_is_told_at_once(place):
    done = run(place, "-m", "placement", "recommend", "study", "--out", place / "home" / "plan", NUMBA_DISABLE_JIT="1")
    assert done.returncode == 2
    assert "may not be written to -> choose another folder" in done.stderr
