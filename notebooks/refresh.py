"""Run the notebooks in place and draw the picture of the README: ``python notebooks/refresh.py``.

Needs the library with its extras `plots` and `test`. Run it after anything that changes a number or a picture; the
tests run every notebook and compare what it prints with what is stored.
"""  # noqa: INP001 -- a script, not a package

from __future__ import annotations

from pathlib import Path

import nbformat
from matplotlib import pyplot as plt
from nbclient import NotebookClient

from placement.pipeline.recommend import Outcome, recommend
from placement.plots import plot_plan
from placement.report.from_case import reach_frame
from placement.study import read_study

HERE = Path(__file__).resolve().parent
STUDY = HERE.parent / "data" / "hankou"
CAPTION = "streets (c) OpenStreetMap contributors, ODbL 1.0 · totals: census 2020 · simulated: {simulated}"
TIMEOUT_S = 900


def run_notebook(path: Path) -> None:
    """Run a notebook from top to bottom and store its outputs, without times and versions."""
    notebook = nbformat.read(path, as_version=4)
    NotebookClient(notebook, timeout=TIMEOUT_S, resources={"metadata": {"path": path.parent}}).execute()
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
    notebook.metadata.pop("language_info", None)
    nbformat.write(notebook, path)


def draw_plan(outcome: Outcome, path: Path) -> None:
    """Save the plan's map as PNG, with its sources beneath."""
    case, prepared = outcome.case, outcome.case.prepared
    figure, axes = plt.subplots(figsize=(9.5, 6.6), layout="constrained")
    plot_plan(
        outcome.plan,
        case.sites,
        demand=case.demand,
        reach=reach_frame(case, outcome.plan),
        streets=case.streets.edges,
        districts=prepared.tables.districts,
        ax=axes,
    )
    simulated = ", ".join(prepared.study.simulated_inputs)
    figure.supxlabel(CAPTION.format(simulated=simulated), fontsize=8, color="#55616b")
    figure.savefig(path, dpi=80, metadata={"Software": None})
    plt.close(figure)


if __name__ == "__main__":
    for notebook_path in sorted(HERE.glob("*.ipynb")):
        run_notebook(notebook_path)
    draw_plan(recommend(read_study(STUDY)), HERE / "images" / "hankou_plan.png")
