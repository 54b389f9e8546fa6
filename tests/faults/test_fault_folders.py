"""The inputs that once ended a run, where they lie beside the repository."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from placement.cli import main

FOLDERS = Path(__file__).resolve().parents[2] / "../shared/data/faults"


@pytest.mark.skipif(not FOLDERS.is_dir(), reason="the fault folders are not beside the repository")
def test_a_hundred_stations_at_one_address(tmp_path):
    out = tmp_path / "out"
    done = CliRunner().invoke(main, ["recommend", str(FOLDERS / "08_map_segfault"), "--out", str(out)])
    assert done.exit_code == 0, done.output
    page = (out / "report.html").read_text(encoding="utf-8")
    assert page.count("<title>") > 100
    assert "NaN" not in page
    assert "nan" not in page
