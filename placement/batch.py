"""Many studies in one call: one folder of results each, and a table of how each of them ended.

Studies are independent, so they run side by side in whatever executor is given: processes of this machine by default,
or ``distributed.Client(...).get_executor()`` (extra ``distributed``) where one machine is not enough. Whatever happens
to a study, its process included, happens to its row of the table alone; the table is on the disk as studies end.
"""

from __future__ import annotations

import csv
import logging
import multiprocessing
import os
import threading
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import (
    FIRST_COMPLETED,
    BrokenExecutor,
    Executor,
    Future,
    ProcessPoolExecutor,
    ThreadPoolExecutor,
    wait,
)
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from placement.errors import InfeasibleError, InputError, NoSolutionError, PlacementError
from placement.printing import printable
from placement.study import TABLE
from placement.values import Plan

BATCH = "batch.csv"
_LOG = logging.getLogger(__name__)
_NAN = float("nan")
_INTERRUPTED = "interrupted: the best plan until then"
_DIED = "its process died: a crash of native code, or the system ended it, e.g. for want of memory"


@dataclass(frozen=True, kw_only=True)
class BatchRow:
    """How one study ended.

    Parameters
    ----------
    study, folder
        Path of the study and of its results.
    status
        ``optimal`` or ``feasible``, or ``bad_input``, ``infeasible``, ``no_solution``, ``failed``.
    maximised
        Name of the objective, as ``policy.objective`` has it; empty without a plan.
    visits_weight
        What a predicted visit counts in it beside a covered one, the default where the study says nothing; NaN where
        visits do not count, or are counted alone.
    objective, bound, gap
        What is maximised, visits a month, its bound and their gap; NaN without a plan.
    coverage_before, coverage_after
        Share 0..1 of the weight within reach of today's stations, and of the plan's.
    visits_before, visits_after, visits_change
        Predicted visits a month of today's stations, of the plan's, and the second less the first; NaN where nothing is
        predicted. So are the next three.
    change_low, change_high
        The paired 90 % interval of the change.
    idle_before, idle_after
        Stations with fewer visits a month than ``policy.idle_below``.
    message
        Why there is no plan and where the proof is, that the run was interrupted, or that its report could not be
        drawn; empty otherwise.
    """

    study: str
    folder: str
    status: str
    maximised: str = ""
    visits_weight: float = _NAN
    objective: float = _NAN
    bound: float = _NAN
    gap: float = _NAN
    coverage_before: float = _NAN
    coverage_after: float = _NAN
    visits_before: float = _NAN
    visits_after: float = _NAN
    visits_change: float = _NAN
    change_low: float = _NAN
    change_high: float = _NAN
    idle_before: float = _NAN
    idle_after: float = _NAN
    message: str = ""

    @classmethod
    def of(cls, study: str, folder: str, plan: Plan, remarks: Iterable[str]) -> BatchRow:
        """Return the row of a study that has a plan; `remarks` say what its folder lacks."""
        visits, valued = plan.visits, plan.valued
        low, high = (_NAN, _NAN) if visits is None or visits.change_interval is None else visits.change_interval
        names = ("before", "after", "change")
        told = {} if visits is None else {f"visits_{name}": getattr(visits, name) for name in names}
        idle = {} if visits is None else {f"idle_{name}": float(getattr(visits, f"idle_{name}")) for name in names[:2]}
        return cls(
            study=study,
            folder=folder,
            status=plan.status,
            maximised="" if plan.policy is None else plan.policy.objective,
            visits_weight=_NAN if valued is None or valued.alone else float(valued.weight),
            objective=plan.objective,
            bound=plan.bound,
            gap=plan.gap,
            coverage_before=plan.before.total.share,
            coverage_after=plan.after.total.share,
            **told,
            change_low=low,
            change_high=high,
            **idle,
            message="; ".join((*([_INTERRUPTED] if plan.interrupted else []), *remarks)),
        )


