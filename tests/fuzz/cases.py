"""One mutated study after the other through the readers, under limits of time and memory; what broke is collected."""

from __future__ import annotations

import resource
import signal
import tempfile
import traceback
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from placement.errors import PlacementError
from placement.judge import verify
from placement.pipeline.prepare import open_study, prepare_inputs, read_inputs
from placement.pipeline.recommend import recommend
from tests.fuzz.bases import BASES
from tests.fuzz.kept import each_file_once, untouched
from tests.fuzz.mutations import case
from tests.written import write_outcome

LONGEST_S, LONGEST_WHOLE_S = 5.0, 15.0
"""Processor seconds that a case may take, and one that goes on to a plan on disk and its judgement."""
MOST_GROWTH = 2**30
"""Bytes by which the process may grow."""
PREPARED, WHOLE = 25, 250
"""One case in so many goes on to demand and travel times; one in so many to a plan on disk, which is then verified.

These read every file; the others do not read again what no mutation touched.
"""


class Hung(BaseException):
    """A case took too long; no handler of the library may catch it."""


@dataclass(frozen=True, kw_only=True)
class Broken:
    """A case that ended neither well nor with an error of this library."""

    seed: int
    base: str
    done: list[str]
    how: str

    def __str__(self) -> str:
        return f"case {self.seed} ({self.base}: {'; '.join(self.done)})\n{self.how}"


def run(seeds: range) -> tuple[list[Broken], int]:
    """Return the broken ones of the numbered cases, and how many were accepted."""
    broken, accepted = [], 0
    with _bounded_memory():
        for seed in seeds:
            found, well = run_one(seed)
            broken += [found] if found else []
            accepted += well
    return broken, accepted


def run_one(seed: int) -> tuple[Broken | None, bool]:
    """Return what broke, and whether the study was accepted."""
    base, files, done = case(seed)
    before = _peak()
    try:
        with tempfile.TemporaryDirectory() as folder, _limited(seed), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for name, content in files.items():
                (Path(folder) / name).write_bytes(content)
            _stages(Path(folder), seed, base, untouched(files, BASES[base]()))
    except PlacementError as error:
        how = "" if str(error).strip() else f"{type(error).__name__} without a word"
        accepted = False
    except (Exception, Hung):  # noqa: BLE001 -- whatever it is, it is to be told
        how, accepted = traceback.format_exc(limit=-6), False
    else:
        how, accepted = "", True
    if _peak() - before > MOST_GROWTH:
        how += f"grew by {(_peak() - before) / 2**20:,.0f} MB"
    return (Broken(seed=seed, base=base, done=done, how=how) if how else None), accepted


def _stages(folder: Path, seed: int, base: str, same: set[str]) -> None:
    if seed % PREPARED:
        with each_file_once(base, same):
            read_inputs(open_study(folder))
    elif seed % WHOLE:
        prepare_inputs(open_study(folder), cached=False)
    else:
        write_outcome(recommend(open_study(folder)), folder / "out")
        verdict = verify(folder / "out")
        assert verdict.confirmed, verdict.differences


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


@contextmanager
def _limited(seed: int) -> Iterator[None]:
    longest = LONGEST_WHOLE_S if seed % WHOLE == 0 else LONGEST_S

    def hung(_number: int, _frame: Any) -> None:
        raise Hung(f"over {longest:g} s of processor time")

    present = signal.signal(signal.SIGPROF, hung)
    signal.setitimer(signal.ITIMER_PROF, longest)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, present)


@contextmanager
def _bounded_memory() -> Iterator[None]:
    """Keep a case that asks for far too much from taking the machine along."""
    present = resource.getrlimit(resource.RLIMIT_AS)
    now = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (now + 4 * MOST_GROWTH, present[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, present)
