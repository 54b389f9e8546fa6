"""Runs that are killed and disks that fill: the old or the new folder is there, whole, and nothing else."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from placement.errors import InputError
from placement.report import folder as module

OLD = {"plan.json": b"old plan", "actions.csv": b"a,b\r\n"}
NEW = {"plan.json": b"new plan" * 1000, "report.html": b"<p>", "certificate.npz": b"PK"}
CALLS = ("mkdir", "rename", "fsync", "rmdir", "unlink", "open", "scandir", "stat", "fdopen")


@pytest.mark.parametrize("mode", ["exchange", "aside"])
def test_killed_at_random_moments(tmp_path, mode):
    command = [sys.executable, Path(__file__).with_name("killed_at_random.py"), tmp_path / "out", mode, "50", "7"]
    run = subprocess.run(command, capture_output=True, text=True, check=True)
    lines = [json.loads(line) for line in run.stdout.splitlines()]
    assert len(lines) == 50
    assert all(line["found"] in ((True,) if mode == "exchange" else (True, None)) for line in lines)
    assert all(line["recovered"] for line in lines)
    # A lock file that nobody holds is in nobody's way.
    assert all(line["litter"] in ([], [".out.placement-lock"]) for line in lines)


def whole(folder):
    found = {path.name: path.read_bytes() for path in folder.iterdir()}
    return module._manifest({k: v for k, v in found.items() if k != module.MANIFEST}) == found[module.MANIFEST] and (
        {name: data for name, data in found.items() if name != module.MANIFEST} in (OLD, NEW)
    )


@pytest.mark.parametrize("exchange", [True, False])
@pytest.mark.parametrize("there", [True, False])
def test_a_disk_that_refuses_at_each_call(tmp_path, exchange, there, monkeypatch):
    """The nth call fails, for every n: what is left is whole, and the next run finds nothing in its way."""
    failed = 0
    for fatal in range(1, 1000):
        out = tmp_path / str(fatal) / "deep" / "out"
        out.parent.parent.mkdir()
        if there:
            module.write_folder(out, OLD)
        count = 0

        def counted(function, fatal=fatal):
            def call(*arguments, **options):
                nonlocal count
                count += 1
                if count == fatal:
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
                return function(*arguments, **options)

            return call

        with monkeypatch.context() as patch:
            if not exchange:
                patch.setattr(module, "_exchange", lambda *_: False)
            for name in CALLS:
                patch.setattr(os, name, counted(getattr(os, name)))
            try:
                module.write_folder(out, NEW)
            except InputError as error:
                failed += 1
                said = str(error)
            else:
                said = ""
        if said:
            assert "free some space" in said or "did not write" in said
        module.recover_folder(out)
        assert whole(out) if out.exists() else not there
        module.write_folder(out, NEW)
        assert whole(out)
        assert [path.name for path in out.parent.iterdir()] == ["out"]
        if count < fatal:
            break
    assert failed > 15
    assert fatal < 500
