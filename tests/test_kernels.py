"""Kernels are compiled whatever the disk does to what is kept of them."""

from __future__ import annotations

import importlib.util
import logging

import pytest
from numba.core import caching

from placement import kernels

SOURCE = """
from placement.kernels import compiled, kernel

@kernel
def doubled(x):
    return 2 * x

@compiled("int64(int64)")
def halved(x):
    return x // 2
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.delenv("NUMBA_CACHE_DIR", raising=False)
    (tmp_path / "two_kernels.py").write_text(SOURCE)
    return tmp_path


def loaded(folder):
    spec = importlib.util.spec_from_file_location("two_kernels", folder / "two_kernels.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert (module.doubled(3), module.halved(7)) == (6, 3)
    return module


def kept(folder):
    return sorted(path for path in folder.rglob("*.nb?"))


def test_what_is_compiled_is_kept_and_read(folder):
    loaded(folder)
    assert len(kept(folder)) == 4
    again = loaded(folder)
    assert sum(again.doubled.stats.cache_hits.values()) == 1
    assert sum(again.halved.stats.cache_hits.values()) == 1


@pytest.mark.parametrize("spoil", [b"", b"noise", None])
@pytest.mark.parametrize("kind", [".nbi", ".nbc"])
def test_what_is_damaged_is_compiled_again(folder, spoil, kind):
    loaded(folder)
    for path in kept(folder):
        if path.suffix == kind:
            path.write_bytes(path.read_bytes()[:40] if spoil is None else spoil)
    loaded(folder)


def test_a_full_disk_ends_nothing(folder, monkeypatch, caplog):
    def full(*_arguments):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(caching.IndexDataCacheFile, "save", full)
    with caplog.at_level(logging.INFO):
        loaded(folder)
    assert "is not kept: [Errno 28] No space left on device" in caplog.text
    assert not kept(folder)


def test_without_a_folder_nothing_is_kept(folder, monkeypatch):
    monkeypatch.setattr(caching.CacheImpl, "_locator_classes", [])
    loaded(folder)
    assert not kept(folder)


def test_without_compilation_a_kernel_is_the_function(monkeypatch):
    monkeypatch.setattr(kernels, "_njit", lambda **_: lambda function: function)
    assert kernels.kernel(len) is len
    assert kernels.compiled("int64(int64)")(len) is len
