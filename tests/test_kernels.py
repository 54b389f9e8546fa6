"""Kernels are compiled for one signature, whatever the disk does to what is kept of them, and never stale."""

from __future__ import annotations

import importlib
import logging
import os
import pkgutil
import subprocess
import sys

import numpy as np
import pytest
from numba.core import caching, config

from placement import clock, kernels, warming

WHOLE = '''
"""Doubles, and more."""

from typing import NamedTuple

import numpy as np

from placement.kernels import Longs, OutLongs, kernel
from town.parts import FACTOR, larger


class Pair(NamedTuple):
    """Two numbers."""

    first: int
    second: int


@kernel
def doubled(x: int) -> int:
    """Return twice `x`, and something."""
    return FACTOR * x + larger(x)


@kernel
def first_of(pair: Pair) -> int:
    return pair.first


@kernel
def added(numbers: Longs, to: OutLongs) -> None:
    for at in range(numbers.size):
        to[at] += numbers[at]


@kernel
def twice(numbers: Longs, to: OutLongs) -> None:
    added(numbers, to)
    added(numbers, to)
'''

PARTS = '''
from placement.kernels import inner

FACTOR = 2
STEP = 10


@inner
def larger(x):
    """Return more than `x`."""
    return [x + STEP for _ in range(1)][0]
'''


@pytest.fixture
def town(tmp_path, monkeypatch):
    """A package with kernels in one module and parts of them in another, to be changed and imported again."""
    monkeypatch.delenv("NUMBA_CACHE_DIR", raising=False)
    monkeypatch.setattr(config, "CACHE_DIR", "")
    monkeypatch.setattr(kernels, "_REGISTER", {})
    monkeypatch.syspath_prepend(tmp_path)
    town = Town(tmp_path / "town")
    yield town
    town.forget()


class Town:
    def __init__(self, folder):
        self.folder = folder
        folder.mkdir()
        for name, text in {"__init__": "", "whole": WHOLE, "parts": PARTS}.items():
            (folder / f"{name}.py").write_text(text)

    def forget(self):
        for name in [name for name in sys.modules if name.partition(".")[0] == "town"]:
            del sys.modules[name]

    def change(self, module, old, new):
        path = self.folder / f"{module}.py"
        assert old in path.read_text()
        path.write_text(path.read_text().replace(old, new))

    def whole(self):
        self.forget()
        for path in self.folder.rglob("*.pyc"):  # their times are too coarse for two changes within a second
            path.unlink()
        importlib.invalidate_caches()
        return importlib.import_module("town.whole")

    def kept(self):
        return sorted(path for path in self.folder.rglob("*.nb?"))


def loaded(function):
    """Return whether a kernel was loaded, not compiled."""
    function.compile()
    return bool(sum(function._call.stats.cache_hits.values()))


def test_what_is_compiled_is_kept_and_read(town):
    first = town.whole()
    assert (first.doubled(3), loaded(first.doubled)) == (19, False)
    assert len(town.kept()) == 2
    again = town.whole()
    assert (again.doubled(3), loaded(again.doubled)) == (19, True)


@pytest.mark.parametrize(
    ("module", "old", "new", "result"),
    [
        ("parts", "x + STEP", "x + 2 * STEP", 29),  # the code of a part, inside a comprehension
        ("parts", "STEP = 10", "STEP = 11", 20),  # a constant that only the part reads
        ("parts", "FACTOR = 2", "FACTOR = 3", 22),  # a constant of another module
        ("whole", "* x +", "* x -", -7),  # its own code
    ],
)
def test_a_change_anywhere_in_what_a_kernel_is_made_from_is_compiled(town, module, old, new, result):
    assert town.whole().doubled(3) == 19
    before = town.kept()
    town.change(module, old, new)
    changed = town.whole()
    assert (changed.doubled(3), loaded(changed.doubled)) == (result, False)
    assert len(town.kept()) == 2, "what it replaces is gone"
    assert not set(before) & set(town.kept())
    town.change(module, new, old)
    assert town.whole().doubled(3) == 19


def test_a_process_beside_the_run_is_begun_at_the_first_kernel_that_is_missed(town, monkeypatch):
    begun = []
    monkeypatch.setattr(subprocess, "Popen", lambda command, **_: begun.append(command))
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1}, raising=False)
    monkeypatch.setattr(kernels, "_WHEN_MISSED", [])
    whole = town.whole()
    warming.beside_this_run()
    assert begun == []
    assert whole.doubled(3) == 19
    whole.added(np.arange(3), np.zeros(3, dtype=np.int64))
    assert [command[1:] for command in begun] == [["-m", "placement.warming", str(os.getpid())]]
    warming.beside_this_run()
    assert (town.whole().doubled(3), len(begun)) == (19, 1)  # it is kept
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0})
    warming.beside_this_run()
    assert len(kernels._WHEN_MISSED) == 1  # one processor: nothing to win; the one waits still


def test_the_process_beside_a_run_compiles_the_longest_first_and_ends_with_it(town, monkeypatch):
    monkeypatch.setattr(pkgutil, "walk_packages", lambda *_: [])
    monkeypatch.setattr(os, "getppid", lambda: 7)
    whole = town.whole()
    made = [getattr(whole, name) for name in ("added", "twice", "doubled")]
    monkeypatch.setattr(kernels, "_REGISTER", {kernel.name: kernel for kernel in made})
    extents = {kernel.name: kernel.extent for kernel in made}
    assert extents["town.whole.twice"] > extents["town.whole.added"]  # which is a part of it
    compiled = []
    monkeypatch.setattr(kernels.Kernel, "compile", lambda kernel: compiled.append(kernel.name))
    warming.compile_all(parent=8)
    assert compiled == []
    warming.compile_all(parent=7)
    assert compiled == sorted(extents, key=lambda name: (-extents[name], name))