def recommend_many(
    studies: Iterable[str | Path],
    out: str | Path,
    *,
    executor: Executor | None = None,
    workers: int = 2,
    allow_outside: bool = False,
) -> pd.DataFrame:
    """Recommend for each study and write its results to a folder of its own in `out`.

    The folder is called as the study's folder; where the study file is not called ``study.toml``, with the file's name
    behind it: ``<folder>-<file>``. A study that no plan satisfies leaves the proof of it in ``<folder>.infeasible``.

    A study that fails, or whose process dies, does not stop the others; why stands in its row. The rows of the studies
    that have ended stand in ``out/batch.csv``, in the given order, from the first on. Ctrl-C stops all: studies that
    have not begun are left out, those under way write the best plan so far where there is one.

    Parameters
    ----------
    studies
        Paths of study files or of the folders that hold a ``study.toml``.
    out
        Folder that receives one folder a study.
    executor
        Where to run; by default `workers` new processes. Studies that are left when it breaks, which a pool of
        processes does when one of them dies, run in such processes too.
    workers
        Processes of the default.
    allow_outside
        Whether inputs may lie outside the folders of their studies.

    Returns
    -------
    pandas.DataFrame
        One row a study in the given order, with the columns of :class:`BatchRow`.

    Raises
    ------
    InputError
        If two studies would write to the same folder, or another file is called ``batch.csv`` there.
    """
    paths = [Path(study) for study in studies]
    folders = [Path(out) / _name(path) for path in paths]
    written = [*folders, *(folder.with_name(f"{folder.name}.infeasible") for folder in folders)]
    repeated = sorted({str(folder) for folder in folders if written.count(folder) > 1})
    if repeated:
        raise InputError.single(
            "studies", f"two studies would write to {repeated[0]}", remedy="rename a study's folder"
        )
    batch = _Batch(paths, folders, Path(out) / BATCH, allow_outside=allow_outside)
    left = list(range(len(paths)))
    if executor is not None:
        left = batch.run(executor, left)
    if left:
        with _Lanes(workers) as lanes:
            for number in batch.run(lanes, left):
                batch.ended(number, batch.failed(number, _DIED))
    return batch.table()


class _Batch:
    """Studies, where their results go, and the rows of those that have ended."""

    def __init__(
        self, paths: Sequence[Path], folders: Sequence[Path], file: Path, *, allow_outside: bool = False
    ) -> None:
        self._paths, self._folders, self._file = paths, folders, file
        self._allow_outside = allow_outside
        self._rows: dict[int, BatchRow] = {}
        _check_table(file)

    def run(self, pool: Executor, numbers: Iterable[int]) -> list[int]:
        """Run studies; return those that the executor did not end because it broke."""
        futures: dict[Future[BatchRow], int] = {}
        broken: list[int] = []
        try:
            for number in numbers:
                where = (str(self._paths[number]), str(self._folders[number]))
                try:
                    futures[pool.submit(_run, *where, allow_outside=self._allow_outside)] = number
                except BrokenExecutor:
                    broken.append(number)
            waiting = set(futures)
            while waiting:
                done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
                broken += [futures[each] for each in done if not self._took(each, futures[each])]
        except BaseException:
            under_way = [each for each in futures if not each.cancel()]
            wait(under_way)
            for each in under_way:
                if each.exception() is None:
                    self._took(each, futures[each])
            raise
        return sorted(broken)

    def _took(self, future: Future[BatchRow], number: int) -> bool:
        """Note how a study ended; False where its executor broke before."""
        try:
            row = future.result()
        except BrokenExecutor:
            return False
        except (Exception, SystemExit) as error:  # noqa: BLE001 -- it must cost this row only
            row = self.failed(number, _defect(error))
        self.ended(number, row)
        return True

    def failed(self, number: int, message: str) -> BatchRow:
        """Return the row of a study of which nothing came back."""
        study, folder = str(self._paths[number]), str(self._folders[number])
        return BatchRow(study=study, folder=folder, status="failed", message=message)

    def ended(self, number: int, row: BatchRow) -> None:
        """Note the row of a study, on the disk too."""
        self._rows[number] = row
        try:
            _replace_table(self._file, self.table())
        except OSError as error:
            _LOG.warning("%s cannot be written: %s", self._file, error)

    def table(self) -> pd.DataFrame:
        """Return the rows of the studies that have ended, in their order."""
        rows = [vars(self._rows[number]) for number in sorted(self._rows)]
        return pd.DataFrame(rows, columns=list(BatchRow.__dataclass_fields__))


