"""Shared by all tests: a toy study that a test may spoil, what its faults say, and how two processes share the work."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import HealthCheck, settings

from placement.errors import InputError
from placement.study import read_study
from placement.tables import read_tables
from placement.toy import write_study

REPOSITORY = Path(__file__).resolve().parent.parent

# Long enough to last until most kernels of a clean checkout are compiled, and in need of none.
NEED_NO_KERNEL = {"test_quality.py", "test_calibration.py", "test_awareness.py", "test_usage.py"}

# How long an example takes says how busy the machine is.
settings.register_profile("busy", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("busy")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let one of two processes compile the kernels while the other begins with tests that need none.

    Each begins with one half of the list (``--dist worksteal``), the first half with the command, which needs all.
    """
    if "PYTEST_XDIST_WORKER" not in os.environ:
        return
    others = [item for item in items if item.path.name not in NEED_NO_KERNEL]
    free = [item for item in items if item.path.name in NEED_NO_KERNEL]
    half = len(items) // 2
    items[:] = [*others[:half], *free, *others[half:]]


class SpoiledStudy:
    """A toy study in a folder, with helpers to spoil a cell, a setting or a file."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.toml = write_study(folder, seed=3)

    def setting(self, old: str, new: str) -> None:
        text = self.toml.read_text(encoding="utf-8")
        assert old in text, f"{old!r} is not in the toy study"
        self.toml.write_text(text.replace(old, new, 1), encoding="utf-8")

    def frame(self, table: str) -> pd.DataFrame:
        return pd.read_csv(self.folder / f"{table}.csv", dtype=str, keep_default_na=False)

    def write(self, table: str, frame: pd.DataFrame) -> None:
        frame.to_csv(self.folder / f"{table}.csv", index=False)

    def cell(self, table: str, row: int, column: str, value: str) -> None:
        frame = self.frame(table)
        frame.loc[row, column] = value
        self.write(table, frame)

    def faults(self) -> list[str]:
        with pytest.raises(InputError) as caught:
            read_tables(read_study(self.folder))
        return [str(fault) for fault in caught.value.faults]

    def only_fault(self) -> str:
        faults = self.faults()
        assert len(faults) == 1, faults
        return re.sub(r"\s+", " ", faults[0])


@pytest.fixture
def spoiled(tmp_path: Path) -> SpoiledStudy:
    return SpoiledStudy(tmp_path / "toy")


@pytest.fixture(autouse=True)
def _heard_in_the_background() -> Iterator[None]:
    """Listen to Ctrl-C as a program in the foreground does; one in the background inherits "ignore"."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture(scope="session", autouse=True)
def _kept_elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What runs keep for later runs must not reach the user's own folder, nor come from it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PLACEMENT_CACHE", str(tmp_path_factory.mktemp("kept")))
        yield
