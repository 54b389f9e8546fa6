"""Kernels of which nothing is kept are compiled by two processes: the run itself, and one beside it.

The one beside begins with those that take longest, which a run meets last; what it has compiled the run loads from
disk. It is started where a run first misses a kernel, on a machine with more than one processor, says nothing, and
ends when it is done or the run is gone. A run is the same with it and without.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import pkgutil
import subprocess
import sys
from pathlib import Path

from placement import kernels


def beside_this_run() -> None:
    """Let a process beside this one compile with it, from the first kernel on that is not kept."""
    if len(os.sched_getaffinity(0)) > 1 if hasattr(os, "sched_getaffinity") else (os.cpu_count() or 1) > 1:
        kernels.when_first_missed(_begin)


def compile_all(parent: int | None = None) -> None:
    """Compile all kernels of the package, the longest first, as long as the process `parent` is the one above.

    Parameters
    ----------
    parent
        Number of a process; None: whoever is above.
    """
    for module in pkgutil.walk_packages([str(Path(__file__).parent)], "placement."):
        if not module.name.endswith("__main__"):
            with contextlib.suppress(ImportError):  # of an extra that is not installed
                importlib.import_module(module.name)
    for kernel in sorted(kernels.registered(), key=lambda each: (-each.extent, each.name)):
        if parent is not None and os.getppid() != parent:
            return
        kernel.compile()


def _begin() -> None:
    command = [sys.executable, "-m", "placement.warming", str(os.getpid())]
    nowhere = subprocess.DEVNULL
    with contextlib.suppress(OSError):
        # A session of its own: Ctrl-C is for the run.
        subprocess.Popen(command, stdin=nowhere, stdout=nowhere, stderr=nowhere, start_new_session=True)  # noqa: S603 -- this file


if __name__ == "__main__":
    compile_all(int(sys.argv[1]))
