"""A study that does things to its process, in a module of its own: each new process imports this and no more."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

from placement.batch import BatchRow


def poisoned(study, folder, **_options):
    """What a study may do to the process it runs in, by its name; stands for `_run` in new processes too."""
    name = Path(study).name
    if name == "killed":
        os.kill(os.getpid(), signal.SIGKILL)
    if name == "crashed":
        os.abort()
    if name == "gone":
        os._exit(0)
    if name == "defect":
        raise RuntimeError("bell \x07")
    if name == "unpicklable":
        raise type("Local", (Exception,), {})
    if name == "exits":
        raise SystemExit(3)
    if name == "memory":
        raise MemoryError
    if name == "recursion":
        raise RecursionError("maximum recursion depth exceeded")
    time.sleep(0.05)
    return BatchRow(study=study, folder=folder, status="optimal", objective=1.0, bound=1.0, gap=0.0)