class _Lanes(Executor):
    """Processes side by side, each in a pool of its own: one that dies takes no study with it but the one it ran."""

    def __init__(self, workers: int) -> None:
        self._threads = ThreadPoolExecutor(workers)
        self._lane = threading.local()
        self._pools: list[ProcessPoolExecutor] = []

    def submit(self, function: Callable[..., Any], /, *arguments: Any, **options: Any) -> Future[Any]:
        """Run a function in the first process that is free."""
        return self._threads.submit(self._run, function, arguments, options)

    def _run(self, function: Callable[..., Any], arguments: Sequence[Any], options: dict[str, Any]) -> Any:
        if getattr(self._lane, "pool", None) is None:
            # Fresh processes: numba's threads and HiGHS do not survive a fork.
            self._lane.pool = ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn"))
            self._pools.append(self._lane.pool)
        try:
            return self._lane.pool.submit(function, *arguments, **options).result()
        except BrokenExecutor:
            self._lane.pool = None
            raise

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """End the processes."""
        self._threads.shutdown(wait, cancel_futures=cancel_futures)
        for pool in self._pools:
            pool.shutdown(wait, cancel_futures=cancel_futures)


def _check_table(file: Path) -> None:
    """Raise an InputError if another file has the name of the table."""
    if not os.path.lexists(file):
        return
    first: list[str] = []
    if file.is_file() and not file.is_symlink():
        with file.open(encoding="utf-8", errors="replace", newline="") as stream:
            first = next(csv.reader([stream.readline(10_000)]), [])
    if first != list(BatchRow.__dataclass_fields__):
        problem = "is not a table of an earlier batch"
        raise InputError.single("output", problem, row=str(file), remedy="move it away, or choose another folder")


def _replace_table(file: Path, table: pd.DataFrame) -> None:
    """Write a table in place of the one that was there, whole or not at all."""
    file.parent.mkdir(parents=True, exist_ok=True)
    part = file.with_name(f".{file.name}.{os.getpid()}.part")
    try:
        with part.open("x", encoding="utf-8", errors="backslashreplace", newline="") as stream:
            table.to_csv(stream, index=False)
            stream.flush()
            os.fsync(stream.fileno())
        part.replace(file)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def _defect(error: BaseException) -> str:
    """Return an error that nobody raised on purpose in one line."""
    what = printable(" ".join(str(error).split()))
    return f"a defect of placement: {type(error).__name__}: {what}; please report it"


def _name(path: Path) -> str:
    place = path.resolve()
    if place.is_dir() or (place.suffix != ".toml" and not place.is_file()):
        return place.name
    return place.parent.name if place.name == TABLE else f"{place.parent.name}-{place.stem}"


def _run(study: str, folder: str, *, allow_outside: bool = False) -> BatchRow:
    from placement.pipeline.prepare import open_study  # noqa: PLC0415 -- loaded in the worker
    from placement.pipeline.recommend import recommend  # noqa: PLC0415
    from placement.report.write import write  # noqa: PLC0415

    try:
        outcome = recommend(open_study(study, allow_outside=allow_outside))
        remarks = write(outcome.case, outcome.plan, folder).remarks
    except InputError as error:
        return BatchRow(study=study, folder=folder, status="bad_input", message=str(error))
    except InfeasibleError as error:
        return BatchRow(study=study, folder=folder, status="infeasible", message=f"{error}{_proof(error, folder)}")
    except NoSolutionError as error:
        return BatchRow(study=study, folder=folder, status="no_solution", message=str(error))
    except PlacementError as error:
        return BatchRow(study=study, folder=folder, status="failed", message=str(error))
    except (Exception, SystemExit) as error:  # noqa: BLE001 -- it must cost this row only
        _LOG.debug("in full:", exc_info=error)
        return BatchRow(study=study, folder=folder, status="failed", message=_defect(error))
    return BatchRow.of(study, folder, outcome.plan, remarks)


def _proof(error: InfeasibleError, folder: str) -> str:
    """Write the proof that a study has no plan beside its folder; return where it is, or why it is nowhere."""
    from placement.report.write import write_infeasible  # noqa: PLC0415 -- loaded in the worker

    try:
        proof = write_infeasible(error, folder)
    except InputError as refused:
        return f"; the proof could not be written: {refused}"
    return "" if proof is None else f"; the proof is in {proof}"