def test_fields_in_another_order_are_compiled(town):
    before = town.whole()
    assert before.first_of(before.Pair(1, 2)) == 1
    town.change("whole", "    first: int\n    second: int\n", "    second: int\n    first: int\n")
    after = town.whole()
    assert after.first_of(after.Pair(1, 2)) == 2


def test_a_change_that_no_kernel_sees_compiles_nothing(town):
    town.whole().doubled(3)
    town.change("whole", '"""Doubles, and more."""', '"""Doubles."""\n\n\nSAID = 3')
    town.change("parts", "FACTOR = 2", "\n\n\nFACTOR = 2\nUNREAD = 1")
    again = town.whole()
    assert (again.doubled(3), loaded(again.doubled)) == (19, True)


def test_one_signature_takes_arrays_that_may_be_written_to_and_others(town):
    whole = town.whole()
    numbers, total = np.arange(3), np.zeros(3, dtype=np.int64)
    whole.twice(numbers, total)
    numbers.setflags(write=False)
    whole.twice(numbers, total)
    assert total.tolist() == [0, 4, 8]
    assert len(whole.twice._call.signatures) == 1
    for wrong in (numbers.astype(np.int32), np.arange(6)[::2], numbers.astype(float)):
        with pytest.raises(TypeError, match="No matching definition"):
            whole.twice(wrong, total)
    with pytest.raises(TypeError, match="No matching definition"):
        whole.twice(numbers, numbers)  # the second is written to
    with pytest.raises(TypeError):
        whole.twice(numbers)


def test_a_parameter_without_a_type_is_a_fault(town):
    town.change("whole", "def doubled(x: int)", "def doubled(x)")
    with pytest.raises(TypeError, match=r"doubled\(x\) is annotated None -> name its type"):
        town.whole().doubled(3)


def test_a_part_of_kernels_is_not_for_python(town):
    with pytest.raises(TypeError, match=r"town\.parts\.larger is a part of kernels -> call it in a kernel"):
        town.whole().larger(3)


def test_warming_compiles_all_kernels(town):
    whole = town.whole()
    every = (whole.doubled, whole.first_of, whole.added, whole.twice)
    assert kernels.registered() == every
    assert not any(each.is_compiled for each in every)
    kernels.warm([whole.added])
    assert [each.is_compiled for each in every] == [False, False, True, False]
    kernels.warm()
    assert all(each.is_compiled for each in every)


def test_the_clock_stands_still_while_a_kernel_is_compiled(town, monkeypatch):
    whole, passing = town.whole(), [100.0]
    monkeypatch.setattr(clock, "perf_counter", lambda: passing[0])
    seen = []

    def compiled():
        seen.append(clock.now_s())
        passing[0] += 7.0
        seen.append(clock.now_s())
        return lambda x: x

    monkeypatch.setattr(whole.doubled, "_compiled", compiled)
    begun, stood = clock.now_s(), clock.stood_s()
    whole.doubled(3)
    assert seen == [begun, begun]
    assert clock.now_s() == pytest.approx(begun)
    assert clock.stood_s() == pytest.approx(stood + 7.0)
    passing[0] += 1.0
    assert clock.now_s() == pytest.approx(begun + 1.0)


@pytest.mark.parametrize("spoil", [b"", b"noise", None])
@pytest.mark.parametrize("kind", [".nbi", ".nbc"])
def test_what_is_damaged_is_compiled_again(town, spoil, kind):
    town.whole().doubled(3)
    for path in town.kept():
        if path.suffix == kind:
            path.write_bytes(path.read_bytes()[:40] if spoil is None else spoil)
    again = town.whole()
    assert (again.doubled(3), loaded(again.doubled)) == (19, False)


def test_a_full_disk_ends_nothing(town, monkeypatch, caplog):
    def full(*_arguments):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(caching.IndexDataCacheFile, "save", full)
    with caplog.at_level(logging.INFO):
        assert town.whole().doubled(3) == 19
    assert "is not kept: [Errno 28] No space left on device" in caplog.text
    assert not town.kept()


def test_a_disk_that_fills_between_index_and_code_leaves_nothing_stale(town, monkeypatch):
    assert town.whole().doubled(3) == 19
    town.change("parts", "STEP = 10", "STEP = 11")

    def full(*_arguments):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(caching.IndexDataCacheFile, "_save_data", full)
        assert town.whole().doubled(3) == 20
    assert town.whole().doubled(3) == 20


def test_without_a_folder_nothing_is_kept(town, monkeypatch):
    monkeypatch.setattr(caching.CacheImpl, "_locator_classes", [])
    assert town.whole().doubled(3) == 19
    assert not town.kept()


def test_without_compilation_a_kernel_is_the_function(town, monkeypatch):
    monkeypatch.setattr(kernels, "_njit", lambda **_: lambda function: function)
    whole = town.whole()
    numbers, total = np.arange(3), np.zeros(3, dtype=np.int64)
    whole.twice(numbers, total)
    assert (whole.doubled(3), total.tolist()) == (19, [0, 2, 4])
    assert not town.kept()
