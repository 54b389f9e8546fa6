"""A part that is not installed is named with the extra that brings it; nothing else is said and nothing is written."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

from placement.cli import main
from placement.errors import MissingExtraError
from placement.toy import write_study
from tests.conftest import REPOSITORY
from tests.report.conftest import make_demand


@pytest.fixture
def hidden(monkeypatch):
    """Hide a library as if it were not installed."""

    def hide(*names):
        for name in list(sys.modules):
            if name.split(".")[0] in names:
                monkeypatch.delitem(sys.modules, name)
        for name in names:
            monkeypatch.setitem(sys.modules, name, None)

    return hide


def changed(tmp_path, old, new):
    path = write_study(tmp_path / "study", seed=5)
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    return path


def told(path, tmp_path):
    """What both commands say of a study that cannot be read for want of an extra."""
    said = set()
    for command in (["check", path], ["recommend", path, "--out", tmp_path / "out"]):
        done = CliRunner().invoke(main, [str(part) for part in command])
        assert (done.exit_code, done.stdout) == (2, "")
        said.add(done.stderr)
    assert not (tmp_path / "out").exists()
    (only,) = said
    return only


def without(libraries, *arguments):
    """Run the command line in a process in which libraries are hidden before anything is loaded."""
    code = f"import sys; sys.modules.update(dict.fromkeys({libraries!r}))\nfrom placement.cli import main; main()"
    command = [sys.executable, "-c", code, *map(str, arguments)]
    return subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)


def test_excel(tmp_path, hidden):
    path = changed(tmp_path, '"stations.csv"', '"stations.xlsx"')
    pd.read_csv(path.parent / "stations.csv").to_excel(path.parent / "stations.xlsx", index=False)
    hidden("openpyxl")
    assert "reading stations.xlsx needs openpyxl: pip install 'station-placement[excel]'\n" in told(path, tmp_path)


def test_parquet(tmp_path):
    path = changed(tmp_path, '"stations.csv"', '"stations.parquet"')
    pd.read_csv(path.parent / "stations.csv").to_parquet(path.parent / "stations.parquet", index=False)
    done = without(["pyarrow"], "check", path)
    assert (done.returncode, done.stdout) == (2, "")
    assert "reading stations.parquet needs pyarrow: pip install 'station-placement[parquet]'\n" in done.stderr


def test_pbf(tmp_path, hidden):
    path = write_study(tmp_path / "study", seed=5)
    lines = path.read_text(encoding="utf-8").splitlines()
    lines = ['streets = {osm = "town.osm.pbf"}' if line.startswith("streets") else line for line in lines]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    (path.parent / "town.osm.pbf").write_bytes(b"\0\0\0\x0d")
    hidden("osmium")
    assert "reading OpenStreetMap files needs osmium: pip install 'station-placement[pbf]'\n" in told(path, tmp_path)


@pytest.mark.parametrize("library", ["rasterio", "exactextract"])
def test_raster(tmp_path, hidden, library):
    rasterio = pytest.importorskip("rasterio")
    geopandas = pytest.importorskip("geopandas")
    from shapely import box

    from placement.demand import points_from_raster

    file = tmp_path / "people.tif"
    size = {"width": 2, "height": 2, "count": 1, "dtype": "float32", "crs": "EPSG:32649"}
    with rasterio.open(file, "w", driver="GTiff", transform=rasterio.Affine(100, 0, 0, 0, -100, 200), **size) as raster:
        raster.write(np.ones((1, 2, 2), dtype=np.float32))
    areas = geopandas.GeoDataFrame({"district": ["a"]}, geometry=[box(0, 0, 200, 200)], crs="EPSG:32649")
    hidden(library)
    with pytest.raises(MissingExtraError, match=rf"needs {library}: pip install 'station-placement\[raster\]'"):
        points_from_raster(file, areas)


def test_plots(hidden):
    from placement.plots import plot_demand

    hidden("matplotlib")
    with pytest.raises(MissingExtraError, match=r"plotting needs matplotlib: pip install 'station-placement\[plots\]'"):
        plot_demand(make_demand())


def test_the_main_job_needs_none(tmp_path):
    path = write_study(tmp_path / "study", seed=5)
    libraries = ["matplotlib", "openpyxl", "pyarrow", "rasterio", "exactextract", "osmium", "distributed"]
    done = without(libraries, "recommend", path, "--out", tmp_path / "out")
    assert (done.returncode, done.stderr) == (0, "")
