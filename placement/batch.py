"""Many studies in one call: one folder of results each, and a table of how each of them ended.

Studies are independent, so they run side by side in whatever executor is given: a process pool by default, or
``distributed.Client(...).get_executor()`` (extra ``distributed``) where one machine is not enough.
"""

from __future__ import annotations

import functools
import multiprocessing
from collections.abc import Iterable, Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from placement.errors import InfeasibleError, InputError, NoSolutionError, PlacementError
from placement.study import TABLE


@dataclass(frozen=True, kw_only=True)
class BatchRow:
    """How one study ended.

    Parameters
    ----------
    study, folder
        Path of the study and of its results.
    status
        ``optimal`` or ``feasible``, or ``bad_input``, ``infeasible``, ``no_solution``, ``failed``.
    objective, bound, gap
        Covered weight, its bound and their gap; NaN without a plan.
    message
        Why there is no plan, or that the run was interrupted; empty otherwise.
    """

    study: str
    folder: str
    status: str
    objective: float = float("nan")
    bound: float = float("nan")
    gap: float = float("nan")
    message: str = ""


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
    behind it: ``<folder>-<file>``.

    A study that fails does not stop the others; its message stands in its row. Ctrl-C stops all: studies that have
    not begun are left out, those under way write the best plan so far where there is one.

    Parameters
    ----------
    studies
        Paths of ``study.toml`` files or of the folders that hold them.
    out
        Folder that receives one folder a study.
    executor
        Where to run; by default a pool of `workers` new processes.
    workers
        Processes of the default pool.
    allow_outside
        Whether inputs may lie outside the folders of their studies.

    Returns
    -------
    pandas.DataFrame
        One row a study in the given order, with the columns of :class:`BatchRow`.

    Raises
    ------
    InputError
        If two studies would write to the same folder.
    """
    paths = [Path(study) for study in studies]
    folders = [Path(out) / _name(path) for path in paths]
    repeated = sorted({str(folder) for folder in folders if folders.count(folder) > 1})
    if repeated:
        raise InputError.single(
            "studies", f"two studies would write to {repeated[0]}", remedy="rename a study's folder"
        )
    with _pool(executor, workers) as pool:
        run = functools.partial(_run, allow_outside=allow_outside)
        futures = [pool.submit(run, str(path), str(folder)) for path, folder in zip(paths, folders, strict=True)]
        try:
            rows = [future.result() for future in futures]
        except BaseException:
            for future in futures:
                future.cancel()
            raise
    return pd.DataFrame([vars(row) for row in rows], columns=list(BatchRow.__dataclass_fields__))


@contextmanager
def _pool(executor: Executor | None, workers: int) -> Iterator[Executor]:
    if executor is not None:
        yield executor
        return
    # Fresh processes: numba's threads and HiGHS do not survive a fork.
    with ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn")) as pool:
        yield pool


def _name(path: Path) -> str:
    place = path.resolve()
    if place.suffix != ".toml" and not place.is_file():
        return place.name
    return place.parent.name if place.name == TABLE else f"{place.parent.name}-{place.stem}"


def _run(study: str, folder: str, *, allow_outside: bool = False) -> BatchRow:
    from placement.inputs import open_study  # noqa: PLC0415 -- loaded in the worker
    from placement.pipeline import recommend, write_outcome  # noqa: PLC0415

    try:
        outcome = recommend(open_study(study, allow_outside=allow_outside))
        write_outcome(outcome, folder)
    except InputError as error:
        return BatchRow(study=study, folder=folder, status="bad_input", message=str(error))
    except InfeasibleError as error:
        return BatchRow(study=study, folder=folder, status="infeasible", message=str(error))
    except NoSolutionError as error:
        return BatchRow(study=study, folder=folder, status="no_solution", message=str(error))
    except PlacementError as error:
        return BatchRow(study=study, folder=folder, status="failed", message=str(error))
    plan = outcome.plan
    return BatchRow(
        study=study,
        folder=folder,
        status=plan.status,
        objective=plan.objective,
        bound=plan.bound,
        gap=plan.gap,
        message="interrupted: the best plan until then" if plan.interrupted else "",
    )
