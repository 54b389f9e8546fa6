"""How a plan is sought: with which solver, how exactly, how long."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from placement.values.checks import Faults, is_number, shown

MOST_SECONDS, MOST_THREADS, MOST_SEED = 31_536_000, 1024, 2**31 - 1
"""What a study file may ask for: the longest time limit (a year), in seconds, most threads and the largest seed."""


@dataclass(frozen=True, kw_only=True)
class SolveOptions:
    """How a plan is sought.

    Parameters
    ----------
    backend
        ``auto`` (own engine where the program is of its kind), ``highs``, ``cbc``, or any PuLP solver by name.
    gap
        Relative gap at which to stop, 0 = proven optimal.
    time_limit_s
        Wall time allowed for solving, seconds. Choosing among equal optima, or saying why there is no plan, gets what
        solving leaves of it and a quarter of it more: 1.25 `time_limit_s` is the most for all of it together.
    seed, threads
        Fixed so that the same input gives the same plan.
    engine
        Group -> number -> value: numbers of the engine in the place of its own, for who measures it; see
        :mod:`placement.solve.settings`, by which they are checked.

    Raises
    ------
    InputError
        Listing every option that is none.

    Examples
    --------
    >>> SolveOptions(gap=0.01).but(threads=4)
    SolveOptions(backend='auto', gap=0.01, time_limit_s=60.0, seed=0, threads=4)
    """

    backend: str = "auto"
    gap: float = 0.0
    time_limit_s: float = 60.0
    seed: int = 0
    threads: int = 2
    engine: Mapping[str, Mapping[str, Any]] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        faults = Faults("solve")
        backend: object = self.backend
        if not isinstance(backend, str) or not backend:
            faults.add(f"backend is {shown(self.backend)}", row="backend", remedy="name a solver, or auto")
        if not is_number(self.gap) or not 0 <= self.gap < 1:
            faults.add(f"gap is {shown(self.gap)}", row="gap", remedy="give a share below 1; 0 = proven")
        limit_s = faults.number("time_limit_s", self.time_limit_s)
        if limit_s is not None and limit_s > MOST_SECONDS:
            problem = f"time_limit_s is {shown(self.time_limit_s)}"
            faults.add(problem, row="time_limit_s", remedy=f"give {MOST_SECONDS} or less")
        whole = {
            "seed": faults.whole("seed", self.seed, most=MOST_SEED),
            "threads": faults.whole("threads", self.threads, least=1, most=MOST_THREADS),
        }
        engine: object = self.engine
        if not isinstance(engine, Mapping) or not all(isinstance(each, Mapping) for each in engine.values()):
            faults.add(f"engine is {shown(engine)}", row="engine", remedy="give {group: {number: value}}")
        faults.raise_any()
        kept = {group: dict(numbers) for group, numbers in self.engine.items()}
        for name, value in {"gap": float(self.gap), "time_limit_s": limit_s, "engine": kept, **whole}.items():
            object.__setattr__(self, name, value)

    def but(self, **changes: Any) -> SolveOptions:
        """Return the options with some of them changed.

        Raises
        ------
        InputError
            Listing every option that is none.
        """
        faults = Faults("solve")
        faults.known("but", changes, "the options", self.__dataclass_fields__, "option")
        faults.raise_any()
        return replace(self, **changes)
