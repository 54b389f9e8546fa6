"""Every notebook runs from top to bottom, its stored text is what the code prints, and its pictures stay small.

Where a number has changed on purpose, ``python notebooks/refresh.py`` stores the new ones.
"""

import base64
import copy
import os
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
TIMEOUT_S = 900


def printed(notebook):
    """Return what each code cell printed or returned, without pictures and pages."""
    texts = []
    for cell in notebook.cells:
        outputs = cell.get("outputs", [])
        lines = [output.text for output in outputs if output.output_type == "stream" and output.name == "stdout"]
        lines += [output.data["text/plain"] for output in outputs if "text/plain" in output.get("data", {})]
        texts.append("".join(line for line in lines if "<Figure" not in line and "Axes" not in line))
    return texts


def pictures(notebook):
    """Return the PNG pictures of all cells as bytes."""
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    return [base64.b64decode(output.data["image/png"]) for output in outputs if "image/png" in output.get("data", {})]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name)
@pytest.mark.filterwarnings("default")
def test_notebook_runs_and_prints_what_is_stored(path, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]))
    stored = nbformat.read(path, as_version=4)
    fresh = copy.deepcopy(stored)
    client = NotebookClient(
        fresh, timeout=TIMEOUT_S, kernel_name="python3", resources={"metadata": {"path": path.parent}}
    )
    client.execute()
    assert printed(fresh) == printed(stored)
    assert len(pictures(fresh)) == len(pictures(stored)) > 0


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name)
def test_stored_notebook_is_complete_and_small(path):
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1))
    assert not [output for cell in code for output in cell.outputs if output.get("name") == "stderr"]
    assert path.stat().st_size < 1_000_000


def test_pictures_of_the_readme_are_small():
    images = sorted((ROOT / "notebooks" / "images").glob("*.png"))
    assert images
    assert all(image.stat().st_size < 300_000 for image in images)
